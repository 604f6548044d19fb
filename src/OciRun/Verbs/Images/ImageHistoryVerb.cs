using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image history.</summary>
internal sealed class ImageHistoryVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageHistoryVerb() : base("image history", "Shows how an image was made, the last step first, and which step is how large.") =>
        _format = new OutputFormat(Options, ["table", "json"]);

    internal override string[] Operands => ["IMAGE"];

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        call.Output(ImageText.History(store.Resolve(call.Operands[0]), json));
        return 0;
    }
}
