using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>
/// The standard streams of a container, as far as they come from outside: a restore gives its own in their place. Pipes CRIU knows by their number. A file or device of a mount that the container
/// does not have, as the /dev/null of the host, it would refuse, and must be told that it is external: <c>file[MOUNT:INODE]</c>, in hexadecimal.
/// </summary>
internal static class OuterStreams
{
    internal const int Count = 3;
    private const string Null = "/dev/null";

    /// <summary>By number what each is: where it leads (as in runc's file), after CRIU's name for it when it is external.</summary>
    /// <exception cref="ContainerException">One is a file that CRIU would not take another one for.</exception>
    internal static string[] Of(int pid)
    {
        string mounts = "\n" + RawName.Of(Files.ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/mountinfo")));
        string[] found = new string[Count];
        for (int i = 0; i < Count; i++)
        {
            string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fd/{i}");
            found[i] = Files.ReadLink(SafeFd.CurrentDirectory, path) ?? "";
            if (Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is { } file && MayBeExternal(file))
            {
                string info = RawName.Of(Files.ReadAll(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/fdinfo/{i}")));
                int mount = Convert.ToInt32(Value(info, "mnt_id:"), 10);
                if (!mounts.Contains(string.Create(CultureInfo.InvariantCulture, $"\n{mount} "), StringComparison.Ordinal))
                {
                    CheckFile(file, Convert.ToInt32(Value(info, "flags:"), 8), i, found[i]);
                    found[i] = string.Create(CultureInfo.InvariantCulture, $"file[{mount:x}:{file.Inode:x}]{found[i]}");
                }
            }
        }

        return found;
    }

    /// <summary>CRIU's name for a stream that it does not restore by itself; null for the others.</summary>
    internal static string? NameOf(string stream) =>
        stream.StartsWith("pipe:", StringComparison.Ordinal) ? stream : IsFile(stream) ? stream[..(stream.IndexOf(']', StringComparison.Ordinal) + 1)] : null;

    /// <summary>It is to be said to a dump that this one is external.</summary>
    internal static bool IsFile(string stream) => stream.StartsWith("file[", StringComparison.Ordinal) && stream.Contains(']', StringComparison.Ordinal);

    /// <summary>/dev/null is restored as /dev/null, whatever our own stream is.</summary>
    internal static bool IsNull(string stream) => IsFile(stream) && stream.EndsWith("]" + Null, StringComparison.Ordinal);

    /// <summary>One for each stream, as CRIU closes what it has taken over.</summary>
    internal static SafeFd[] OpenNull()
    {
        SafeFd[] opened = new SafeFd[Count];
        for (int i = 0; i < Count; i++)
        {
            opened[i] = Files.Open(Null, OpenFlags.ReadWrite);
        }

        return opened;
    }

    /// <summary>Terminals are CRIU's own affair (--shell-job).</summary>
    private static bool MayBeExternal(FileFacts file) =>
        file.Type == FileType.Regular || (file.Type == FileType.Character && file.SpecialMajor is not (4 or 5 or (>= 136 and <= 143)));

    /// <summary>CRIU wants a file to have the size that it had, except one that is only appended to: a checkpoint that nobody can restore must not end the container.</summary>
    private static void CheckFile(FileFacts file, int flags, int number, string target)
    {
        const int AccessMode = 3, WriteOnly = 1, Append = 0x400;
        if (file.Type == FileType.Regular && ((flags & AccessMode) != WriteOnly || (flags & Append) == 0))
        {
            throw new ContainerException(
                ErrorCode.Unsupported,
                string.Create(CultureInfo.InvariantCulture, $"the container cannot be checkpointed: its descriptor {number} is the host's file {Quoting.Quote(target)}, for which criu takes another one only if it is opened for appending (>>)"));
        }
    }

    private static string Value(string info, string name)
    {
        int at = info.IndexOf(name, StringComparison.Ordinal) + name.Length;
        return info[at..info.IndexOf('\n', at)].Trim();
    }
}
