using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>Processes: pidfd_open(2), kill(2), wait4(2), prlimit(2), and what proc(5) says of one.</summary>
public static unsafe partial class Processes
{
    private const int BoundingSetRead = 23; // PR_CAPBSET_READ
    private const int WaitAllChildren = 0x40000000; // __WALL: children made by clone with another exit signal than SIGCHLD

    /// <summary>Our pid.</summary>
    public static int OwnPid => LibC.getpid();

    /// <summary>Effective user id.</summary>
    public static uint EffectiveUid => (uint)LibC.geteuid();

    /// <summary>Effective group id.</summary>
    public static uint EffectiveGid => (uint)LibC.getegid();

    /// <summary>pidfd_open(2); null and the reason on failure.</summary>
    public static SafeFd? TryOpenPidFd(int pid, out Errno errno)
    {
        long fd = Native.Syscall(Native.SysPidfdOpen, pid);
        errno = fd < 0 ? Native.LastErrno : Errno.None;
        return fd < 0 ? null : new SafeFd((int)fd);
    }

    /// <summary>pidfd_send_signal(2).</summary>
    public static Errno TrySignal(SafeFd pidfd, int signal) =>
        Native.Syscall(Native.SysPidfdSendSignal, pidfd.Number, signal) == 0 ? Errno.None : Native.LastErrno;

