using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>A line of proc_pid_mountinfo(5).</summary>
public sealed class MountEntry
{
    /// <summary>Where it is, in the container.</summary>
    public required string Destination { get; init; }

    /// <summary>Type of the file system.</summary>
    public required string Type { get; init; }

    /// <summary>What the file system is of: a device, a name.</summary>
    public required string Source { get; init; }

    /// <summary>Which of its directories or files shows there.</summary>
    public required string Root { get; init; }

    /// <summary>Options of this mount, not of its file system; with commas between.</summary>
    public required string Options { get; init; }

    /// <summary>The mounts of a process; null when it has ended.</summary>
    internal static List<MountEntry>? TryRead(int pid) => TryReadText(pid) is { } text ? Parse(text) : null;

    /// <summary>The file itself, as raw names; null when the process has ended.</summary>
    internal static string? TryReadText(int pid)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mountinfo");
        using SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly, out _);
        return file is null || Files.TryReadAll(file, 16 << 20, out byte[] text) != Errno.None ? null : RawName.Of(text);
    }

    /// <summary>The same of the file's text.</summary>
    internal static List<MountEntry> Parse(string text)
    {
        var entries = new List<MountEntry>();
        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(' ');
            int end = Array.IndexOf(fields, "-"); // optional fields before it
            if (end >= 6 && fields.Length > end + 2)
            {
                entries.Add(new MountEntry
                {
                    Destination = Text(fields[4]),
                    Type = Text(fields[end + 1]),
                    Source = Text(fields[end + 2]),
                    Root = Text(fields[3]),
                    Options = fields[5],
                });
            }
        }

        return entries;
    }

    private static string Text(string field) => RawName.ToText(RootMounts.Unescape(field));
}
