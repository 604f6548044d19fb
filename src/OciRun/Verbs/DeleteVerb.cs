using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun delete.</summary>
internal sealed class DeleteVerb : Verb
{
    private readonly CommandOption _force = new("--force", "-f") { Description = "kill it first if it runs; do not complain if it does not exist" };

    internal DeleteVerb() : base("delete", "Deletes a container that has stopped.") => Options.Add(_force);

    internal override int Execute(Invocation call)
    {
        Deleter.Delete(call.Runtime, call.Id, call.Values.IsSet(_force));
        return 0;
    }
}
