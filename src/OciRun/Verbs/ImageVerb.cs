using OciRun.Cli;
using OciRun.Verbs.Images;

namespace OciRun.Verbs;

/// <summary>ocirun image.</summary>
internal sealed class ImageVerb() : GroupVerb("image", "Works with the images of the store.")
{
    internal override string[] Names => ["import", "export", "list", "inspect", "history", "usage", "verify", "remove", "gc", "minimal"];

    internal override Verb? Create(string name) => name switch
    {
        "import" => new ImageImportVerb(),
        "export" => new ImageExportVerb(),
        "list" => new ImageListVerb(),
        "inspect" => new ImageInspectVerb(),
        "history" => new ImageHistoryVerb(),
        "usage" => new ImageUsageVerb(),
        "verify" => new ImageVerifyVerb(),
        "remove" => new ImageRemoveVerb(),
        "gc" => new ImageGcVerb(),
        "minimal" => new ImageMinimalVerb(),
        _ => null,
    };
}
