using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs;

/// <summary>ocirun unpack.</summary>
internal sealed class UnpackVerb : Verb
{
    private readonly ImageOptions _options;

    internal UnpackVerb() : base("unpack", "Makes a bundle of an image of the store: its layers are used where they are.") => _options = new ImageOptions(Options);

    internal override string[] Operands => ["IMAGE", "BUNDLE"];

    internal override int Execute(Invocation call)
    {
        if (_options.WantsOwnIds(call.Values))
        {
            throw Usage.Error(Name, "--userns=auto is for run and create: the ids of a bundle are not known to the store");
        }
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        ImageBundle.Unpack(store, call.Operands[0], PathText.Absolute(call.Operands[1]), _options.Read(call, []));
        return 0;
    }
}
