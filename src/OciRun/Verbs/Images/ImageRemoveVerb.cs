using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image remove.</summary>
internal sealed class ImageRemoveVerb() : Verb("image remove", "Takes names away, and removes what no other image, bundle or container needs.")
{
    internal override string[] Operands => ["IMAGE..."];

    internal override bool RepeatsLastOperand => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        store.Remove(call.Operands);
        if (store.Gc(wait: false) is null)
        {
            call.Diagnostics.Warn("the layers are still there, since somebody works with the store: image gc removes them later");
        }
        return 0;
    }
}
