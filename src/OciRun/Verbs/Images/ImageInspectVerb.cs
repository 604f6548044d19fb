using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image inspect.</summary>
internal sealed class ImageInspectVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageInspectVerb() : base("image inspect", "Prints what an image is, as JSON.") => _format = new OutputFormat(Options, ["json"]);

    internal override string[] Operands => ["IMAGE"];

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        _format.Read(call);
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        call.Output(ImageText.Inspect(store.Resolve(call.Operands[0])));
        return 0;
    }
}
