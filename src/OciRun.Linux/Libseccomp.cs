using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Linux;

/// <summary>
/// libseccomp.so.2, seccomp_init(3) and its family. It is loaded by the first <see cref="Load"/>, not bound at link time: a config
/// without a
/// filter, or with one whose program is in the cache, does without the library, and without the time to load it.
/// </summary>
public sealed unsafe partial class Libseccomp
{
    /// <summary>The file name that the loader searches for.</summary>
    public const string FileName = "libseccomp.so.2";

    /// <summary>
    /// What <see cref="ResolveSyscall(string)"/> returns for a name that this libseccomp does not know (__NR_SCMP_ERROR).
    /// </summary>
    public const int UnknownSyscall = -1;

    private const int RtldNow = 2;
    private const int MaxName = 127;
    private static Libseccomp? s_loaded;

    private readonly delegate* unmanaged<byte*, uint> _resolveArchitecture;
    private readonly delegate* unmanaged<byte*, int> _resolveName;
    private readonly delegate* unmanaged<uint, byte*, int> _resolveNameFor;
    private readonly delegate* unmanaged<uint> _nativeArchitecture;

    internal delegate* unmanaged<uint, nint> Init { get; }
    internal delegate* unmanaged<nint, void> Release { get; }
    internal delegate* unmanaged<nint, uint, int> AddArchitecture { get; }
    internal delegate* unmanaged<nint, uint, int> RemoveArchitecture { get; }
    internal delegate* unmanaged<nint, int, uint, int> SetAttribute { get; }
    internal delegate* unmanaged<nint, uint, int, uint, SeccompComparison*, int> AddRule { get; }
    internal delegate* unmanaged<nint, int, int> ExportBpf { get; }

    private Libseccomp(nint library)
    {
        _resolveArchitecture = (delegate* unmanaged<byte*, uint>)Symbol(library, "seccomp_arch_resolve_name");
        _nativeArchitecture = (delegate* unmanaged<uint>)Symbol(library, "seccomp_arch_native");
        _resolveName = (delegate* unmanaged<byte*, int>)Symbol(library, "seccomp_syscall_resolve_name");
        _resolveNameFor = (delegate* unmanaged<uint, byte*, int>)Symbol(library, "seccomp_syscall_resolve_name_arch");
        Init = (delegate* unmanaged<uint, nint>)Symbol(library, "seccomp_init");
        Release = (delegate* unmanaged<nint, void>)Symbol(library, "seccomp_release");
        AddArchitecture = (delegate* unmanaged<nint, uint, int>)Symbol(library, "seccomp_arch_add");
        RemoveArchitecture = (delegate* unmanaged<nint, uint, int>)Symbol(library, "seccomp_arch_remove");
        SetAttribute = (delegate* unmanaged<nint, int, uint, int>)Symbol(library, "seccomp_attr_set");
        AddRule = (delegate* unmanaged<nint, uint, int, uint, SeccompComparison*, int>)Symbol(library, "seccomp_rule_add_array");
        ExportBpf = (delegate* unmanaged<nint, int, int>)Symbol(library, "seccomp_export_bpf");
        var version = ((delegate* unmanaged<uint*>)Symbol(library, "seccomp_version"))();
        Version = new Version((int)version[0], (int)version[1], (int)version[2]);
        DlInfo info;
        Path = DlAddr((nint)Init, &info) != 0 ? Marshal.PtrToStringUTF8(info.FileName) ?? FileName : FileName;
    }

    /// <summary>Version of the library that was found.</summary>
    public Version Version { get; }

    /// <summary>The file that the loader found, as it named it (not necessarily free of symbolic links).</summary>
    public string Path { get; }

    /// <summary>This machine's token, SCMP_ARCH_*: AUDIT_ARCH_* of the kernel's audit.h.</summary>
    public uint NativeArchitecture => _nativeArchitecture();

    /// <summary>The library, loaded on the first call, dlopen(3).</summary>
    /// <exception cref="DllNotFoundException">It is absent or lacks a function; the message is the loader's.</exception>
    public static Libseccomp Load()
    {
        if (s_loaded is not null)
            return s_loaded;
        nint library;
        fixed (byte* name = "libseccomp.so.2"u8)
            library = DlOpen(name, RtldNow);
        if (library == 0)
            throw LoaderError();
        return s_loaded = new Libseccomp(library);
    }

    /// <summary>The token of an architecture by its name in lower case ("x86_64"); 0 when this libseccomp does not know it.</summary>
    public uint ResolveArchitecture(string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? _resolveArchitecture(text) : 0;
    }

    /// <summary>
    /// The number of a system call on this machine; below -1: a call that only other architectures have, usable in rules all the same;
    /// <see cref="UnknownSyscall"/>: unknown. seccomp_syscall_resolve_name(3).
    /// </summary>
    public int ResolveSyscall(string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? _resolveName(text) : UnknownSyscall;
    }

    /// <summary>The number of a system call on <paramref name="architecture"/> (a token); negative when it has no such call.</summary>
    public int ResolveSyscall(uint architecture, string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? _resolveNameFor(architecture, text) : UnknownSyscall;
    }

    /// <summary>An empty filter for this machine's architecture, seccomp_init(3).</summary>
    /// <param name="defaultAction">What is done with calls that no rule matches (SECCOMP_RET_*).</param>
    /// <exception cref="LinuxException">libseccomp or this kernel does not know the action (EINVAL is reported for it).</exception>
    public LibseccompFilter CreateFilter(uint defaultAction)
    {
        nint context = Init(defaultAction);
        return context != 0 ? new LibseccompFilter(this, context) : throw new LinuxException("seccomp_init", $"{defaultAction:#x}", Errno.EINVAL);
    }

    // Names are ASCII. Anything else, a NUL above all, is not the name of a system call: cut at a NUL it could become one.
    private static bool TryCopy(string name, byte* text)
    {
        if (name.Length > MaxName || Ascii.FromUtf16(name, new Span<byte>(text, MaxName), out int written) != System.Buffers.OperationStatus.Done
            || name.Contains('\0'))
            return false;
        text[written] = 0;
        return true;
    }

    private static nint Symbol(nint library, string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        TryCopy(name, text);
        nint address = DlSym(library, text);
        return address != 0 ? address : throw LoaderError();
    }

    private static DllNotFoundException LoaderError() => new(Marshal.PtrToStringUTF8(DlError()) ?? FileName);

    [StructLayout(LayoutKind.Sequential)]
    private struct DlInfo
    {
        public nint FileName, Base, SymbolName, SymbolAddress;
    }

    [LibraryImport("libc", EntryPoint = "dlopen")]
    private static partial nint DlOpen(byte* name, int flags);

    [LibraryImport("libc", EntryPoint = "dlsym")]
    private static partial nint DlSym(nint library, byte* name);

    [LibraryImport("libc", EntryPoint = "dlerror")]
    private static partial nint DlError();

    [LibraryImport("libc", EntryPoint = "dladdr")]
    private static partial int DlAddr(nint address, DlInfo* info);
}
