using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Linux;

/// <summary>
/// Files and directories of cgroup hierarchies, always relative to a directory descriptor and with plain read(2) and write(2): these files have one value per
/// write, no offsets, and errors that only the write itself returns. Nothing here throws for an errno, since callers expect many of them (a missing controller
/// file, a busy directory).
/// </summary>
public static unsafe partial class CgroupFiles
{
    private const int WriteOnly = 0x1;
    private const int CloseOnExec = 0x80000;
    private const int DirectoryFlag = 0x10000; // O_DIRECTORY of asm-generic (x86-64, riscv64); arm64 has its own
    private const int DirectoryFlagArm64 = 0x4000;
    private const int RemoveDirectory = 0x200;
    private const int Interrupted = (int)Errno.EINTR;

    private static readonly int s_directory = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? DirectoryFlagArm64 : DirectoryFlag;

    /// <summary>Opens a directory for reading, openat(2). The descriptor serves all other calls here, CLONE_INTO_CGROUP and bpf(2).</summary>
    public static Errno TryOpenDirectory(SafeFd at, string path, out SafeFd directory)
    {
        int fd;
        do
        {
            fd = OpenAt(at.Number, path, CloseOnExec | s_directory, 0);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        directory = new SafeFd(fd);
        return fd < 0 ? Native.LastErrno : Errno.None;
    }

    /// <summary>Makes a directory of mode 0755, mkdirat(2).</summary>
    public static Errno TryMakeDirectory(SafeFd at, string path) => MakeDirectoryAt(at.Number, path, 0x1ed) < 0 ? Native.LastErrno : Errno.None;

    /// <summary>Removes a directory, unlinkat(2) with AT_REMOVEDIR.</summary>
    public static Errno TryRemoveDirectory(SafeFd at, string path) => UnlinkAt(at.Number, path, RemoveDirectory) < 0 ? Native.LastErrno : Errno.None;

    /// <summary>Something by that name exists and we may see it, faccessat(2).</summary>
    public static bool Exists(SafeFd at, string path) => AccessAt(at.Number, path, 0, 0) == 0;

    /// <summary>Gives a file to a user, fchownat(2); the group stays.</summary>
    public static Errno TryChangeOwner(SafeFd at, string path, uint uid) =>
        ChangeOwnerAt(at.Number, path, uid, uint.MaxValue, 0) < 0 ? Native.LastErrno : Errno.None;

    /// <summary>Magic number of the filesystem at a path, statfs(2); 0 with the error when there is none.</summary>
    public static Errno TryFileSystemType(string path, out long type)
    {
        // struct statfs begins with a word f_type on all 64-bit architectures and has 120 bytes.
        var buffer = stackalloc long[32];
        var failed = StatFs(path, buffer) < 0;
        type = failed ? 0 : buffer[0];
        return failed ? Native.LastErrno : Errno.None;
    }

    /// <summary>Reads a whole file as UTF-8 text.</summary>
    public static Errno TryRead(SafeFd at, string path, out string text)
    {
        text = "";
        using var file = OpenFile(at, path, 0, out var errno);
        if (errno != Errno.None)
        {
            return errno;
        }
        errno = Files.TryReadAll(file, int.MaxValue, out byte[] contents);
        text = errno == Errno.None ? Encoding.UTF8.GetString(contents) : "";
        return errno;
    }

    /// <summary>Writes a value in one write(2). The file is neither made nor truncated.</summary>
    public static Errno TryWrite(SafeFd at, string path, string value)
    {
        using var file = TryOpenForWrite(at, path, out var errno);
        return errno == Errno.None ? TryWrite(file, value) : errno;
    }

    /// <summary>Opens a file for more than one write.</summary>
    public static SafeFd TryOpenForWrite(SafeFd at, string path, out Errno errno) => OpenFile(at, path, WriteOnly, out errno);

    /// <summary>Writes a value in one write(2) to an open file.</summary>
    public static Errno TryWrite(SafeFd file, string value)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        while (true)
        {
            long count;
            fixed (byte* start = bytes)
            {
                count = Write(file.Number, start, (nuint)bytes.Length);
            }
            if (count >= 0)
            {
                return count == bytes.Length ? Errno.None : Errno.EIO;
            }
            if (Native.LastErrno != Errno.EINTR)
            {
                return Native.LastErrno;
            }
        }
    }

