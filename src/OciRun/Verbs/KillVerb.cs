using OciRun.Cli;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun kill.</summary>
internal sealed class KillVerb : Verb
{
    private readonly CommandOption _all = new("--all", "-a") { Description = "to all processes of the container, not just the first" };

    internal KillVerb() : base("kill", "Sends a signal, SIGTERM unless told otherwise, to the container's first process.") => Options.Add(_all);

    internal override string[] Operands => ["CONTAINER", "[SIGNAL]"];

    internal override string? HintFor(string option) =>
        SignalNames.TryParse(option, out _) ? $" (a signal is given without a dash: ocirun kill CONTAINER {option})" : null;

    internal override int Execute(Invocation call)
    {
        string name = call.Operands.Count > 1 ? call.Operands[1] : "SIGTERM";
        if (!SignalNames.TryParse(name, out int signal))
        {
            throw Usage.Error("kill", $"unknown signal \"{name}\"");
        }
        Killer.Kill(call.Runtime, call.Id, signal, call.Values.IsSet(_all));
        return 0;
    }
}
