using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>Where the master of the container's terminal goes: to --console-socket, or, in a foreground run, to us.</summary>
internal sealed class TerminalReceiver : IDisposable
{
    private readonly string? _socketPath;
    private readonly bool _detached;

    /// <param name="socketPath">--console-socket, or null.</param>
    /// <param name="detached">We do not stay with the program.</param>
    internal TerminalReceiver(string? socketPath, bool detached)
    {
        _socketPath = socketPath;
        _detached = detached;
    }

    /// <summary>The master, when it stays with us.</summary>
    internal SafeFd? Master { get; private set; }

    /// <summary>The texts are runc's (C50, C65).</summary>
    internal void Check(bool terminal)
    {
        if (terminal && _detached && _socketPath is null)
        {
            throw new ContainerException(ErrorCode.Console, "cannot allocate tty if ocirun will detach without setting console socket (--console-socket)") { Place = "/process/terminal" };
        }

        if (_socketPath is not null && !(terminal && _detached))
        {
            throw new ContainerException(ErrorCode.Console, "cannot use console socket if ocirun will not detach or allocate tty") { Place = "/process/terminal" };
        }
    }

    /// <summary>Takes the master of the pty that the stage has made; <paramref name="name"/> is its path in the container.</summary>
    internal void Receive(SafeFd master, string name)
    {
        if (_socketPath is null)
        {
            Master = master;
            return;
        }

        using (master)
        {
            try
            {
                using SafeFd socket = Sockets.Connect(_socketPath, UnixSocketType.Stream);
                // conmon reads the bytes beside the descriptor as the name: at least one.
                Errno errno = Sockets.TrySend(socket, Encoding.UTF8.GetBytes(name.Length > 0 ? name : "/dev/ptmx"), master);
                if (errno != Errno.None)
                {
                    throw new LinuxException("sendmsg", Quoting.Quote(_socketPath), errno);
                }
            }
            catch (LinuxException e)
            {
                throw new ContainerException(ErrorCode.Console, "cannot send the terminal to the console socket: " + e.Message, e) { Place = "/process/terminal", Call = e.Call, Errno = e.Errno };
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Master?.Dispose();
}
