using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image export.</summary>
internal sealed class ImageExportVerb() : Verb("image export", "Writes an image for other tools: oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG].")
{
    internal override string[] Operands => ["IMAGE", "DEST"];

    internal override bool IsInterruptible => true;

    internal override int Execute(Invocation call)
    {
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        store.Export(call.Operands[0], call.Operands[1]);
        return 0;
    }
}
