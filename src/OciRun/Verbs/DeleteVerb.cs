using System.Globalization;
using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun delete.</summary>
internal sealed class DeleteVerb : Verb
{
    private readonly CommandOption _force = new("--force", "-f") { Description = "kill it first if it runs; do not complain if it does not exist" };

    // What a foreground run leaves to do after it: by then the name may be another container's.
    private readonly CommandOption _init = new("--init") { ValueName = "PID", Description = "only the container with this init", IsHidden = true };

    internal DeleteVerb() : base("delete", "Deletes a container that has stopped.") => Options.AddRange([_force, _init]);

    internal override int Execute(Invocation call)
    {
        string? init = call.Values.Of(_init);
        if (!int.TryParse(init ?? "0", NumberStyles.None, CultureInfo.InvariantCulture, out int pid))
        {
            throw Usage.Error(Name, $"invalid value \"{init}\" for --init: it is a process id");
        }

        Deleter.Delete(call.Runtime, call.Id, call.Values.IsSet(_force), pid);
        return 0;
    }
}
