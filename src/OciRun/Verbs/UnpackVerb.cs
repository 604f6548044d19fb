using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs;

/// <summary>ocirun unpack.</summary>
internal sealed class UnpackVerb : Verb
{
    private readonly ImageOptions _options;

    private readonly CommandOption _copy = new("--copy") { Description = "copy the files, so that the bundle needs neither the store nor ocirun" };

    internal UnpackVerb() : base("unpack", "Makes a bundle of an image of the store: its layers are used where they are.")
    {
        Options.Add(_copy);
        _options = new ImageOptions(Options);
    }

    internal override string[] Operands => ["IMAGE", "BUNDLE"];

    internal override bool IsInterruptible => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => values.IsSet(_copy);

    internal override int Execute(Invocation call)
    {
        if (_options.WantsOwnIds(call.Values))
        {
            throw Usage.Error(Name, "--userns=auto is for run and create: the ids of a bundle are not known to the store");
        }
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        ImageBundle.Unpack(store, call.Operands[0], PathText.Absolute(call.Operands[1]), _options.Read(call, []), call.Values.IsSet(_copy));
        return 0;
    }
}
