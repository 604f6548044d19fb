using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Linux;

/// <summary>
/// A directory of small files that only this user can have written: it belongs to the effective user, nobody else may write to it, and
/// the same is
/// asked of each file that is read. Nothing in it is followed: no symbolic link, no fifo, no device. It is for what may be lost (a
/// cache), so
/// nothing here throws: each call says whether it worked, and if not, why, in words for a debug log.
/// </summary>
public sealed unsafe partial class PrivateDirectory : IDisposable
{
    private const int ReadOnly = 0, WriteOnly = 1, Create = 0x40, Exclusive = 0x80, NoTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    private const int NameMax = 255, PathMax = 1024;

    // asm-generic's values; x86 has them too, arm and arm64 swap them with O_DIRECT and O_LARGEFILE.
    private static readonly bool s_isArm = RuntimeInformation.ProcessArchitecture is Architecture.Arm or Architecture.Arm64;
    private static readonly int s_directory = s_isArm ? 0x4000 : 0x10000;
    private static readonly int s_noFollow = s_isArm ? 0x8000 : 0x20000;

    private readonly SafeFd _fd;

    private PrivateDirectory(SafeFd fd) => _fd = fd;

    /// <summary>
    /// Opens the directory, open(2) with O_NOFOLLOW: the last component must not be a symbolic link. The ones above it are the caller's
    /// business.
    /// </summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="create">Makes it, mode 0700, when it is missing.</param>
    /// <param name="createParent">Makes the directory above it too, with that mode.</param>
    /// <param name="directory">To be disposed.</param>
    /// <param name="problem">Why not, else null.</param>
    public static bool TryOpen(string path, bool create, bool createParent, [NotNullWhen(true)] out PrivateDirectory? directory,
        [NotNullWhen(false)] out string? problem)
    {
        directory = null;
        Span<byte> text = stackalloc byte[PathMax];
        if (!TryTerminate(path, text))
        {
            problem = "the path is too long";
            return false;
        }
        int number;
        fixed (byte* name = text)
        {
            number = OpenAt(Native.AtFdCwd, name, ReadOnly | s_directory | s_noFollow | CloseOnExec, 0);
            if (number < 0 && create && Native.LastErrno == Errno.ENOENT && TryMake(path, name, createParent))
                number = OpenAt(Native.AtFdCwd, name, ReadOnly | s_directory | s_noFollow | CloseOnExec, 0);
        }
        if (number < 0)
        {
            problem = $"cannot open it ({Native.LastErrno})";
            return false;
        }
        var fd = new SafeFd(number);
        if (!TryStat(number, out var facts) || !facts.IsDirectory || Distrust(facts) is not null)
        {
            problem = Distrust(facts) ?? "it is no directory";
            fd.Dispose();
            return false;
        }
        directory = new PrivateDirectory(fd);
        problem = null;
        return true;
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="name">In this directory, without a slash.</param>
    /// <param name="limit">A larger file is refused.</param>
    /// <param name="problem">Why not; null also when there is no such file.</param>
    /// <returns>Its content, or null.</returns>
    public byte[]? TryRead(string name, int limit, out string? problem)
    {
        problem = null;
        Span<byte> text = stackalloc byte[NameMax + 1];
        TryTerminate(name, text);
        int number;
        fixed (byte* at = text)
            number = OpenAt(_fd.Number, at, ReadOnly | s_noFollow | NonBlocking | NoTerminal | CloseOnExec, 0);
        if (number < 0)
        {
            problem = Native.LastErrno == Errno.ENOENT ? null : $"cannot open it ({Native.LastErrno})";
            return null;
        }
        using var file = new SafeFd(number);
        if (!TryStat(number, out var facts) || !facts.IsRegular)
            problem = "it is no regular file";
        else if (facts.Size <= 0 || facts.Size > limit)
            problem = $"its size is {facts.Size}";
        else
            problem = Distrust(facts);
        if (problem is not null)
            return null;
        var content = GC.AllocateUninitializedArray<byte>((int)facts.Size);
        int done = 0;
        while (done < content.Length)
        {
            nint count;
            fixed (byte* at = &content[done])
                count = Read(number, at, content.Length - done);
            if (count <= 0)
            {
                problem = "it cannot be read, or shrank while it was read";
                return null;
            }
            done += (int)count;
        }
        return content;
    }

    /// <summary>
    /// Puts a file in place, mode 0600, replacing the one of that name: readers see the old file or the new one, whole. It is not synced:
    /// whoever reads
    /// checks what was read.
    /// </summary>
    /// <param name="name">In this directory, without a slash.</param>
    /// <param name="content">All of it.</param>
    /// <param name="problem">Why not, else null.</param>
    public bool TryWrite(string name, ReadOnlySpan<byte> content, [NotNullWhen(false)] out string? problem)
    {
        Span<byte> final = stackalloc byte[NameMax + 1], temporary = stackalloc byte[NameMax + 1];
        TryTerminate(name, final);
        TryTerminate($"{TemporaryPrefix}{Environment.ProcessId}-{Environment.TickCount64}", temporary);
        fixed (byte* from = temporary, to = final)
        {
            int number = OpenAt(_fd.Number, from, WriteOnly | Create | Exclusive | s_noFollow | CloseOnExec, 0x180);
            if (number < 0)
            {
                problem = $"cannot create a file ({Native.LastErrno})";
                return false;
            }
            using (new SafeFd(number))
                problem = WriteAll(number, content);
            if (problem is null && RenameAt(_fd.Number, from, _fd.Number, to) != 0)
                problem = $"cannot rename it ({Native.LastErrno})";
            if (problem is null)
                return true;
            UnlinkAt(_fd.Number, from, 0);
            return false;
        }
    }

    /// <summary>Removes a file of this directory; one that is missing is fine.</summary>
    public void Remove(string name)
    {
        Span<byte> text = stackalloc byte[NameMax + 1];
        TryTerminate(name, text);
        fixed (byte* at = text)
            UnlinkAt(_fd.Number, at, 0);
    }

    /// <summary>
    /// Names and times of change (nanoseconds since 1970) of what is in the directory, in no order; what cannot be looked at is left out.
    /// </summary>
    public List<(string Name, long Modified)> List()
    {
        List<(string, long)> found = [];
        var buffer = new byte[16384];
        // A descriptor of its own: the position in the directory belongs to the open file.
        int number;
        fixed (byte* self = "."u8)
            number = OpenAt(_fd.Number, self, ReadOnly | s_directory | CloseOnExec, 0);
        using var reader = new SafeFd(number);
        fixed (byte* start = buffer)
        {
            for (nint count; number >= 0 && (count = GetDents(number, start, buffer.Length)) > 0;)
            {
                // struct linux_dirent64: inode 8, offset 8, length of the record 2, type 1, name.
                for (byte* entry = start; entry < start + count; entry += *(ushort*)(entry + 16))
                {
                    StatxResult facts;
                    if (StatxResult.Statx(_fd.Number, entry + 19, StatxResult.NoFollow, StatxResult.BasicStats, &facts) == 0 && facts.IsRegular)
                        found.Add((Marshal.PtrToStringUTF8((nint)(entry + 19))!, facts.Modified));
                }
            }
        }
        return found;
    }

    /// <summary>
    /// How names begin that <see cref="TryWrite"/> uses until the file is whole; one that is old was left by a process that died.
    /// </summary>
    public const string TemporaryPrefix = ".tmp-";

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private static bool TryMake(string path, byte* name, bool createParent)
    {
        const uint OwnerOnly = 0x1c0; // 0700
        if (MakeDirectory(name, OwnerOnly) == 0 || Native.LastErrno == Errno.EEXIST)
            return true;
        Span<byte> text = stackalloc byte[PathMax];
        if (!createParent || Native.LastErrno != Errno.ENOENT || !TryTerminate(path[..Math.Max(path.LastIndexOf('/'), 1)], text))
            return false;
        fixed (byte* parent = text)
            return MakeDirectory(parent, OwnerOnly) == 0 && MakeDirectory(name, OwnerOnly) == 0;
    }

    private static string? Distrust(in StatxResult facts)
    {
        if (facts.User != GetEffectiveUser())
            return $"it belongs to user {facts.User}";
        return facts.IsWritableByOthers ? $"others may write to it (mode {Convert.ToString(facts.Mode & 0xfff, 8)})" : null;
    }

    private static bool TryStat(int fd, out StatxResult facts)
    {
        facts = default;
        fixed (byte* empty = "\0"u8)
        fixed (StatxResult* result = &facts)
            return StatxResult.Statx(fd, empty, StatxResult.EmptyPath, StatxResult.BasicStats, result) == 0;
    }

    private static string? WriteAll(int fd, ReadOnlySpan<byte> content)
    {
        while (content.Length > 0)
        {
            nint count;
            fixed (byte* at = content)
                count = Write(fd, at, content.Length);
            if (count <= 0)
                return $"cannot write ({Native.LastErrno})";
            content = content[(int)count..];
        }
        return null;
    }

    private static bool TryTerminate(string name, Span<byte> text)
    {
        if (name.Contains('\0') || !Encoding.UTF8.TryGetBytes(name, text[..^1], out int length))
            return false;
        text[length] = 0;
        return true;
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true)]
    private static partial int OpenAt(int directory, byte* path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "mkdir", SetLastError = true)]
    private static partial int MakeDirectory(byte* path, uint mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(int fd, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(int fd, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    private static partial int RenameAt(int fromDirectory, byte* from, int toDirectory, byte* to);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true)]
    private static partial int UnlinkAt(int directory, byte* path, int flags);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    private static partial nint GetDents(int fd, byte* buffer, nint count);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUser();
}
