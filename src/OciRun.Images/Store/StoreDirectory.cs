using System.Globalization;
using System.Text;
using OciRun.Images.Layers;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>
/// The store on the disk. It is an OCI layout (index.json, oci-layout, blobs), with the layers' directories beside the blobs:
/// <code>
///   index.json  oci-layout  blobs/sha256/HEX      images by name, as any tool reads them
///   layers/HEX/diff  layers/HEX/layer.json        a layer, by chain id; there is none that is not whole
///   references/HEX.json                           bundles that need an image
///   containers/ID/                                what containers of the store write
///   steps/HEX.json                                what steps of builds have made, by what they depend on
///   tmp/  locks/HEX  lock  index.lock             work in progress; who may do what
/// </code>
/// Everything new is made in tmp and renamed. Whoever adds holds <c>lock</c> shared, whoever takes away holds it alone.
/// </summary>
internal sealed class StoreDirectory : IDisposable
{
    internal const uint Private = 0x1C0, Readable = 0x1A4; // 0700, 0644
    internal static readonly string[] Folders = ["blobs", "blobs/sha256", "layers", "references", "containers", "steps", "tmp", "locks"];

    private static int s_counter;

    private StoreDirectory(string path, SafeFd root) => (Path, Root) = (path, root);

    /// <summary>Absolute.</summary>
    internal string Path { get; }

    internal SafeFd Root { get; }

    /// <summary>Where marks of overlays go: to root's attributes if we are it.</summary>
    internal OverlayForm Form { get; } = Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace ? OverlayForm.Trusted : OverlayForm.User;

    /// <summary>Which boot of the machine this is.</summary>
    internal static string Boot { get; } = Encoding.ASCII.GetString(Files.ReadAll("/proc/sys/kernel/random/boot_id")).TrimEnd();

    /// <summary>Opens the store; makes it, mode 0700, when it is missing.</summary>
    /// <exception cref="ImageException">It cannot be made or opened, or it is not ours alone.</exception>
    internal static StoreDirectory Open(string path)
    {
        try
        {
            if (Files.TryMakeDirectories(path, Private, out string part) is var errno && errno != Errno.None)
            {
                throw new LinuxException("mkdir", Quoting.Quote(part), errno);
            }

            var root = Files.Open(path, OpenFlags.ReadOnly | OpenFlags.Directory);
            var store = new StoreDirectory(path, root);
            store.CheckOwner();
            if (TreeFiles.TryFacts(root, "oci-layout", out _) is null)
            {
                store.MakeFolders();
            }

            return store;
        }
        catch (LinuxException error)
        {
            throw new ImageException(ImageError.Store, $"cannot open the image store {Quoting.Quote(path)}: {error.Message}", error);
        }
    }

    /// <summary>A lock of the whole store, until it is disposed.</summary>
    /// <param name="alone">Nobody else may hold it meanwhile.</param>
    /// <param name="wait">Else null is the result when somebody holds it.</param>
    internal SafeFd? Lock(bool alone, bool wait = true)
    {
        SafeFd file = OpenLock("lock");
        Errno errno = Files.TryLock(file, wait, shared: !alone);
        if (errno == Errno.None)
        {
            return file;
        }

        file.Dispose();
        return errno == Errno.EAGAIN ? null : throw new LinuxException("flock", "lock", errno);
    }

    /// <summary>A lock of one thing, until it is disposed; waits.</summary>
    internal SafeFd LockName(string name)
    {
        SafeFd file = OpenLock(name);
        return Files.TryLock(file) is var errno && errno == Errno.None ? file : throw new LinuxException("flock", name, errno);
    }

    /// <summary>Removes what a process that died has left; only with the store locked alone.</summary>
    internal int SweepTemporary()
    {
        int count = 0;
        using SafeFd folder = OpenFolder("tmp");
        foreach (var (name, _) in TreeFiles.Entries(folder))
        {
            TreeFiles.RemoveAll(folder, name);
            count++;
        }

        return count;
    }

    /// <summary>A name in tmp that nobody else has.</summary>
    internal static string NewTemporary() =>
        string.Create(CultureInfo.InvariantCulture, $"tmp/{Environment.ProcessId}-{Environment.TickCount64:x}-{Interlocked.Increment(ref s_counter)}");

    internal SafeFd OpenFolder(string path) => TreeFiles.Open(Root, path, OpenFlags.ReadOnly | OpenFlags.Directory);

    /// <summary>Stores of earlier versions lack the newer ones.</summary>
    internal bool HasFolder(string path) => TreeFiles.TryFacts(Root, path, out _) is { IsDirectory: true };

    internal SafeFd CreateFile(string path) => TreeFiles.Open(Root, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Readable);

