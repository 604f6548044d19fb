using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>The native part that is linked into this executable: src/native/ocirun_native.h.</summary>
public static unsafe class InitStage
{
    /// <summary>The stage's executable image; lives as long as the process.</summary>
    public static ReadOnlySpan<byte> Image
    {
        get
        {
            ulong size;
            byte* image = Native.StageImage(&size);
            return new ReadOnlySpan<byte>(image, (int)size);
        }
    }

    /// <summary>How many descriptors from 3 up were open when we were started, in a row.</summary>
    public static int InheritedDescriptors => Native.InheritedDescriptors();

    /// <summary>
    /// Keeps the caller's descriptors from the stage, which would hold them for as long as it waits: close_range(2) with CLOSE_RANGE_CLOEXEC (5.11).
    /// </summary>
    /// <param name="first">The first that it does not get; our own are close-on-exec anyway.</param>
    /// <exception cref="LinuxException">As close_range(2).</exception>
    public static void WithholdDescriptors(int first)
    {
        const int CloseRange = 436, CloseOnExec = 4; // the same number on every architecture
        if (Native.Syscall(CloseRange, first, uint.MaxValue, CloseOnExec) < 0)
        {
            throw new LinuxException("close_range", string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{first}, CLOSE_RANGE_CLOEXEC"), Native.LastErrno);
        }
    }

    /// <summary>Gives this thread the signal mask that the caller gave us; until then those that a foreground run forwards are blocked.</summary>
    public static void RestoreSignalMask() => Native.RestoreSignalMask();

    /// <summary>
    /// Starts the stage (clone3 with CLONE_VM|CLONE_VFORK, execveat of the memfd). On the main thread only: PR_SET_PDEATHSIG fires when the
    /// spawning thread ends.
    /// </summary>
    /// <param name="executable">The sealed memfd.</param>
    /// <param name="arguments">argv; its environment is empty.</param>
    /// <param name="namespaces">New namespaces, never NewUser: after execveat all capabilities would be gone.</param>
    /// <param name="cgroup">A cgroup v2 directory to be born in, or null.</param>
    /// <param name="network">A network namespace that it enters, or null.</param>
    /// <param name="keep">Descriptors that it inherits.</param>
    /// <exception cref="LinuxException">As clone3(2), setns(2) or execveat(2): then nothing is left of the child.</exception>
    public static SpawnedProcess Spawn(SafeFd executable, string[] arguments, CloneFlags namespaces, SafeFd? cgroup, SafeFd? network, ReadOnlySpan<int> keep)
    {
        byte** argv = (byte**)NativeMemory.AllocZeroed((nuint)(arguments.Length + 1), (nuint)sizeof(byte*));
        try
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                byte[] text = CString.Of(arguments[i]);
                argv[i] = (byte*)NativeMemory.Alloc((nuint)text.Length);
                text.CopyTo(new Span<byte>(argv[i], text.Length));
            }

            fixed (int* k = keep)
            {
                var request = new Native.SpawnRequest
                {
                    Executable = executable.Number,
                    PidFd = -1,
                    CloneFlags = (ulong)namespaces,
                    Cgroup = cgroup?.Number ?? -1,
                    KeepCount = keep.Length,
                    Keep = k,
                    Arguments = argv,
                    Network = network?.Number ?? -1,
                };
                int pid = Native.Spawn(&request);
                return pid > 0
                    ? new SpawnedProcess(pid, new SafeFd(request.PidFd))
                    : throw new LinuxException(Marshal.PtrToStringUTF8((nint)request.Call)!, namespaces.ToString(), (Errno)(-pid));
            }
        }
        finally
        {
            for (int i = 0; i < arguments.Length; i++)
            {
                NativeMemory.Free(argv[i]);
            }

            NativeMemory.Free(argv);
        }
    }

    /// <summary>
    /// Waits for a container's init in the foreground: forwards signals to it, relays the terminal, reaps other children. The
    /// wait status, or null when the time is over first.
    /// </summary>
    /// <param name="pid">Init.</param>
    /// <param name="pidfd">Init.</param>
    /// <param name="timeoutMilliseconds">-1: for ever.</param>
    /// <param name="master">The pty's master to relay, or null.</param>
    /// <exception cref="LinuxException">As waitid(2).</exception>
    public static int? WaitForeground(int pid, SafeFd pidfd, int timeoutMilliseconds, SafeFd? master)
    {
        int status;
        int result = Native.Wait(pid, pidfd.Number, timeoutMilliseconds, master is null ? -1 : 0, master?.Number ?? -1, &status);
        return result switch
        {
            1 => status,
            0 => null,
            _ => throw new LinuxException("waitid", "init", (Errno)(-result)),
        };
    }
}
