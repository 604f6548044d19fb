using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Criu;

/// <summary>
/// The directory of a checkpoint's images, and that of its work. CRIU opens files in both by name, as root and through links: so nobody else may be able to put one there, and none may be
/// there yet, as an archive brings them (containerd CVE-2026-53489, CRI-O CVE-2024-8676).
/// </summary>
internal sealed class CriuImages : IDisposable
{
    private const string DescriptorsName = "descriptors.json", ParentName = "parent";
    private const int ParentsMax = 64;
    private readonly string _path;

    private CriuImages(string path, SafeFd directory, string workPath, SafeFd work) => (_path, Directory, WorkPath, Work) = (path, directory, workPath, work);

    /// <summary>The images.</summary>
    internal SafeFd Directory { get; }

    /// <summary>Logs; may be the same directory.</summary>
    internal SafeFd Work { get; }

    internal string WorkPath { get; }

    /// <summary>Opens both, to write a checkpoint; they are made where they are missing.</summary>
    internal static CriuImages Create(CriuOptions options, string log) => Open(options, create: true, log);

    /// <summary>Opens both, to restore.</summary>
    internal static CriuImages Open(CriuOptions options, string log) => Open(options, create: false, log);

    /// <summary>The same directories in the mount namespace of a process: what CRIU mounts in its work directory it can only mount where it is itself.</summary>
    internal (SafeFd Directory, SafeFd Work) OpenIn(int pid)
    {
        SafeFd directory = OpenIn(pid, Directory, _path);
        try
        {
            return (directory, OpenIn(pid, Work, WorkPath));
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>--parent-path: relative to the images, where CRIU leaves a link to it.</summary>
    /// <exception cref="ContainerException">It is absolute, missing, or not to be trusted.</exception>
    internal void CheckParent(string path)
    {
        if (path.StartsWith('/'))
        {
            throw new ContainerException(ErrorCode.Usage, $"--parent-path {Quoting.Quote(path)}: it must be relative to --image-path, so that the images can be moved together");
        }

        using SafeFd parent = OpenTrusted(Directory, path, _path + "/" + path);
        RefuseForeign(parent, _path + "/" + path, 1);
    }

    /// <summary>Remembers what the container's standard streams are (<see cref="OuterStreams"/>).</summary>
    internal void WriteStreams(string[] streams)
    {
        var json = new JsonText();
        json.StartArray();
        foreach (string stream in streams)
        {
            json.Item(stream);
        }

        json.EndArray();
        _ = Files.TryRemove(Directory, DescriptorsName);
        using SafeFd file = Files.Open(Directory, DescriptorsName, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x180);
        Files.Write(file, json.Written, _path + "/" + DescriptorsName);
    }

    /// <summary>The same, read.</summary>
    internal string[] ReadStreams()
    {
        try
        {
            var found = new List<string>();
            var json = new Utf8JsonReader(Read(DescriptorsName));
            while (json.Read())
            {
                if (json.TokenType == JsonTokenType.String && found.Count < OuterStreams.Count)
                {
                    found.Add(json.GetString()!);
                }
            }

            return found.ToArray();
        }
        catch (JsonException e)
        {
            throw new ContainerException(ErrorCode.Checkpoint, $"{_path}/{DescriptorsName} is damaged: {Quoting.Escape(e.Message)}", e);
        }
    }

    /// <summary>The mounts of the container's first process, as CRIU will make them.</summary>
    internal List<ImageMount> ReadMounts()
    {
        string name = "pstree.img";
        try
        {
            long pid = CriuResponse.NumberOf(First(Read(name)), 1);
            name = string.Create(CultureInfo.InvariantCulture, $"ids-{pid}.img");
            long id = CriuResponse.NumberOf(First(Read(name)), 9); // task_kobj_ids_entry, mnt_ns_id
            name = string.Create(CultureInfo.InvariantCulture, $"mountpoints-{id}.img");
            return ImageMount.ParseAll(Entries(Read(name)));
        }
        catch (FormatException e)
        {
            throw new ContainerException(ErrorCode.Checkpoint, $"{_path}/{name} is damaged, or of another kind than CRIU's images are", e);
        }
    }

    /// <summary>CRIU's last errors of the log, without their times; empty when it has none.</summary>
    internal string LastError(string log)
    {
        using SafeFd? file = Files.TryOpen(Work, log, OpenFlags.ReadOnly | OpenFlags.NoFollow, out _);
        if (file is null)
        {
            return "";
        }

        byte[] end = new byte[64 << 10];
        long size = (long)Files.Status(file, log).Size;
        int count = TreeFiles.ReadAt(file, end, Math.Max(0, size - end.Length), log);
        return LastError(end.AsSpan(0, count));
    }

    /// <summary>The same of the text: the last two before the one that only says that it failed. The first of them mostly is the reason, the second what came of it.</summary>
    internal static string LastError(ReadOnlySpan<byte> log)
    {
        string before = "", last = "";
        foreach (string line in Encoding.UTF8.GetString(log).Split('\n'))
        {
            int at = line.IndexOf("Error (", StringComparison.Ordinal);
            if (at < 0)
            {
                continue;
            }

            if (last.Length > 0 && line.EndsWith(" FAILED.", StringComparison.Ordinal))
            {
                break;
            }

            string text = line[at..].Trim();
            (before, last) = text == last ? (before, last) : (last, text);
        }

        return before.Length > 0 ? before + "; " + last : last;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Directory.Dispose();
        Work.Dispose();
    }

    private static SafeFd OpenIn(int pid, SafeFd known, string name)
    {
        string real = Files.ReadLink(SafeFd.CurrentDirectory, known.ProcPath)!;
        SafeFd found = Files.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/root{real}"), OpenFlags.ReadOnly | OpenFlags.Directory);
        if (Files.Status(known, name).IsSameFile(Files.Status(found, name)))
        {
            return found;
        }

        found.Dispose();
        throw new ContainerException(ErrorCode.Checkpoint, $"the directory {Quoting.Quote(name)} has been replaced meanwhile");
    }

    private static CriuImages Open(CriuOptions options, bool create, string log)
    {
        string workPath = options.WorkPath ?? options.ImagePath;
        if (create)
        {
            Make(options.ImagePath);
        }

        if (options.WorkPath is not null)
        {
            Make(workPath);
        }

        SafeFd directory = OpenTrusted(SafeFd.CurrentDirectory, options.ImagePath, options.ImagePath);
        SafeFd? work = null;
        try
        {
            work = OpenTrusted(SafeFd.CurrentDirectory, workPath, workPath);
            RefuseForeign(directory, options.ImagePath, 0);
            foreach (string name in (string[])[log, "stats-dump", "stats-restore"])
            {
                _ = Files.TryRemove(work, name); // CRIU writes them, through a link, too
            }

            return new CriuImages(options.ImagePath, directory, workPath, work);
        }
        catch
        {
            directory.Dispose();
            work?.Dispose();
            throw;
        }
    }

    private static void Make(string path)
    {
        Errno errno = Files.TryMakeDirectories(path, 0x1C0, out string part);
        if (errno != Errno.None)
        {
            throw new ContainerException(ErrorCode.Checkpoint, $"cannot make the directory {Quoting.Quote(part)}: {ErrnoText.Describe(errno)}") { Call = "mkdir", Errno = errno };
        }
    }

    private static SafeFd OpenTrusted(SafeFd at, string path, string name)
    {
        SafeFd directory = Files.TryOpen(at, path, OpenFlags.ReadOnly | OpenFlags.Directory, out Errno errno)
            ?? throw new ContainerException(ErrorCode.Checkpoint, $"cannot open the directory {Quoting.Quote(name)}: {ErrnoText.Describe(errno)}") { Call = "open", Errno = errno };
        FileFacts facts = Files.Status(directory, name);
        if (facts.Uid == Processes.EffectiveUid && (facts.Mode & 0x12) == 0)
        {
            return directory;
        }

        directory.Dispose();
        throw Untrusted(name, facts);
    }

    private static ContainerException Untrusted(string name, FileFacts facts) => new(
        ErrorCode.Checkpoint, $"will not use {Quoting.Quote(name)} for images or logs of criu: owner {facts.Uid}, mode {Convert.ToString(facts.Permissions, 8)}; it must belong to root and be writable by nobody else");

    private static void RefuseForeign(SafeFd directory, string path, int depth)
    {
        using SafeFd listed = Files.Open(directory, ".", OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (string name in Files.Names(listed, path))
        {
            if (Files.TryStatus(directory, name, followLink: false, out _) is not { } facts)
            {
                continue;
            }

            if (facts.Type != FileType.Link)
            {
                if (facts.Uid != Processes.EffectiveUid || (facts.Mode & 0x12) != 0)
                {
                    throw Untrusted(path + "/" + name, facts);
                }

                continue;
            }

            string target = Files.ReadLink(directory, name) ?? "";
            if (name != ParentName || target.StartsWith('/') || depth == ParentsMax)
            {
                throw new ContainerException(ErrorCode.Checkpoint, $"will not use the images in {Quoting.Quote(path)}: {Quoting.Quote(name)} in it is a symbolic link, which criu does not make");
            }

            using SafeFd parent = OpenTrusted(directory, target, path + "/" + target);
            RefuseForeign(parent, path + "/" + target, depth + 1);
        }
    }

    private byte[] Read(string name)
    {
        using SafeFd file = Files.TryOpen(Directory, name, OpenFlags.ReadOnly | OpenFlags.NoFollow, out Errno errno)
            ?? throw new ContainerException(
                ErrorCode.Checkpoint, $"there is no whole checkpoint in {Quoting.Quote(_path)}: {name}: {ErrnoText.Describe(errno)}")
            { Call = "openat", Errno = errno };
        return Files.ReadAll(file, _path + "/" + name);
    }

    /// <summary>The messages of an image: two numbers that name its kind, then each after its length.</summary>
    private static List<byte[]> Entries(ReadOnlySpan<byte> image)
    {
        var entries = new List<byte[]>();
        for (image = image.Length >= 8 ? image[8..] : throw new FormatException("too short"); !image.IsEmpty;)
        {
            uint length = image.Length >= 4 ? BinaryPrimitives.ReadUInt32LittleEndian(image) : uint.MaxValue;
            if (length > image.Length - 4)
            {
                throw new FormatException("cut off");
            }

            entries.Add(image.Slice(4, (int)length).ToArray());
            image = image[(4 + (int)length)..];
        }

        return entries;
    }

    private static byte[] First(ReadOnlySpan<byte> image) => Entries(image) is { Count: > 0 } entries ? entries[0] : throw new FormatException("empty");
}
