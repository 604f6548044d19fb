using System.CommandLine;
using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun delete.</summary>
internal sealed class DeleteVerb : Verb
{
    private readonly Option<bool> _force = new("--force", "-f") { Description = "kill it first if it runs; do not complain if it does not exist" };

    internal DeleteVerb() : base("delete", "Deletes a container that has stopped.") => Command.Options.Add(_force);

    internal override int Execute(Invocation call)
    {
        Deleter.Delete(call.Runtime, call.Id, call.Values.GetValue(_force));
        return 0;
    }
}
