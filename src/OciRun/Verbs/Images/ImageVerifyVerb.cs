using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image verify.</summary>
internal sealed class ImageVerifyVerb : Verb
{
    private readonly OutputFormat _format;

    internal ImageVerifyVerb() : base("image verify", "Hashes all blobs again and compares all extracted layers with their archives; exit code 1 on damage.") =>
        _format = new OutputFormat(Options, ["text", "json"]);

    internal override string[] Operands => [];

    internal override bool IsInterruptible => true;

    internal override bool IsQuiet => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        bool json = _format.Read(call) == "json";
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        var report = store.Verify();
        call.Output(ImageText.Verify(report, json));
        return report.Damage.Count == 0 ? 0 : 1;
    }
}
