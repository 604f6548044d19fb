using System.Text;

namespace OciRun.Linux;

/// <summary>
/// A file system that is configured word by word and then becomes a mount that is attached nowhere: fsopen(2), fsconfig(2), fsmount(2), Linux 5.2. The mount lives
/// as long as its descriptor.
/// </summary>
public sealed unsafe class FileSystemContext : IDisposable
{
    /// <summary>strndup_user(value, 256) in fsconfig(2): a longer string is EINVAL.</summary>
    public const int StringMaximum = 255;

    // asm-generic: the same numbers on every architecture.
    private const int Fsopen = 430, Fsconfig = 431, Fsmount = 432;
    private const int CloseOnExec = 1, SetFlag = 0, SetString = 1, CommandCreate = 6, CommandReconfigure = 7;
    private readonly SafeFd _fd;
    private readonly string _type;

    private FileSystemContext(SafeFd fd, string type)
    {
        _fd = fd;
        _type = type;
    }

    /// <summary>fsopen(2).</summary>
    /// <exception cref="LinuxException">EPERM without CAP_SYS_ADMIN; ENODEV where the kernel has no such file system.</exception>
    public static FileSystemContext Open(string type)
    {
        fixed (byte* name = CString.Of(type))
        {
            int fd = (int)Native.Syscall(Fsopen, (long)name, CloseOnExec);
            return fd >= 0 ? new FileSystemContext(new SafeFd(fd), type) : throw new LinuxException("fsopen", type, Native.LastErrno);
        }
    }

    /// <summary>FSCONFIG_SET_STRING.</summary>
    /// <exception cref="LinuxException">With the kernel's own words.</exception>
    public void Set(string key, string value) => Check(Configure(SetString, key, value), $"{key}={Quoting.Escape(value)}");

    /// <summary>FSCONFIG_SET_FLAG.</summary>
    /// <exception cref="LinuxException">With the kernel's own words.</exception>
    public void SetWord(string word) => Check(Configure(SetFlag, word, null), word);

    /// <summary>FSCONFIG_CMD_CREATE and fsmount(2).</summary>
    /// <param name="attributes">MOUNT_ATTR_*.</param>
    /// <exception cref="LinuxException">With the kernel's own words.</exception>
    public SafeFd Mount(ulong attributes)
    {
        Check(Configure(CommandCreate, null, null), "");
        int mount = (int)Native.Syscall(Fsmount, _fd.Number, CloseOnExec, (long)attributes);
        return mount >= 0 ? new SafeFd(mount) : throw new LinuxException("fsmount", _type, Native.LastErrno);
    }

    /// <summary>FSCONFIG_CMD_RECONFIGURE, after further words.</summary>
    /// <exception cref="LinuxException">With the kernel's own words.</exception>
    public void Reconfigure() => Check(Configure(CommandReconfigure, null, null), "reconfigure");

    /// <inheritdoc/>
    public void Dispose() => _fd.Dispose();

    private Errno Configure(int command, string? key, string? value)
    {
        fixed (byte* k = key is null ? null : CString.Of(key), v = value is null ? null : CString.Of(value))
        {
            return Native.Syscall(Fsconfig, _fd.Number, command, (long)k, (long)v) < 0 ? Native.LastErrno : Errno.None;
        }
    }

    private void Check(Errno errno, string what)
    {
        if (errno != Errno.None)
        {
            string words = Words();
            string arguments = what.Length > 0 ? $"{_type}, {what}" : _type;
            throw new LinuxException("fsconfig", words.Length > 0 ? $"{arguments}: {words}" : arguments, errno);
        }
    }

    /// <summary>What the kernel says of the last failure: one message a read(2), as "e overlay: ...".</summary>
    private string Words()
    {
        Span<byte> line = stackalloc byte[512];
        var text = new StringBuilder();
        while (Files.TryRead(_fd, line, out int length) == Errno.None && length > 2)
        {
            text.Append(text.Length > 0 ? "; " : "").Append(Encoding.UTF8.GetString(line[2..length]).TrimEnd('\n'));
        }

        return Quoting.Escape(text.ToString());
    }
}
