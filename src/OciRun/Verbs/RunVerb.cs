using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun run.</summary>
internal sealed class RunVerb : Verb
{
    private readonly ContainerOptions _options;
    private readonly ImageContainers _images;
    private readonly SeccompTrace _trace;
    private readonly CommandOption _detach = new("--detach", "-d") { Description = "return when the program runs, instead of when it ends" };
    private readonly CommandOption _keep = new("--keep") { Description = "do not delete the container when the program ends" };

    internal RunVerb() : base("run", "Creates a container, runs its program, waits for it and deletes the container.")
    {
        _options = new ContainerOptions(Options);
        Options.Add(_detach);
        Options.Add(_keep);
        _trace = new SeccompTrace(Options);
        _images = new ImageContainers(Options);
    }

    internal override bool TakesCommand(OptionValues values) => _images.IsAsked(values);

    internal override bool OptionsAfterOperands => false;

    internal override int Execute(Invocation call)
    {
        bool detach = call.Values.IsSet(_detach);
        var runtime = RootDirectory.Prepare(call);
        return _images.Create(call, runtime, Read(call), options => _trace.IsAsked(call.Values)
            ? _trace.Watch(call, detach, watch => Runner.Run(runtime, options with { Watch = watch }, detach, call.Values.IsSet(_keep)))
            : Runner.Run(runtime, options, detach, call.Values.IsSet(_keep)));
    }

    /// <summary>What the command line says about the container.</summary>
    internal CreateOptions Read(Invocation call) => _options.Read(call);
}
