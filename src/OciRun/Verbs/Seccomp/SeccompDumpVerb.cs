using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs.Seccomp;

/// <summary>ocirun seccomp dump.</summary>
internal sealed class SeccompDumpVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _arch = new("--arch") { ValueName = "ARCH", Description = "only what calls of this architecture meet, as x86_64 (default: all)" };

    internal SeccompDumpVerb() : base("seccomp dump", "Prints the compiled filter of a bundle, an instruction a line.")
    {
        Options.AddRange([_bundle, _arch]);
        _format = new OutputFormat(Options, ["text", "json"]);
    }

    internal override string[] Operands => [];

    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        var listing = SeccompInspector.Dump(call.WithoutState, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory(), call.NonEmpty(_arch));
        call.Output(json ? SeccompText.Json(listing) : SeccompText.Lines(listing));
        return 0;
    }
}
