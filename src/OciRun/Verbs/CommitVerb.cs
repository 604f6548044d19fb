using System.Text;
using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs;

/// <summary>ocirun commit.</summary>
internal sealed class CommitVerb : Verb
{
    private readonly CommandOption _noPause = new("--no-pause") { Description = "let the container run while its files are read" };

    internal CommitVerb() : base("commit", "Makes an image of a container: its own image, and a layer of what it has changed.") => Options.Add(_noPause);

    internal override string[] Operands => ["CONTAINER", "IMAGE"];

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        long? epoch = SourceDateEpoch.Read(Name);
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        var image = ContainerCommit.Run(call.Runtime, store, call.Id, call.Operands[1], new CommitOptions(!call.Values.IsSet(_noPause), epoch));
        call.Output(call.WantsJson ? ImageText.NameJson(image) : Encoding.UTF8.GetBytes(image.Digest + "\n"));
        return 0;
    }
}
