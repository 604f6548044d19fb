using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun start.</summary>
internal sealed class StartVerb() : Verb("start", "Runs the program of a created container.")
{
    internal override int Execute(Invocation call)
    {
        Starter.Start(call.Runtime, call.Id);
        return 0;
    }
}
