using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun resume.</summary>
internal sealed class ResumeVerb() : Verb("resume", "Lets the processes of a paused container run again.")
{
    internal override int Execute(Invocation call)
    {
        Pauser.Resume(call.Runtime, call.Id);
        return 0;
    }
}
