using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun create.</summary>
internal sealed class CreateVerb : Verb
{
    private readonly ContainerOptions _options;

    internal CreateVerb() : base("create", "Creates a container from a bundle and leaves it waiting for start.") => _options = new ContainerOptions(Options);

    internal override bool OptionsAfterOperands => false;

    internal override int Execute(Invocation call)
    {
        Creator.Create(RootDirectory.Prepare(call), Read(call));
        return 0;
    }

    /// <summary>What the command line says about the container.</summary>
    internal CreateOptions Read(Invocation call) => _options.Read(call);
}
