using System.CommandLine;
using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun run.</summary>
internal sealed class RunVerb : Verb
{
    private readonly ContainerOptions _options;
    private readonly Option<bool> _detach = new("--detach", "-d") { Description = "return when the program runs, instead of when it ends" };
    private readonly Option<bool> _keep = new("--keep") { Description = "do not delete the container when the program ends" };

    internal RunVerb() : base("run", "Creates a container, runs its program, waits for it and deletes the container.")
    {
        _options = new ContainerOptions(Command);
        Command.Options.Add(_detach);
        Command.Options.Add(_keep);
    }

    internal override bool OptionsAfterOperands => false;

    internal override int Execute(Invocation call) =>
        Runner.Run(RootDirectory.Prepare(call), Options(call), call.Values.GetValue(_detach), call.Values.GetValue(_keep));

    /// <summary>What the command line says about the container.</summary>
    internal CreateOptions Options(Invocation call) => _options.Read(call);
}
