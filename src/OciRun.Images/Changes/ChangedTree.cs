using OciRun.Images.Layers;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>
/// A tree of files over layers, and what is changed in it. It is either an upper directory of an overlay, with its marks for what is gone, or the whole as a container sees
/// it. Nothing is mounted and nothing is followed: all is read by descriptors below the roots.
/// </summary>
public sealed class ChangedTree : IDisposable
{
    private readonly List<SafeFd> _layers = [];

    private ChangedTree(SafeFd root, TreeView view, bool isMerged, IReadOnlyList<string> lower)
    {
        (Root, View, IsMerged) = (root, view, isMerged);
        Form = Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace ? OverlayForm.Trusted : OverlayForm.User;
        Lower = new LowerLayers(() => _layers, Form);
        try
        {
            foreach (string layer in lower)
            {
                _layers.Add(Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    internal SafeFd Root { get; }

    internal TreeView View { get; }

    /// <summary>It shows everything, and what it does not show is gone.</summary>
    internal bool IsMerged { get; }

    internal LowerLayers Lower { get; }

    internal bool HasLower => _layers.Count > 0;

    internal SafeFd TopLayer => _layers[0];

    internal OverlayForm Form { get; }

    /// <summary>The upper directory of an overlay; or, without layers, a directory that is all new.</summary>
    /// <param name="upper">Absolute path.</param>
    /// <param name="lower">Absolute paths, the topmost first.</param>
    /// <param name="view">How to read it.</param>
    /// <exception cref="LinuxException">As open(2).</exception>
    public static ChangedTree OfUpper(string upper, IReadOnlyList<string> lower, TreeView view)
    {
        ArgumentNullException.ThrowIfNull(lower);
        return new(Files.Open(upper, OpenFlags.ReadOnly | OpenFlags.Directory), view, isMerged: false, lower);
    }

    /// <summary>What a container sees.</summary>
    /// <param name="root">Its root directory; belongs to the tree from here on.</param>
    /// <param name="lower">Absolute paths, the topmost first.</param>
    /// <param name="view">How to read it.</param>
    /// <exception cref="LinuxException">As open(2).</exception>
    public static ChangedTree OfMerged(SafeFd root, IReadOnlyList<string> lower, TreeView view)
    {
        ArgumentNullException.ThrowIfNull(lower);
        return new(root, view, isMerged: true, lower);
    }

    /// <summary>All changes, sorted by path, a directory before what is in it.</summary>
    /// <exception cref="LinuxException">The files cannot be read.</exception>
    /// <exception cref="ImageException"><see cref="ImageError.Unsupported"/>: an overlay with redirects or without data made the directory.</exception>
    public IReadOnlyList<Change> Find() => FindAll().FindAll(static change => !change.IsMarkOnly);

    internal List<Change> FindAll() => new ChangeFinder(this).Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        Root.Dispose();
        _layers.ForEach(static layer => layer.Dispose());
    }
}
