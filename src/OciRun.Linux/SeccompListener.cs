using System.Runtime.InteropServices;
using Tmds.Linux;

namespace OciRun.Linux;

/// <summary>The descriptor that a filter's notifications come from, seccomp_unotify(2). Disposing closes it: calls that wait, and later ones, get ENOSYS.</summary>
/// <param name="descriptor">The listener; it is ours then.</param>
public sealed unsafe partial class SeccompListener(SafeFd descriptor) : IDisposable
{
    // _IOWR('!', 0, struct seccomp_notif), _IOWR('!', 1, struct seccomp_notif_resp), _IOW('!', 2, __u64)
    private const ulong Receive = 0xc0502100, Send = 0xc0182101, IsIdValid = 0x40082102;

    /// <summary>What <see cref="Wait"/> has seen.</summary>
    public enum Event
    {
        /// <summary>A call waits for an answer.</summary>
        Call,

        /// <summary>The other descriptor is readable, and no call waits.</summary>
        Other,

        /// <summary>Nobody is left whom the filter binds.</summary>
        End,
    }

    /// <summary>Waits for a call, for the last process of the filter to end, or for another descriptor.</summary>
    /// <exception cref="LinuxException">As poll(2).</exception>
    public Event Wait(SafeFd other)
    {
        const short In = 1;
        pollfd* set = stackalloc pollfd[2];
        while (true)
        {
            set[0] = new pollfd { fd = descriptor.Number, events = In };
            set[1] = new pollfd { fd = other.Number, events = In };
            if (LibC.poll(set, (ulong_t)2UL, -1) < 0)
            {
                if ((Errno)LibC.errno is var errno && errno != Errno.EINTR)
                {
                    throw new LinuxException("poll", "", errno);
                }
            }
            else if ((set[0].revents & In) != 0)
            {
                return Event.Call;
            }
            else
            {
                return set[0].revents != 0 ? Event.End : Event.Other;
            }
        }
    }

    /// <summary>Takes a call; false when its process has gone in the meantime.</summary>
    /// <exception cref="LinuxException">As ioctl(2).</exception>
    public bool TryReceive(out SeccompNotification notification)
    {
        notification = default;
        fixed (SeccompNotification* p = &notification)
        {
            return Succeeds(Receive, p, "SECCOMP_IOCTL_NOTIF_RECV");
        }
    }

    /// <summary>The call still waits: what was read of its process by number is true.</summary>
    /// <exception cref="LinuxException">As ioctl(2).</exception>
    public bool IsWaiting(ulong id) => Succeeds(IsIdValid, &id, "SECCOMP_IOCTL_NOTIF_ID_VALID");

    /// <summary>Answers a call: it returns the errno, or 0 for none. False when it does not wait any more.</summary>
    /// <exception cref="LinuxException">As ioctl(2).</exception>
    public bool TryAnswer(ulong id, Errno errno)
    {
        var answer = new Answer { Id = id, Error = -(int)errno };
        return Succeeds(Send, &answer, "SECCOMP_IOCTL_NOTIF_SEND");
    }

    /// <inheritdoc/>
    public void Dispose() => descriptor.Dispose();

    private bool Succeeds(ulong request, void* argument, string name)
    {
        while (Control(descriptor.Number, request, argument) != 0)
        {
            switch (Native.LastErrno)
            {
                case Errno.EINTR:
                    continue;
                case Errno.ENOENT:
                    return false;
                default:
                    throw new LinuxException("ioctl", "listener, " + name, Native.LastErrno);
            }
        }

        return true;
    }

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(int fd, ulong request, void* argument);

    /// <summary>struct seccomp_notif_resp.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Answer
    {
        public ulong Id;
        public long Value;
        public int Error;
        public uint Flags;
    }
}
