using System.Globalization;

namespace OciRun.Linux;

/// <summary>
/// The words for error numbers. podman, moby and containerd tell the kinds of failure apart by glibc's words ("no such file or directory" is exit code 127,
/// "permission denied" 126, "no such process" a container that is gone), so those words may stand only where the failure is of that kind: <see cref="Standard"/>
/// for a program that cannot be executed and for a signal to a process, <see cref="Describe"/> with words of its own for everything else.
/// </summary>
public static class ErrnoText
{
    /// <summary>Words and name: <c>missing (ENOENT)</c>.</summary>
    public static string Describe(Errno errno) => string.Create(CultureInfo.InvariantCulture, $"{Neutral(errno)} ({errno})");

    private static string Neutral(Errno errno) => errno switch
    {
        Errno.EPERM => "not allowed by the kernel",
        Errno.ENOENT => "missing",
        Errno.ESRCH => "the process is gone",
        Errno.EACCES => "access refused",
        Errno.ENOTDIR => "a component of the path is no directory",
        Errno.EISDIR => "there is a directory",
        _ => Standard(errno),
    };

    /// <summary>As strerror(3), in lower case.</summary>
    public static string Standard(Errno errno) => errno switch
    {
        Errno.EPERM => "operation not permitted",
        Errno.ENOENT => "no such file or directory",
        Errno.ESRCH => "no such process",
        Errno.EINTR => "interrupted system call",
        Errno.EIO => "input/output error",
        Errno.ENXIO => "no such device or address",
        Errno.E2BIG => "argument list too long",
        Errno.ENOEXEC => "exec format error",
        Errno.EBADF => "bad file descriptor",
        Errno.ECHILD => "no child processes",
        Errno.EAGAIN => "resource temporarily unavailable",
        Errno.ENOMEM => "cannot allocate memory",
        Errno.EACCES => "permission denied",
        Errno.EFAULT => "bad address",
        Errno.ENOTBLK => "block device required",
        Errno.EBUSY => "device or resource busy",
        Errno.EEXIST => "file exists",
        Errno.EXDEV => "invalid cross-device link",
        Errno.ENODEV => "no such device",
        Errno.ENOTDIR => "not a directory",
        Errno.EISDIR => "is a directory",
        Errno.EINVAL => "invalid argument",
        Errno.ENFILE => "too many open files in system",
        Errno.EMFILE => "too many open files",
        Errno.ENOTTY => "inappropriate ioctl for device",
        Errno.ETXTBSY => "text file busy",
        Errno.EFBIG => "file too large",
        Errno.ENOSPC => "no space left on device",
        Errno.ESPIPE => "illegal seek",
        Errno.EROFS => "read-only file system",
        Errno.EMLINK => "too many links",
        Errno.EPIPE => "broken pipe",
        Errno.EDOM => "numerical argument out of domain",
        Errno.ERANGE => "numerical result out of range",
        Errno.EDEADLK => "resource deadlock avoided",
        Errno.ENAMETOOLONG => "file name too long",
        Errno.ENOLCK => "no locks available",
        Errno.ENOSYS => "function not implemented",
        Errno.ENOTEMPTY => "directory not empty",
        Errno.ELOOP => "too many levels of symbolic links",
        Errno.ENODATA => "no data available",
        Errno.EPROTO => "protocol error",
        Errno.EOVERFLOW => "value too large for defined data type",
        Errno.ELIBBAD => "accessing a corrupted shared library",
        Errno.EUSERS => "too many users",
        Errno.ENOTSOCK => "socket operation on non-socket",
        Errno.EMSGSIZE => "message too long",
        Errno.EOPNOTSUPP => "operation not supported",
        Errno.EAFNOSUPPORT => "address family not supported by protocol",
        Errno.EADDRINUSE => "address already in use",
        Errno.ENETDOWN => "network is down",
        Errno.ECONNRESET => "connection reset by peer",
        Errno.ENOBUFS => "no buffer space available",
        Errno.ETIMEDOUT => "connection timed out",
        Errno.ECONNREFUSED => "connection refused",
        Errno.EALREADY => "operation already in progress",
        Errno.EINPROGRESS => "operation now in progress",
        Errno.ESTALE => "stale file handle",
        Errno.EDQUOT => "disk quota exceeded",
        Errno.ENOKEY => "required key not available",
        _ => string.Create(CultureInfo.InvariantCulture, $"error {(int)errno}"),
    };
}
