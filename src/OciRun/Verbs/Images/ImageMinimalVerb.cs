using System.Text;
using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image minimal.</summary>
internal sealed class ImageMinimalVerb() : Verb("image minimal", "Makes a small image of programs of this machine and the libraries that they need; the first is what it runs.")
{
    internal override string[] Operands => ["NAME", "PROGRAM..."];

    internal override bool RepeatsLastOperand => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        long? epoch = SourceDateEpoch.Read(Name);
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        var image = MinimalImage.Make(store, call.Operands[0], [.. call.Operands.Skip(1)], epoch, call.Diagnostics.Warn);
        call.Output(call.WantsJson ? ImageText.NameJson(image) : Encoding.UTF8.GetBytes($"{image.Name} {image.Digest}\n"));
        return 0;
    }
}
