using System.Globalization;
using System.Text;
using OciRun.Build;
using OciRun.Cli;
using OciRun.Images;

namespace OciRun.Verbs;

/// <summary>ocirun commit.</summary>
internal sealed class CommitVerb : Verb
{
    internal const string EpochVariable = "SOURCE_DATE_EPOCH";

    // The years that RFC 3339 can write, and DateTime can have.
    private const long LastSecond = 253402300799;

    private readonly CommandOption _noPause = new("--no-pause") { Description = "let the container run while its files are read" };

    internal CommitVerb() : base("commit", "Makes an image of a container: its own image, and a layer of what it has changed.") => Options.Add(_noPause);

    internal override string[] Operands => ["CONTAINER", "IMAGE"];

    internal override bool NeedsOwnNamespace(OptionValues values) => true;

    internal override int Execute(Invocation call)
    {
        long? epoch = ReadEpoch(Environment.GetEnvironmentVariable(EpochVariable));
        using var store = ImageStore.Open(StoreDirectory.Of(call.Global));
        var image = ContainerCommit.Run(call.Runtime, store, call.Id, call.Operands[1], new CommitOptions(!call.Values.IsSet(_noPause), epoch));
        call.Output(Encoding.UTF8.GetBytes(image.Digest + "\n"));
        return 0;
    }

    /// <summary>reproducible-builds.org, SOURCE_DATE_EPOCH: seconds since 1970; unset or empty for none.</summary>
    internal static long? ReadEpoch(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }
        return long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long seconds) && seconds <= LastSecond
            ? seconds
            : throw Usage.Error("commit", $"{EpochVariable} is no number of seconds since 1970: \"{text}\"");
    }
}
