using OciRun.Images.Layers;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>
/// The changes of a tree as the archive of a layer (layer.md), one that every tool reads: whiteouts before their siblings, directories on the way to what has changed,
/// hard links among what is in it, nothing that another run on the same files would write otherwise.
/// </summary>
/// <param name="tree">Read as it is now.</param>
/// <param name="output">Gets the archive; stays the caller's.</param>
/// <param name="latest">No time in it is later (SOURCE_DATE_EPOCH); null: as the files have it.</param>
internal sealed class LayerWriter(ChangedTree tree, Stream output, long? latest)
{
    private const uint SharedBits = 0xFFF;

    private readonly TarWriter _tar = new(output);
    private readonly HashSet<string> _written = [];
    private readonly Dictionary<(ulong, ulong), string> _linked = [];
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(256 << 10);

    /// <summary>What was left out, a sentence each.</summary>
    internal List<string> Warnings { get; } = [];

    /// <summary>Writes all.</summary>
    /// <exception cref="ImageException">A file cannot be in a layer: its name, its owner, its overlay.</exception>
    internal void Run(List<Change> changes)
    {
        foreach (Change change in ChangeFinder.Sorted(changes, Key))
        {
            CheckName(change);
            if (change.IsImplied)
            {
                continue;
            }

            Parents(change.Path);
            if (change.Kind == ChangeKind.Deleted)
            {
                Mark(Join(Parent(change.Path), OverlayNames.Whiteout + Last(change.Path)));
            }
            else if (change.Facts.IsDirectory)
            {
                Directory(change.Path);
                if (change.IsOpaque)
                {
                    Mark(Join(change.Path, OverlayNames.Opaque));
                }
            }
            else
            {
                Entry(change.Path, change.Facts);
            }
        }

        _tar.Finish();
    }

    /// <summary>A directory comes before all that is in it, and deletions before what is there (layer.md says SHOULD; rows I44, I51).</summary>
    private static string Key(Change change)
    {
        string key = change.Path.Replace('/', '\0');
        return change.Kind == ChangeKind.Deleted ? key.Insert(key.LastIndexOf('\0') + 1, "\0") : key;
    }

    /// <summary>A file of this name would delete another one wherever the layer is unpacked (row I45).</summary>
    private static void CheckName(Change change)
    {
        if (change.Kind != ChangeKind.Deleted && Last(change.Path).StartsWith(OverlayNames.Whiteout, StringComparison.Ordinal))
        {
            throw new ImageException(ImageError.Unsupported, $"{RawName.Quote("/" + change.Path)} cannot be in an image: a name with {OverlayNames.Whiteout} means a deletion there; rename or remove it");
        }
    }

    private void Parents(string path)
    {
        for (int slash = path.IndexOf('/', StringComparison.Ordinal); slash > 0; slash = path.IndexOf('/', slash + 1))
        {
            Directory(path[..slash]);
        }
    }

    private void Mark(string name) => _tar.Begin(new TarEntry { Type = TarType.File, Name = name });

    private void Directory(string path)
    {
        if (!_written.Add(path))
        {
            return;
        }

        using SafeFd directory = TreeFiles.Open(tree.Root, path, OpenFlags.ReadOnly | OpenFlags.Directory);
        _tar.Begin(Describe(TarType.Directory, path.Length == 0 ? "./" : path + "/", path, TreeFiles.Facts(directory, path), directory));
    }

    private void Entry(string path, FileFacts found)
    {
        if (found.Type == FileType.Socket)
        {
            Warnings.Add($"{RawName.Quote("/" + path)} is a socket, which no layer can have"); // row I53
            return;
        }

        OpenFlags flags = found.Type == FileType.Regular ? OpenFlags.ReadOnly | OpenFlags.NonBlock : OpenFlags.Path;
        using SafeFd? file = TreeFiles.TryOpen(tree.Root, path, flags, out Errno errno);
        if (file is null)
        {
            if (errno == Errno.ENOENT)
            {
                return; // gone meanwhile, without a pause
            }

            throw new LinuxException("openat2", RawName.Quote(path), errno);
        }

        FileFacts facts = TreeFiles.Facts(file, path);
        if (facts.Type != found.Type)
        {
            throw new ImageException(ImageError.Store, $"{RawName.Quote("/" + path)} was replaced while it was read: pause the container, or stop it");
        }

        if (facts.Links > 1 && !_linked.TryAdd((facts.Device, facts.Inode), path))
        {
            _tar.Begin(Describe(TarType.HardLink, path, path, facts, null, _linked[(facts.Device, facts.Inode)]));
            return;
        }

        TarType type = facts.Type switch
        {
            FileType.Regular => TarType.File,
            FileType.Link => TarType.SymbolicLink,
            FileType.Character => TarType.Character,
            FileType.Block => TarType.Block,
            _ => TarType.Fifo,
        };
        _tar.Begin(Describe(type, path, path, facts, file, type == TarType.SymbolicLink ? TreeFiles.ReadLink(file, "") ?? "" : ""));
        if (type == TarType.File)
        {
            Content(file, path, (long)facts.Size);
        }
    }

    private TarEntry Describe(TarType type, string name, string path, FileFacts facts, SafeFd? file, string target = "")
    {
        bool isNode = type is TarType.Character or TarType.Block;
        return new TarEntry
        {
            Type = type,
            Name = name,
            Target = target,
            Mode = type == TarType.SymbolicLink ? 0x1FF : facts.Mode & SharedBits,
            Uid = tree.View.Uid(facts.Uid) ?? throw Unmapped(path, "user", facts.Uid),
            Gid = tree.View.Gid(facts.Gid) ?? throw Unmapped(path, "group", facts.Gid),
            Modified = latest is { } limit && facts.Modified.Seconds >= limit ? new FileTime(limit, 0) : facts.Modified,
            Size = type == TarType.File ? (long)facts.Size : 0,
            Major = isNode ? facts.SpecialMajor : 0,
            Minor = isNode ? facts.SpecialMinor : 0,
            Attributes = file is null ? [] : LayerAttributes.Of(file, tree),
        };
    }

    private static ImageException Unmapped(string path, string what, uint id) =>
        new(ImageError.Unsupported, $"{RawName.Quote("/" + path)} belongs to {what} {id}, whom the container does not have: an image cannot name it");

    /// <summary>Exactly so many bytes: of a file that grows meanwhile its beginning, of one that shrinks zeros for the rest.</summary>
    private void Content(SafeFd file, string path, long size)
    {
        for (long offset = 0; offset < size;)
        {
            Span<byte> some = _buffer.AsSpan(0, (int)Math.Min(_buffer.Length, size - offset));
            int count = TreeFiles.ReadAt(file, some, offset, path);
            if (count == 0)
            {
                some.Clear();
                count = some.Length;
            }

            _tar.Write(some[..count]);
            offset += count;
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash < 0 ? "" : path[..slash];

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    private static string Join(string directory, string name) => directory.Length == 0 ? name : directory + "/" + name;
}
