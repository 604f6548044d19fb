using OciRun.Images.Layers;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>Applies archives as layers, one over the other, in directories of a scratch; in user form, so that no root is needed unless the archive has owners or devices.</summary>
internal sealed class LayerStack : IDisposable
{
    private readonly List<SafeFd> _layers = []; // the topmost first

    internal Scratch Scratch { get; } = new();

    internal List<string> Warnings { get; } = [];

    /// <summary>Gives the new layer's directory.</summary>
    internal string Apply(TarBuilder archive, long budget = 1 << 30) => Apply(archive.Build(), budget);

    internal string Apply(byte[] archive, long budget = 1 << 30)
    {
        string path = Scratch.Make($"layer{_layers.Count}");
        var root = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        SafeFd[] below = [.. _layers];
        using (var applier = new LayerApplier(root, below.Length == 0 ? null : new LowerLayers(() => below, OverlayForm.User), OverlayForm.User, budget, "layer"))
        {
            try
            {
                applier.Apply(new TarReader(new StreamSource(new MemoryStream(archive))));
                Warnings.AddRange(applier.Warnings);
            }
            finally
            {
                _layers.Insert(0, root);
            }
        }

        return path;
    }

    /// <summary>The paths in a layer, sorted: directories with a slash, links with their target, whiteouts as !path, opaque directories with /!.</summary>
    internal static string[] Tree(string path)
    {
        var found = new List<string>();
        using var root = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
        Walk(root, "", found);
        found.Sort(StringComparer.Ordinal);
        return [.. found];
    }

    private static void Walk(SafeFd directory, string prefix, List<string> found)
    {
        foreach (var (name, _) in TreeFiles.Entries(directory))
        {
            var facts = TreeFiles.TryFacts(directory, name, out _)!.Value;
            if (facts.IsWhiteout)
            {
                found.Add("!" + prefix + name);
            }
            else if (facts.IsDirectory)
            {
                using var inner = TreeFiles.Open(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory);
                found.Add(prefix + name + "/" + (TreeFiles.GetAttribute(inner, "user.overlay.opaque") is null ? "" : "!"));
                Walk(inner, prefix + name + "/", found);
            }
            else
            {
                found.Add(prefix + name + (facts.Type == FileType.Link ? " -> " + TreeFiles.ReadLink(directory, name) : ""));
            }
        }
    }

    public void Dispose()
    {
        _layers.ForEach(static layer => layer.Dispose());
        Scratch.Dispose();
    }
}
