using OciRun.Build.Containerfile;
using OciRun.Images;
using OciRun.Images.Changes;
using OciRun.Images.Model;

namespace OciRun.Build.Steps;

/// <summary>A stage as far as it has been built.</summary>
internal sealed class StageState
{
    /// <summary>The image at the bottom; null: nothing (FROM scratch).</summary>
    internal StoredImage? Image { get; private init; }

    /// <summary>What was done since.</summary>
    internal List<NewStep> Steps { get; } = [];

    /// <summary>All layers, the lowest first.</summary>
    internal List<StoredLayer> Layers { get; } = [];

    /// <summary>What containers of it are run with.</summary>
    internal ContainerSettings Settings { get; set; } = new();

    /// <summary>ENV and ARG.</summary>
    internal Variables Variables { get; } = new();

    /// <summary>Of all that it depends on so far.</summary>
    internal Digest Key { get; set; }

    /// <summary>When its last step was done, RFC 3339; null: it has none.</summary>
    internal string? Created { get; set; }

    /// <summary>CMD was given in this stage: a later ENTRYPOINT does not take it away.</summary>
    internal bool HasCommand { get; set; }

    /// <summary>The layers' directories as an overlay wants them: the topmost first.</summary>
    internal IReadOnlyList<string> Lower => [.. Layers.Select(static layer => layer.Directory).Reverse()];

    /// <summary>FROM of an image, or of nothing.</summary>
    /// <param name="image">Null: scratch.</param>
    /// <param name="epoch">Times in layers depend on it.</param>
    internal static StageState Of(StoredImage? image, long? epoch)
    {
        var state = new StageState
        {
            Image = image,
            Settings = image?.Config.Config ?? new(),
            Created = image?.Config.Created,
            Key = StepKey.Of("from", image?.Digest.ToString() ?? "scratch", StepKey.Text(epoch)),
        };
        state.Layers.AddRange(image?.Layers ?? []);
        state.ReadEnvironment();
        return state;
    }

    /// <summary>FROM of an earlier stage: its arguments come along (docker, "Build variables", scope).</summary>
    internal static StageState Of(StageState below)
    {
        var state = new StageState { Image = below.Image, Settings = below.Settings, Created = below.Created, Key = below.Key };
        state.Steps.AddRange(below.Steps);
        state.Layers.AddRange(below.Layers);
        state.Variables.Inherit(below.Variables);
        state.ReadEnvironment();
        return state;
    }

    private void ReadEnvironment()
    {
        foreach (string variable in Settings.Env ?? [])
        {
            string[] parts = variable.Split('=', 2);
            Variables.SetEnvironment(parts[0], parts.Length == 2 ? parts[1] : "");
        }
    }
}
