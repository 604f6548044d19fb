using OciRun.Cli;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun validate.</summary>
internal sealed class ValidateVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _host = new("--host") { Description = "also what this machine has not, or cannot do" };

    internal ValidateVerb() : base("validate", "Names everything that is wrong with a bundle, with its place in config.json and the clause of the specification.")
    {
        Options.Add(_bundle);
        _format = new OutputFormat(Options, ["table", "json"]);
        Options.Add(_host);
    }

    internal override string[] Operands => [];

    internal override bool IsInterruptible => true;

    /// <summary>1: nothing can be created from it.</summary>
    internal override int Execute(Invocation call)
    {
        string format = _format.Read(call);
        var findings = BundleValidator.Validate(call.WithoutState, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory(), call.Values.IsSet(_host));
        call.Output(format == "json" ? FindingText.Json(findings) : FindingText.Table(findings));
        return ConfigValidator.HasFaults(findings) ? 1 : 0;
    }
}
