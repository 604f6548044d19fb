using OciRun.Build;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>run and create of an image (--image): the bundle is made in the store, and removed with the container.</summary>
internal sealed class ImageContainers
{
    private readonly CommandOption _image = new("--image") { ValueName = "IMAGE", Description = "an image of the store instead of a bundle" };
    private readonly ImageOptions _options;

    internal ImageContainers(List<CommandOption> options)
    {
        options.Add(_image);
        _options = new ImageOptions(options);
    }

    /// <summary>The container is made of an image.</summary>
    internal bool IsAsked(OptionValues values) => values.IsGiven(_image);

    /// <summary>Makes the bundle, then lets <paramref name="create"/> make the container of it. When that fails, the bundle goes.</summary>
    internal int Create(Invocation call, RuntimeOptions runtime, CreateOptions options, Func<CreateOptions, int> create)
    {
        if (!IsAsked(call.Values))
        {
            return _options.FirstGiven(call.Values) is { } option ? throw Usage.Error(call.Verb.Name, $"{option.Name} goes with --image: a bundle says it in its config.json") : create(options);
        }
        if (ContainerId.Validate(call.Id) is { } reason)
        {
            throw new ContainerException(ErrorCode.InvalidId, $"invalid container ID format: {Quoting.Quote(call.Id)}: {reason}");
        }
        if (options.ConfigFile is not null || options.Overlay is not null)
        {
            throw Usage.Error(call.Verb.Name, "--image makes the bundle: it excludes --config and --overlay");
        }
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        using var bundle = ImageBundle.Make(store, call.Values.Of(_image)!, runtime.Root, call.Id, _options.Read(call, [.. call.Operands.Skip(1)]), _options.WantsOwnIds(call.Values));
        try
        {
            return create(options with { Bundle = bundle.Path, Overlay = new OverlayRequest(OverlayKind.Temporary, bundle.Path) });
        }
        catch
        {
            bundle.Remove();
            throw;
        }
    }
}
