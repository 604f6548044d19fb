using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace OciRun.Linux;

/// <summary>
/// The raw calls that Tmds.LibC lacks. Each returns -1 and leaves errno where <see cref="LastErrno"/> finds it. Those without a glibc wrapper
/// in Debian 12 go through syscall(2); their numbers are the same on every architecture since 5.0.
/// </summary>
internal static unsafe partial class Native
{
    internal const int AtFdCwd = -100;
    internal const long SysPidfdSendSignal = 424, SysPidfdOpen = 434;

    // Older than that: asm-generic (arm64, riscv64) and x86-64 differ.
    internal static readonly long SysSchedSetattr = IsX64 ? 314 : 274, SysIoprioSet = IsX64 ? 251 : 30;

    private static bool IsX64 => RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>What the last call of this thread left in errno.</summary>
    internal static Errno LastErrno => (Errno)Marshal.GetLastPInvokeError();

    [LibraryImport("libc", EntryPoint = "close")]
    internal static partial int Close(int fd);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial long Syscall(long number, long a1 = 0, long a2 = 0, long a3 = 0, long a4 = 0, long a5 = 0, long a6 = 0);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(int fd, int operation);

    [LibraryImport("libc", EntryPoint = "renameat", SetLastError = true)]
    internal static partial int Renameat(int fromDirectory, byte* from, int toDirectory, byte* to);

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true)]
    internal static partial int Statx(int directory, byte* path, int flags, uint mask, byte* buffer);

    [LibraryImport("libc", EntryPoint = "fstatfs", SetLastError = true)]
    internal static partial int Fstatfs(int fd, byte* buffer);

    [LibraryImport("libc", EntryPoint = "getdents64", SetLastError = true)]
    internal static partial int Getdents64(int fd, byte* buffer, nint size);

    [LibraryImport("libc", EntryPoint = "wait4", SetLastError = true)]
    internal static partial int Wait4(int pid, int* status, int options, void* usage);

    [LibraryImport("libc", EntryPoint = "prlimit", SetLastError = true)]
    internal static partial int Prlimit(int pid, int resource, ulong* newLimit, ulong* oldLimit);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity", SetLastError = true)]
    internal static partial int SchedSetaffinity(int pid, nint size, ulong* mask);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    internal static partial int Prctl(int option, nint a2 = 0, nint a3 = 0, nint a4 = 0, nint a5 = 0);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    internal static partial int MemfdCreate(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "execveat", SetLastError = true)]
    internal static partial int Execveat(int directory, byte* path, byte** argv, byte** envp, int flags);

    [LibraryImport("libc", EntryPoint = "capget", SetLastError = true)]
    internal static partial int Capget(uint* header, uint* data);

    [LibraryImport("libc", EntryPoint = "getgroups", SetLastError = true)]
    internal static partial int Getgroups(int size, uint* list);

    // libocirun_native: src/native/ocirun_native.h
    [LibraryImport("libocirun_native", EntryPoint = "ocirun_spawn")]
    internal static partial int Spawn(SpawnRequest* request);

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_network_begin")]
    internal static partial int NetworkBegin(void** begun);

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_network_take")]
    internal static partial int NetworkTake(void* begun, byte** call);

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_stage_image")]
    internal static partial byte* StageImage(ulong* size);

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_initial_signal_mask")]
    internal static partial ulong InitialSignalMask();

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_inherited_descriptors")]
    internal static partial int InheritedDescriptors();

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_restore_signal_mask")]
    internal static partial void RestoreSignalMask();

    [LibraryImport("libocirun_native", EntryPoint = "ocirun_wait")]
    internal static partial int Wait(int pid, int pidfd, int timeoutMilliseconds, int tty, int master, int* status);

    /// <summary>struct ocirun_spawn.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct SpawnRequest
    {
        internal int Executable;
        internal int PidFd;
        internal ulong CloneFlags;
        internal int Cgroup;
        internal int KeepCount;
        internal int* Keep;
        internal byte** Arguments;
        internal int Network;
        internal byte* Call;
    }
}
