using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun state.</summary>
internal sealed class StateVerb : Verb
{
    private readonly OutputFormat _format;

    internal StateVerb() : base("state", "Prints the state of a container as JSON.") => _format = new OutputFormat(Options, ["json"]);

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        _format.Read(call);
        call.Output(StateText.One(StateReader.Read(call.Runtime, call.Id)));
        return 0;
    }
}
