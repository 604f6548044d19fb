using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image usage.</summary>
internal sealed class ImageUsageVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageUsageVerb() : base("image usage", "Shows how much room images and containers take, and what they share.") =>
        _format = new OutputFormat(Options, ["table", "json"]);

    internal override string[] Operands => [];

    internal override bool IsQuiet => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        call.Output(ImageText.Usage(store.Usage(), json));
        return 0;
    }
}
