using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>--pid-file (C51): written beside and renamed, so that a reader never sees a part of it. Plain decimal, no newline.</summary>
internal static class PidFile
{
    /// <summary>What a failure after the writing leaves; null: there is none.</summary>
    internal static void Remove(string? path)
    {
        if (path is not null)
        {
            _ = Files.TryRemove(SafeFd.CurrentDirectory, path);
        }
    }

    internal static void Write(string path, int pid)
    {
        int slash = path.LastIndexOf('/');
        string temporary = path[..(slash + 1)] + "." + path[(slash + 1)..];
        try
        {
            _ = Files.TryRemove(SafeFd.CurrentDirectory, temporary); // left by one that was killed
            using (SafeFd file = Files.Open(temporary, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, 0x1A4))
            {
                Files.Write(file, Encoding.ASCII.GetBytes(pid.ToString(CultureInfo.InvariantCulture)), temporary);
            }

            Files.Rename(SafeFd.CurrentDirectory, temporary, path);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.State, "cannot write the pid file: " + e.Message, e) { Call = e.Call, Errno = e.Errno };
        }
    }
}
