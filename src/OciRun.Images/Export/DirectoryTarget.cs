using System.Globalization;
using OciRun.Linux;

namespace OciRun.Images.Export;

/// <summary>A layout as a directory. Files are written beside their place and renamed, so a layout that is in use stays whole.</summary>
internal sealed class DirectoryTarget : ExportTarget
{
    private const uint Folder = 0x1ED, Readable = 0x1A4; // 0755, 0644

    private readonly SafeFd _root;

    private DirectoryTarget(SafeFd root) => _root = root;

    /// <exception cref="ImageException">It cannot be made, or is something else.</exception>
    internal static DirectoryTarget Open(string path)
    {
        _ = Files.TryMakeDirectory(SafeFd.CurrentDirectory, path, Folder); // opening says what is wrong
        SafeFd root = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly | OpenFlags.Directory, out var errno)
            ?? throw new ImageException(ImageError.Usage, $"cannot make or open the directory {Quoting.Quote(path)}: {ErrnoText.Describe(errno)}");
        if (TreeFiles.TryFacts(root, "oci-layout", out _) is null && TreeFiles.Entries(root).Count > 0)
        {
            root.Dispose();
            throw new ImageException(ImageError.Usage, $"{Quoting.Quote(path)} is not empty and no OCI layout: name another directory");
        }

        return new(root);
    }

    internal override bool Has(string path, long size) => TreeFiles.TryFacts(_root, path, out _) is { Type: FileType.Regular } facts && facts.Size == (ulong)size;

    internal override void Put(string path, long size, Stream content)
    {
        int slash = path.LastIndexOf('/');
        using SafeFd folder = OpenFolder(slash < 0 ? "" : path[..slash]);
        string name = path[(slash + 1)..], temporary = string.Create(CultureInfo.InvariantCulture, $".{Environment.ProcessId}-{name}");
        TreeFiles.RemoveAll(folder, temporary);
        try
        {
            using (SafeFd file = TreeFiles.Open(folder, temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, Readable))
            {
                Copy(content, size, path, data => Files.Write(file, data, path));
                TreeFiles.Sync(file, path);
            }

            Errno errno = TreeFiles.TryRename(folder, temporary, folder, name);
            if (errno != Errno.None)
            {
                throw new LinuxException("renameat", RawName.Quote(path), errno);
            }
        }
        catch
        {
            TreeFiles.RemoveAll(folder, temporary);
            throw;
        }
    }

    internal override void Finish() => TreeFiles.Sync(_root, "layout");

    public override void Dispose() => _root.Dispose();

    private SafeFd OpenFolder(string path)
    {
        string made = "";
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using SafeFd parent = TreeFiles.Open(_root, made, OpenFlags.ReadOnly | OpenFlags.Directory);
            _ = TreeFiles.TryMakeDirectory(parent, part, Folder);
            made = made.Length == 0 ? part : made + "/" + part;
        }

        return TreeFiles.Open(_root, made, OpenFlags.ReadOnly | OpenFlags.Directory);
    }
}
