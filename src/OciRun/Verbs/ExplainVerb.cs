using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun explain.</summary>
internal sealed class ExplainVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _diff = new("--diff") { ValueName = "DIR", Description = "only what would be different (+) with this bundle" };

    internal ExplainVerb() : base("explain", "Says what create would do with a bundle on this machine, step by step, and does nothing.")
    {
        Options.Add(_bundle);
        _format = new OutputFormat(Options, ["table", "json"]);
        Options.Add(_diff);
    }

    internal override string[] Operands => [];

    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        string format = _format.Read(call);
        var lines = Explainer.Explain(call.WithoutState, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory());
        if (call.AbsolutePath(_diff) is { } other)
        {
            lines = Explainer.Compare(lines, Explainer.Explain(call.WithoutState, other));
        }
        call.Output(format == "json" ? ExplainText.Json(lines) : ExplainText.Table(lines));
        return 0;
    }
}
