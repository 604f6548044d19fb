using System.Text;
using OciRun.Cli;
using OciRun.Images;
using OciRun.Linux;

namespace OciRun.Verbs.Images;

/// <summary>ocirun image import.</summary>
internal sealed class ImageImportVerb : Verb
{
    private readonly CommandOption _quiet = new("--quiet", "-q") { Description = "no progress" };

    internal ImageImportVerb() : base("image import", "Takes an image into the store: oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG].") => Options.Add(_quiet);

    internal override string[] Operands => ["SOURCE", "[NAME]"];

    internal override bool IsInterruptible => true;

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        var display = new ImportDisplay(StandardStream.WriteError, StandardStream.IsErrorTerminal);
        var options = new ImportOptions { Progress = call.Values.IsSet(_quiet) ? null : display.Report, Warn = call.Diagnostics.Warn };
        StoredImage image;
        try
        {
            image = store.Import(call.Operands[0], call.Operands.Count > 1 ? call.Operands[1] : null, options);
        }
        finally
        {
            display.End();
        }
        call.Output(call.WantsJson ? ImageText.NameJson(image) : Encoding.UTF8.GetBytes($"{image.Name} {image.Digest}\n"));
        return 0;
    }
}
