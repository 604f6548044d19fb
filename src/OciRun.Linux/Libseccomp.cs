using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Linux;

/// <summary>libseccomp, seccomp_init(3) and its family. It is part of the published program; a debug build loads the system's.</summary>
public static unsafe partial class Libseccomp
{
    /// <summary>What <see cref="ResolveSyscall(string)"/> returns for a name that libseccomp does not know (__NR_SCMP_ERROR).</summary>
    public const int UnknownSyscall = -1;

    internal const string Library = "libseccomp.so.2";
    private const int MaxName = 127;

    /// <summary>Its version, seccomp_version(3).</summary>
    public static Version Version => new((int)GetVersion()[0], (int)GetVersion()[1], (int)GetVersion()[2]);

    /// <summary>This machine's token, SCMP_ARCH_*: AUDIT_ARCH_* of the kernel's audit.h.</summary>
    public static uint NativeArchitecture => GetNativeArchitecture();

    /// <summary>The token of an architecture by its name in lower case ("x86_64"); 0 when this libseccomp does not know it.</summary>
    public static uint ResolveArchitecture(string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? ResolveToken(text) : 0;
    }

    /// <summary>
    /// The number of a system call on this machine; below -1: a call that only other architectures have, usable in rules all the same;
    /// <see cref="UnknownSyscall"/>: unknown. seccomp_syscall_resolve_name(3).
    /// </summary>
    public static int ResolveSyscall(string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? ResolveName(text) : UnknownSyscall;
    }

    /// <summary>The number of a system call on <paramref name="architecture"/> (a token); negative when it has no such call.</summary>
    public static int ResolveSyscall(uint architecture, string name)
    {
        byte* text = stackalloc byte[MaxName + 1];
        return TryCopy(name, text) ? ResolveNameFor(architecture, text) : UnknownSyscall;
    }

    /// <summary>The name of a number on <paramref name="architecture"/> (a token); null for none, seccomp_syscall_resolve_num_arch(3).</summary>
    public static string? ResolveName(uint architecture, int number)
    {
        byte* name = ResolveNumber(architecture, number);
        if (name is null)
            return null;
        try
        {
            return Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name));
        }
        finally
        {
            NativeMemory.Free(name); // it is from malloc
        }
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

    [LibraryImport(Library, EntryPoint = "seccomp_version")]
    private static partial uint* GetVersion();

    [LibraryImport(Library, EntryPoint = "seccomp_arch_native")]
    private static partial uint GetNativeArchitecture();

    [LibraryImport(Library, EntryPoint = "seccomp_arch_resolve_name")]
    private static partial uint ResolveToken(byte* name);

    [LibraryImport(Library, EntryPoint = "seccomp_syscall_resolve_name")]
    private static partial int ResolveName(byte* name);

    [LibraryImport(Library, EntryPoint = "seccomp_syscall_resolve_name_arch")]
    private static partial int ResolveNameFor(uint architecture, byte* name);

    [LibraryImport(Library, EntryPoint = "seccomp_syscall_resolve_num_arch")]
    private static partial byte* ResolveNumber(uint architecture, int number);
}
