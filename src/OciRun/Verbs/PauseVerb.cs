using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun pause.</summary>
internal sealed class PauseVerb() : Verb("pause", "Stops all processes of a container until it is resumed.")
{
    internal override int Execute(Invocation call)
    {
        Pauser.Pause(call.Runtime, call.Id);
        return 0;
    }
}
