namespace OciRun.Linux;

/// <summary>An error number of the kernel, errno(3). Names and numbers are those of asm-generic, which x86-64, arm64 and riscv64 share.</summary>
public enum Errno
{
    /// <summary>No error.</summary>
    None = 0,
#pragma warning disable CS1591 // the names are errno(3)'s own
    EPERM = 1, ENOENT = 2, ESRCH = 3, EINTR = 4, EIO = 5, ENXIO = 6, E2BIG = 7, ENOEXEC = 8, EBADF = 9, ECHILD = 10, EAGAIN = 11,
    ENOMEM = 12, EACCES = 13, EFAULT = 14, ENOTBLK = 15, EBUSY = 16, EEXIST = 17, EXDEV = 18, ENODEV = 19, ENOTDIR = 20, EISDIR = 21,
    EINVAL = 22, ENFILE = 23, EMFILE = 24, ENOTTY = 25, ETXTBSY = 26, EFBIG = 27, ENOSPC = 28, ESPIPE = 29, EROFS = 30, EMLINK = 31,
    EPIPE = 32, EDOM = 33, ERANGE = 34, EDEADLK = 35, ENAMETOOLONG = 36, ENOLCK = 37, ENOSYS = 38, ENOTEMPTY = 39, ELOOP = 40,
    ENODATA = 61, EPROTO = 71, EOVERFLOW = 75, ELIBBAD = 80, EUSERS = 87, ENOTSOCK = 88, EMSGSIZE = 90, EOPNOTSUPP = 95,
    EAFNOSUPPORT = 97, EADDRINUSE = 98, ENETDOWN = 100, ECONNRESET = 104, ENOBUFS = 105, ETIMEDOUT = 110, ECONNREFUSED = 111,
    EALREADY = 114, EINPROGRESS = 115, ESTALE = 116, EDQUOT = 122, ENOKEY = 126,
#pragma warning restore CS1591
}
