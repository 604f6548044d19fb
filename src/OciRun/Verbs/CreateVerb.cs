using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun create.</summary>
internal sealed class CreateVerb : Verb
{
    private readonly ContainerOptions _options;
    private readonly ImageContainers _images;

    internal CreateVerb() : base("create", "Creates a container from a bundle and leaves it waiting for start.")
    {
        _options = new ContainerOptions(Options);
        _images = new ImageContainers(Options);
    }

    internal override string[] Operands => ["CONTAINER"];

    internal override bool TakesCommand(OptionValues values) => _images.IsAsked(values);

    internal override bool OptionsAfterOperands => false;

    internal override int Execute(Invocation call)
    {
        var runtime = RootDirectory.Prepare(call);
        return _images.Create(call, runtime, Read(call), options =>
        {
            Creator.Create(runtime, options);
            return 0;
        });
    }

    /// <summary>What the command line says about the container.</summary>
    internal CreateOptions Read(Invocation call) => _options.Read(call);
}
