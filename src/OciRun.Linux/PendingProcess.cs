using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// A child that makes its namespaces while we find out what it shall do, on another processor where there is one: a network namespace alone takes the kernel longer
/// than us a plan. Until <see cref="Execute"/> it runs in our memory; disposed before, or if we die, it ends.
/// </summary>
public sealed unsafe class PendingProcess : IDisposable
{
    private void* _child;

    private PendingProcess(void* child, int pid, CloneFlags namespaces)
    {
        _child = child;
        Pid = pid;
        Namespaces = namespaces;
    }

    /// <summary>As we see it.</summary>
    public int Pid { get; }

    private CloneFlags Namespaces { get; }

    /// <summary>Starts it. On the main thread only: PR_SET_PDEATHSIG fires when the spawning thread ends.</summary>
    /// <param name="namespaces">New namespaces, never NewUser: after execveat all capabilities would be gone.</param>
    /// <param name="cgroup">A cgroup v2 directory to be born in (CLONE_INTO_CGROUP, Linux 5.7), or null.</param>
    /// <exception cref="LinuxException">As clone3(2).</exception>
    public static PendingProcess Begin(CloneFlags namespaces = CloneFlags.None, SafeFd? cgroup = null)
    {
        void* child;
        int pid = Native.SpawnBegin((ulong)namespaces, cgroup?.Number ?? -1, &child);
        return pid > 0 ? new PendingProcess(child, pid, namespaces) : throw new LinuxException("clone3", namespaces.ToString(), (Errno)(-pid));
    }

    /// <summary>Has it execute a program, and waits for that. Once only.</summary>
    /// <param name="executable">The sealed memfd.</param>
    /// <param name="arguments">argv; its environment is empty.</param>
    /// <param name="keep">Descriptors that it inherits.</param>
    /// <exception cref="LinuxException">As unshare(2) or execveat(2): then nothing is left of the child.</exception>
    public SpawnedProcess Execute(SafeFd executable, string[] arguments, ReadOnlySpan<int> keep)
    {
        ObjectDisposedException.ThrowIf(_child is null, this);
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
                var request = new Native.SpawnRequest { Executable = executable.Number, KeepCount = keep.Length, Keep = k, Arguments = argv };
                byte* call;
                int pidfd = Native.SpawnExecute(_child, &request, &call);
                _child = null;
                return pidfd >= 0
                    ? new SpawnedProcess(Pid, new SafeFd(pidfd))
                    : throw new LinuxException(Marshal.PtrToStringUTF8((nint)call)!, Namespaces.ToString(), (Errno)(-pidfd));
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

    /// <summary>Ends and reaps it, where it has not become a program.</summary>
    public void Dispose()
    {
        if (_child is not null)
        {
            Native.SpawnCancel(_child);
            _child = null;
        }
    }
}
