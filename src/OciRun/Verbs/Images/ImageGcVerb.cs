using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image gc.</summary>
internal sealed class ImageGcVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageGcVerb() : base("image gc", "Removes what no image, bundle or container needs; waits until nobody else works with the store.") =>
        _format = new OutputFormat(Options, ["text", "json"]);

    internal override string[] Operands => [];

    internal override bool IsInterruptible => true;

    internal override bool IsQuiet => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        BuildLeftovers.Remove(store, call.Diagnostics);
        call.Output(ImageText.Gc(store.Gc()!, json));
        return 0;
    }
}
