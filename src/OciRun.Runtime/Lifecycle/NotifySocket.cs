using System.Text;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// NOTIFY_SOCKET (C55, sd_notify(3)): the container gets a socket of ours, in a directory of its own, and start passes on what matters. The host's socket itself is
/// never mounted: it would let the container speak for the whole service.
/// </summary>
internal sealed class NotifySocket : IDisposable
{
    private const string Name = "notify.sock";
    private readonly SafeFd? _socket;

    private NotifySocket(string hostPath, SafeFd? socket)
    {
        HostPath = hostPath;
        _socket = socket;
    }

    /// <summary>The caller waits for a notification (NOTIFY_SOCKET is set).</summary>
    internal static bool IsWanted => !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NOTIFY_SOCKET"));

    /// <summary>The caller's socket.</summary>
    internal string HostPath { get; }

    /// <summary>At create: the directory that is bound into the container. Null when the caller has no notify socket.</summary>
    internal static NotifySocket? Prepare(ContainerDirectory directory)
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 0 } path)
        {
            return null;
        }

        Errno errno = Files.TryMakeDirectory(directory.Fd, ContainerDirectory.NotifyDirectory, 0x1ED);
        return errno is Errno.None or Errno.EEXIST ? new NotifySocket(path, null) : throw new LinuxException("mkdirat", ContainerDirectory.NotifyDirectory, errno);
    }

    /// <summary>At start: our socket, before the program can want it.</summary>
    internal static NotifySocket? Bind(ContainerDirectory directory, StateFile state)
    {
        string? path = Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is { Length: > 0 } given ? given : state.NotifySocket;
        if (path is null || state.NotifySocket is null)
        {
            return null;
        }

        using SafeFd inside = Files.Open(directory.Fd, ContainerDirectory.NotifyDirectory, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
        _ = Files.TryRemove(inside, Name);
        return new NotifySocket(path, Sockets.BindIn(inside, Name, UnixSocketType.Datagram, everyone: true));
    }

    /// <summary>Waits for READY=1 and passes it on with our MAINPID, then makes sure that it was read (BARRIER=1); or for the end of the container.</summary>
    internal void Forward(StateFile state)
    {
        using SafeFd? init = ContainerStatus.OpenInit(state);
        if (init is null || _socket is null)
        {
            return;
        }

        byte[] buffer = new byte[4096];
        while (Processes.WaitReadable([_socket, init], -1) == 0)
        {
            ReceivedMessage message = Sockets.Receive(_socket, buffer);
            message.Descriptor?.Dispose();
            foreach (string line in Encoding.UTF8.GetString(buffer, 0, message.Length).Split('\n'))
            {
                if (line == "READY=1")
                {
                    SendReady(state.Pid);
                    return;
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket?.Dispose();

    private void SendReady(int pid)
    {
        using SafeFd host = Sockets.Connect(HostPath, UnixSocketType.Datagram);
        _ = Sockets.TrySend(host, Encoding.ASCII.GetBytes($"READY=1\nMAINPID={pid}"));
        (SafeFd read, SafeFd write) = Files.Pipe();
        using (read)
        {
            using (write)
            {
                _ = Sockets.TrySend(host, "BARRIER=1"u8, write);
            }

            // The manager closes its end when it has worked through what came before; 30 s as sd_notify_barrier(3) users take it.
            _ = Processes.WaitReadable([read], 30_000);
        }
    }
}
