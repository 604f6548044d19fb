using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>--pidfd-socket (C52): the pidfd of a process as SCM_RIGHTS of one message.</summary>
internal static class PidFdSocket
{
    /// <param name="path">AF_UNIX stream socket.</param>
    /// <param name="pidfd">The process.</param>
    /// <param name="kind">"standard" for an init, "setns" for exec.</param>
    internal static void Send(string path, SafeFd pidfd, string kind)
    {
        try
        {
            using SafeFd socket = Sockets.Connect(path, UnixSocketType.Stream);
            Errno errno = Sockets.TrySend(socket, Encoding.ASCII.GetBytes(kind), pidfd);
            if (errno != Errno.None)
            {
                throw new LinuxException("sendmsg", Quoting.Quote(path), errno);
            }
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Process, "cannot send the pidfd (--pidfd-socket): " + e.Message, e) { Call = e.Call, Errno = e.Errno };
        }
    }
}
