using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image list.</summary>
internal sealed class ImageListVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageListVerb() : base("image list", "Lists the images of the store.") => _format = new OutputFormat(Options, ["table", "json"]);

    internal override string[] Operands => [];

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        call.Output(ImageText.List(store.List(), json));
        return 0;
    }
}