    /// <summary>Names of the directories in a directory, getdents64(2), in the order of the kernel. The descriptor's position starts over each time.</summary>
    public static Errno TryListDirectories(SafeFd at, List<string> names)
    {
        var errno = TryOpenDirectory(at, ".", out var directory);
        using var owned = directory;
        if (errno != Errno.None)
        {
            return errno;
        }
        var buffer = stackalloc byte[8192];
        while (true)
        {
            var count = GetDirectoryEntries(directory.Number, buffer, 8192);
            if (count <= 0)
            {
                return count == 0 ? Errno.None : Native.LastErrno;
            }
            for (var offset = 0; offset < count;)
            {
                // struct linux_dirent64: ino, off, reclen at 16, type at 18, name at 19.
                var entry = buffer + offset;
                offset += *(ushort*)(entry + 16);
                if (entry[18] == 4 && !(entry[19] == '.' && (entry[20] == 0 || (entry[20] == '.' && entry[21] == 0))))
                {
                    names.Add(Marshal.PtrToStringUTF8((nint)(entry + 19))!);
                }
            }
        }
    }

    /// <summary>A descriptor that becomes readable when the kernel says something new in a file of cgroup v2, inotify(7). Null when the file is not there, or there are no watches left.</summary>
    public static SafeFd? TryWatch(SafeFd directory, string file)
    {
        const int NonBlock = 0x800, Modified = 2;
        var watch = new SafeFd(NotifyInit(CloseOnExec | NonBlock));
        if (!watch.IsInvalid && NotifyAddWatch(watch.Number, directory.ProcPath + "/" + file, Modified) >= 0)
        {
            return watch;
        }
        watch.Dispose();
        return null;
    }

    /// <summary>A descriptor that becomes readable when the OOM killer comes to a cgroup of v1, eventfd(2) (cgroup-v1/memory.rst, 10). Null when it cannot be had.</summary>
    public static SafeFd? TryWatchOomControl(SafeFd memory)
    {
        const int NonBlock = 0x800;
        using var control = OpenFile(memory, "memory.oom_control", 0, out var errno);
        if (errno != Errno.None)
        {
            return null;
        }
        var counter = new SafeFd(EventFd(0, CloseOnExec | NonBlock));
        if (!counter.IsInvalid && TryWrite(memory, "cgroup.event_control", string.Create(CultureInfo.InvariantCulture, $"{counter.Number} {control.Number}")) == Errno.None)
        {
            return counter;
        }
        counter.Dispose();
        return null;
    }

    /// <summary>Sends SIGKILL, kill(2). Only to be used with pids read from a cgroup of ours.</summary>
    public static Errno TryKill(int pid) => Kill(pid, 9) < 0 ? Native.LastErrno : Errno.None;

    /// <summary>Name and state letter of a process (proc_pid_stat(5)), such as <c>sleep</c> and <c>D</c>.</summary>
    public static Errno TryProcessState(int pid, out string name, out char state)
    {
        name = "";
        state = '?';
        var errno = TryRead(SafeFd.CurrentDirectory, string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/stat"), out var text);
        // The name may itself hold parentheses and spaces: the last one ends it.
        var open = text.IndexOf('(', StringComparison.Ordinal);
        var close = text.LastIndexOf(')');
        if (errno == Errno.None && open >= 0 && close > open && close + 2 < text.Length)
        {
            name = text[(open + 1)..close];
            state = text[close + 2];
        }
        return errno;
    }

    private static SafeFd OpenFile(SafeFd at, string path, int flags, out Errno errno)
    {
        int fd;
        do
        {
            fd = OpenAt(at.Number, path, flags | CloseOnExec, 0);
        }
        while (fd < 0 && Marshal.GetLastPInvokeError() == Interrupted);
        errno = fd < 0 ? Native.LastErrno : Errno.None;
        return new SafeFd(fd);
    }

    [LibraryImport("libc", EntryPoint = "openat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenAt(int at, string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "mkdirat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int MakeDirectoryAt(int at, string path, uint mode);

    [LibraryImport("libc", EntryPoint = "unlinkat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int UnlinkAt(int at, string path, int flags);

    [LibraryImport("libc", EntryPoint = "faccessat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int AccessAt(int at, string path, int mode, int flags);

    [LibraryImport("libc", EntryPoint = "fchownat", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwnerAt(int at, string path, uint uid, uint gid, int flags);

    [LibraryImport("libc", EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatFs(string path, long* buffer);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial long Write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    private static partial long GetDirectoryEntries(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "inotify_init1", SetLastError = true)]
    private static partial int NotifyInit(int flags);

    [LibraryImport("libc", EntryPoint = "inotify_add_watch", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int NotifyAddWatch(int fd, string path, uint mask);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    private static partial int EventFd(uint initial, int flags);
}