    internal void MakeDirectory(string path)
    {
        var (folder, name) = Split(path);
        using SafeFd parent = OpenFolder(folder);
        Errno errno = TreeFiles.TryMakeDirectory(parent, name, Private);
        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mkdirat", RawName.Quote(path), errno);
        }
    }

    /// <summary>renameat(2). What is there already is as good: the new one is removed.</summary>
    internal void MoveInto(string from, string to)
    {
        var (fromFolder, fromName) = Split(from);
        var (toFolder, toName) = Split(to);
        using SafeFd source = OpenFolder(fromFolder), target = OpenFolder(toFolder);
        Errno errno = TreeFiles.TryRename(source, fromName, target, toName);
        if (errno is Errno.ENOTEMPTY or Errno.EEXIST)
        {
            TreeFiles.RemoveAll(source, fromName);
        }
        else if (errno != Errno.None)
        {
            throw new LinuxException("renameat", $"{RawName.Quote(from)}, {RawName.Quote(to)}", errno);
        }
    }

    internal void RemoveAll(string path)
    {
        var (folder, name) = Split(path);
        using SafeFd parent = OpenFolder(folder);
        TreeFiles.RemoveAll(parent, name);
    }

    /// <summary>A file put in place whole: written beside it, synced, renamed.</summary>
    internal void Replace(string path, ReadOnlySpan<byte> content)
    {
        string temporary = NewTemporary();
        using (SafeFd file = CreateFile(temporary))
        {
            Files.Write(file, content, path);
            TreeFiles.Sync(file, path);
        }

        MoveInto(temporary, path);
        SyncFolder(Split(path).Folder);
    }

    internal void SyncFolder(string path)
    {
        using SafeFd folder = OpenFolder(path);
        TreeFiles.Sync(folder, path);
    }

    /// <summary>A small file; null when it is missing.</summary>
    internal byte[]? TryRead(string path)
    {
        using SafeFd? file = TreeFiles.TryOpen(Root, path, OpenFlags.ReadOnly, out Errno errno);
        return file is not null ? Files.ReadAll(file, path) : errno == Errno.ENOENT ? null : throw new LinuxException("openat2", RawName.Quote(path), errno);
    }

    // ---- blobs and layers -------------------------------------------------------------------------------------------

    internal static string BlobPath(Digest digest) => LayoutReader.BlobPath(digest);

    internal static string StepPath(Digest key) => $"steps/{key.Hex}.json";

    internal static string LayerPath(Digest chain) => "layers/" + chain.Hex;

    internal bool HasBlob(Digest digest, long size) => TreeFiles.TryFacts(Root, BlobPath(digest), out _) is { } facts && (size < 0 || facts.Size == (ulong)size);

    internal bool HasLayer(Digest chain) => TreeFiles.TryFacts(Root, LayerPath(chain), out _) is not null;

    internal FdStream OpenBlob(Digest digest)
    {
        SafeFd file = TreeFiles.TryOpen(Root, BlobPath(digest), OpenFlags.ReadOnly, out Errno errno)
            ?? throw new ImageException(ImageError.Missing, $"the blob {digest} is not in the store ({errno}): import its image again");
        return new FdStream(file, 0, (long)TreeFiles.Facts(file, digest.ToString()).Size, digest.ToString(), owns: true);
    }

    internal SafeFd OpenLayer(Digest chain) => OpenFolder(LayerPath(chain) + "/diff");

    /// <summary>A blob that is in memory.</summary>
    internal void PutBlob(Digest digest, ReadOnlySpan<byte> content)
    {
        if (!HasBlob(digest, content.Length))
        {
            MakeBlobFolder(digest);
            Replace(BlobPath(digest), content);
        }
    }

    internal void MakeBlobFolder(Digest digest)
    {
        if (digest.Algorithm != "sha256")
        {
            MakeDirectory("blobs/" + digest.Algorithm);
        }
    }

    public void Dispose() => Root.Dispose();

    internal static (string Folder, string Name) Split(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);

    private SafeFd OpenLock(string name) => TreeFiles.Open(Root, name, OpenFlags.ReadWrite | OpenFlags.Create, 0x180);

    /// <summary>Files of setuid programs and device nodes of strangers lie in here: nobody else may come in, or put something in.</summary>
    private void CheckOwner()
    {
        var facts = TreeFiles.Facts(Root, Path);
        if (facts.Uid != Processes.EffectiveUid)
        {
            throw new ImageException(ImageError.Store, $"the image store {Quoting.Quote(Path)} belongs to user {facts.Uid}: name one of your own with --store");
        }

        if ((facts.Mode & 0x3F) != 0 && TreeFiles.TryFacts(Root, "oci-layout", out _) is not null)
        {
            Files.ChangeMode(Root, Private, Path);
        }
    }

    private void MakeFolders()
    {
        // oci-layout: somebody else has made it a store since we looked.
        if (TreeFiles.Entries(Root).Exists(static entry => entry.Name is not ("lock" or "index.lock" or "index.json" or "oci-layout") && !Array.Exists(Folders, folder => folder == entry.Name)))
        {
            throw new ImageException(ImageError.Usage, $"{Quoting.Quote(Path)} is not an image store and not empty: name another directory with --store");
        }

        Files.ChangeMode(Root, Private, Path);
        foreach (string folder in Folders)
        {
            MakeDirectory(folder);
        }

        using (LockName("index.lock"))
        {
            if (TreeFiles.TryFacts(Root, "oci-layout", out _) is null)
            {
                Replace("index.json", """{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"""u8);
                Replace("oci-layout", """{"imageLayoutVersion":"1.0.0"}"""u8); // the last thing: with it the store is one
            }
        }
    }
}
