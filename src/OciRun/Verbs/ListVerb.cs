using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun list.</summary>
internal sealed class ListVerb : Verb
{
    private readonly OutputFormat _format;
    private readonly CommandOption _quiet = new("--quiet", "-q") { Description = "only the ids" };

    internal ListVerb() : base("list", "Lists the containers of the root directory.")
    {
        _format = new OutputFormat(Options, ["table", "json"]);
        Options.Add(_quiet);
    }

    internal override string[] Operands => [];

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        string format = _format.Read(call);
        var states = StateReader.List(call.Runtime);
        call.Output(call.Values.IsSet(_quiet) ? StateText.Ids(states) : format == "json" ? StateText.All(states) : StateText.Table(states));
        return 0;
    }
}