    /// <summary>kill(2) of one process. Never -1, never a group.</summary>
    public static Errno TryKill(int pid, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 1);
        return LibC.kill(pid, signal) == 0 ? Errno.None : (Errno)LibC.errno;
    }

    /// <summary>tgkill(2): a signal to one thread of a process.</summary>
    public static Errno TryKillThread(int pid, int thread, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(pid, 1);
        return KillThread(pid, thread, signal) == 0 ? Errno.None : Native.LastErrno;
    }

    /// <summary>Sends a signal to a process group that a child of ours leads.</summary>
    public static Errno TryKillGroup(int leader, int signal)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(leader, 2);
        return LibC.kill(-leader, signal) == 0 ? Errno.None : (Errno)LibC.errno;
    }

    /// <summary>Waits for the end of a child and returns its wait status; null when it is not (or no more) our child.</summary>
    public static int? Wait(int pid)
    {
        int status;
        while (Native.Wait4(pid, &status, WaitAllChildren, null) < 0)
        {
            if (Native.LastErrno != Errno.EINTR)
            {
                return null;
            }
        }

        return status;
    }

    /// <summary>Waits until a descriptor takes data (POLLOUT), or never will (POLLHUP, POLLERR); false when the time is over.</summary>
    /// <exception cref="LinuxException">As poll(2).</exception>
    public static bool WaitWritable(SafeFd descriptor, int timeoutMilliseconds)
    {
        pollfd one = new() { fd = descriptor.Number, events = 4 };
        int count;
        while ((count = LibC.poll(&one, (ulong_t)1ul, timeoutMilliseconds)) < 0)
        {
            if ((Errno)LibC.errno is var errno && errno != Errno.EINTR)
            {
                throw new LinuxException("poll", "", errno);
            }
        }

        return count > 0;
    }

    /// <summary>Waits until a descriptor of the set is readable (POLLIN or POLLHUP); returns its index, or -1 when the time is over.</summary>
    /// <param name="descriptors">At most 8.</param>
    /// <param name="timeoutMilliseconds">-1: for ever.</param>
    /// <exception cref="LinuxException">As poll(2).</exception>
    public static int WaitReadable(ReadOnlySpan<SafeFd> descriptors, int timeoutMilliseconds)
    {
        pollfd* set = stackalloc pollfd[8];
        for (int i = 0; i < descriptors.Length; i++)
        {
            set[i].fd = descriptors[i].Number;
            set[i].events = 1;
        }

        while (true)
        {
            int count = LibC.poll(set, (ulong_t)(ulong)descriptors.Length, timeoutMilliseconds);
            if (count == 0)
            {
                return -1;
            }

            if (count < 0 && (Errno)LibC.errno is var errno && errno != Errno.EINTR)
            {
                throw new LinuxException("poll", "", errno);
            }

            for (int i = 0; count > 0 && i < descriptors.Length; i++)
            {
                if (set[i].revents != 0)
                {
                    return i;
                }
            }
        }
    }

    /// <summary>State letter and start time (clock ticks since boot) of a process, from /proc/PID/stat; null when there is none.</summary>
    public static ProcessStat? TryStat(int pid)
    {
        using SafeFd? fd = Files.TryOpen(SafeFd.CurrentDirectory, "/proc/" + pid.ToString(CultureInfo.InvariantCulture) + "/stat", OpenFlags.ReadOnly, out _);
        if (fd is null)
        {
            return null;
        }

        Span<byte> buffer = stackalloc byte[1024];
        int length;
        fixed (byte* p = buffer)
        {
            length = (int)LibC.read(fd.Number, p, (size_t)(ulong)buffer.Length); // ESRCH when it has just gone
        }

        return length <= 0 ? null : ProcessStat.Parse(buffer[..length]);
    }

    /// <summary>Sets a limit of another process, prlimit(2).</summary>
    public static Errno TrySetLimit(int pid, int resource, ulong soft, ulong hard)
    {
        ulong* limit = stackalloc ulong[2] { soft, hard };
        return Native.Prlimit(pid, resource, limit, null) == 0 ? Errno.None : Native.LastErrno;
    }

    /// <summary>sched_setaffinity(2) of another process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="mask">Bit n of the words for processor n; those beyond the machine's do not matter.</param>
    public static Errno TrySetAffinity(int pid, ReadOnlySpan<ulong> mask)
    {
        fixed (ulong* p = mask)
        {
            return Native.SchedSetaffinity(pid, (nint)mask.Length * sizeof(ulong), p) == 0 ? Errno.None : Native.LastErrno;
        }
    }

    /// <summary>sched_setattr(2) of another process.</summary>
    /// <param name="pid">The process.</param>
    /// <param name="attributes">struct sched_attr.</param>
    public static Errno TrySetScheduler(int pid, ReadOnlySpan<byte> attributes)
    {
        fixed (byte* p = attributes)
        {
            return Native.Syscall(Native.SysSchedSetattr, pid, (long)p) == 0 ? Errno.None : Native.LastErrno;
        }
    }

    /// <summary>ioprio_set(2) of a process group.</summary>
    public static Errno TrySetIoPriority(int group, uint priority) =>
        Native.Syscall(Native.SysIoprioSet, 2 /* IOPRIO_WHO_PGRP */, group, priority) == 0 ? Errno.None : Native.LastErrno;

    /// <summary>Our own limit: soft and hard, getrlimit(2).</summary>
    public static (ulong Soft, ulong Hard) GetLimit(int resource)
    {
        ulong* limit = stackalloc ulong[2];
        return Native.Prlimit(0, resource, null, limit) == 0 ? (limit[0], limit[1]) : (0, 0);
    }

    /// <summary>Our effective capabilities, a bit each, capget(2).</summary>
    public static ulong EffectiveCapabilities
    {
        get
        {
            uint* header = stackalloc uint[2] { 0x20080522, 0 }; // _LINUX_CAPABILITY_VERSION_3
            uint* data = stackalloc uint[6];
            return Native.Capget(header, data) == 0 ? data[0] | ((ulong)data[3] << 32) : 0;
        }
    }

    /// <summary>The highest capability of this kernel: above it PR_CAPBSET_READ (prctl(2)) is EINVAL.</summary>
    public static uint LastCapability
    {
        get
        {
            int last = 40; // CAP_CHECKPOINT_RESTORE, Linux 5.9
            while (last > 0 && Native.Prctl(BoundingSetRead, last) < 0)
            {
                last--;
            }

            while (Native.Prctl(BoundingSetRead, last + 1) >= 0)
            {
                last++;
            }

            return (uint)last;
        }
    }

    /// <summary>
    /// Our uid_map is the identity over all ids. Rootless engines run us as uid 0 of a user namespace of theirs: such a user is an ordinary one.
    /// </summary>
    public static bool InInitialUserNamespace { get; } = Files.ReadAll("/proc/self/uid_map").AsSpan().Trim((byte)'\n') is var map
        && map.StartsWith("         0          0 4294967295"u8);

    /// <summary>Our effective user as the user namespace around ours sees it; itself where there is none.</summary>
    public static uint HostUid
    {
        get
        {
            foreach (string line in Encoding.ASCII.GetString(Files.ReadAll("/proc/self/uid_map")).Split('\n'))
            {
                // first id inside, first id outside, how many
                if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [string inside, string outside, string count]
                    && EffectiveUid - uint.Parse(inside, CultureInfo.InvariantCulture) is var offset && offset < uint.Parse(count, CultureInfo.InvariantCulture))
                {
                    return uint.Parse(outside, CultureInfo.InvariantCulture) + offset;
                }
            }

            return EffectiveUid;
        }
    }

    /// <summary>Orphaned descendants become our children (PR_SET_CHILD_SUBREAPER).</summary>
    public static void BecomeSubreaper() => _ = Native.Prctl(36, 1);

    [LibraryImport("libc", EntryPoint = "tgkill", SetLastError = true)]
    private static partial int KillThread(int pid, int thread, int signal);
}
