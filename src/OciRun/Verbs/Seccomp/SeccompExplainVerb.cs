using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs.Seccomp;

/// <summary>ocirun seccomp explain.</summary>
internal sealed class SeccompExplainVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _arch = new("--arch") { ValueName = "ARCH", Description = "architecture of the call, as x86_64 (default: this machine's)" };

    internal SeccompExplainVerb() : base("seccomp explain", "Says what the filter of a bundle does with a system call, and by which rule.")
    {
        Options.AddRange([_bundle, _arch]);
        _format = new OutputFormat(Options, ["text", "json"]);
    }

    internal override string[] Operands => ["SYSCALL", "[ARGUMENTS...]"];

    internal override bool RepeatsLastOperand => true;

    /// <summary>An argument may be negative.</summary>
    internal override bool OptionsAfterOperands => false;

    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        var answer = SeccompInspector.Explain(
            call.WithoutState, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory(), call.NonEmpty(_arch), call.Operands[0], [.. call.Operands.Skip(1)]);
        call.Output(json ? SeccompText.Json(answer) : SeccompText.Lines(answer));
        return 0;
    }
}
