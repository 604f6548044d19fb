using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Linux;

/// <summary>
/// What changes when a file is replaced or written to: enough to know a file again without reading it. Times are nanoseconds since 1970,
/// statx(2).
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public readonly record struct FileStamp(ulong Device, ulong Inode, long Size, long Modified, long Changed)
{
    /// <summary>The stamp of the file at <paramref name="path"/>, symbolic links followed.</summary>
    /// <returns>False, and an empty stamp, when it cannot be looked at: missing, or in a directory that is closed to us.</returns>
    public static unsafe bool TryTake(string path, out FileStamp stamp)
    {
        Span<byte> text = stackalloc byte[1024];
        stamp = default;
        if (path.Contains('\0') || !Encoding.UTF8.TryGetBytes(path, text[..^1], out int length))
            return false;
        text[length] = 0;
        StatxResult result;
        fixed (byte* name = text)
        {
            if (StatxResult.Statx(Native.AtFdCwd, name, 0, StatxResult.BasicStats, &result) != 0)
                return false;
        }
        stamp = result.Stamp;
        return true;
    }
}
