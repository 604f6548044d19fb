using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>
/// The standard streams of a container, as far as they come from outside: a restore gives its own in their place. Pipes CRIU knows by their number. A file or device of a mount that the container does
/// not have, as the /dev/null of the host, it would refuse, and must be told that it is external.
/// </summary>
internal static class OuterStreams
{
    internal const int Count = 3;

    /// <summary>By number what each is: the name by which CRIU knows it when it comes from outside, else where it leads. Those of runc have the same form.</summary>
    internal static string[] Of(int pid)
    {
        HashSet<string> mounts = MountIds(pid);
        string[] found = new string[Count];
        for (int i = 0; i < Count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/{i}");
            string target = Files.ReadLink(SafeFd.CurrentDirectory, path) ?? "";
            FileFacts? facts = Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _);
            string mount = MountOf(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fdinfo/{i}"));
            bool isOutside = facts is { } file && MayBeExternal(file) && mount.Length > 0 && !mounts.Contains(mount);
            found[i] = isOutside
                ? string.Create(CultureInfo.InvariantCulture, $"file[{int.Parse(mount, CultureInfo.InvariantCulture):x}:{facts!.Value.Inode:x}]")
                : target;
        }

        return found;
    }

    /// <summary>It is to be said to a dump that this one is external.</summary>
    internal static bool IsFile(string stream) => stream.StartsWith("file[", StringComparison.Ordinal);

    /// <summary>A restore has to give a stream of its own for it.</summary>
    internal static bool IsOutside(string stream) => IsFile(stream) || stream.StartsWith("pipe:", StringComparison.Ordinal);

    /// <summary>Terminals are CRIU's own affair (--shell-job).</summary>
    private static bool MayBeExternal(FileFacts file) =>
        file.Type == FileType.Regular || (file.Type == FileType.Character && file.SpecialMajor is not (4 or 5 or (>= 136 and <= 143)));

    private static HashSet<string> MountIds(int pid)
    {
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (string line in RawName.Of(Files.ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mountinfo"))).Split('\n'))
        {
            int space = line.IndexOf(' ', StringComparison.Ordinal);
            ids.Add(space > 0 ? line[..space] : "");
        }

        return ids;
    }

    private static string MountOf(string path)
    {
        using SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly, out _); // closed streams have none
        if (file is not null)
        {
            foreach (string line in RawName.Of(Files.ReadAll(file, path)).Split('\n'))
            {
                if (line.StartsWith("mnt_id:", StringComparison.Ordinal))
                {
                    return line["mnt_id:".Length..].Trim();
                }
            }
        }

        return "";
    }
}
