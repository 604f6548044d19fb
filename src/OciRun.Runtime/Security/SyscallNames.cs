using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>Names and numbers of calls, by libseccomp's tables.</summary>
internal static class SyscallNames
{
    /// <summary>No number of any call.</summary>
    internal const uint None = uint.MaxValue;

    /// <summary>Beyond the numbers of every architecture without an offset of its own.</summary>
    private const uint Numbers = 1024;

    // linux/net.h and linux/ipc.h: older architectures have one call for all of these, with the kind as its first argument.
    private static readonly string[] s_socket =
    [
        "", "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send", "recv", "sendto", "recvfrom", "shutdown", "setsockopt",
        "getsockopt", "sendmsg", "recvmsg", "accept4", "recvmmsg", "sendmmsg",
    ];

    private static readonly string[] s_ipc =
    [
        "", "semop", "semget", "semctl", "semtimedop", "", "", "", "", "", "", "msgsnd", "msgrcv", "msgget", "msgctl", "", "", "", "", "", "", "shmat", "shmdt", "shmget", "shmctl",
    ];

    /// <summary>The number of a call on an architecture; null when it has no such call, or libseccomp does not know it.</summary>
    /// <param name="token">SCMP_ARCH_*.</param>
    /// <param name="name">The call.</param>
    internal static uint? Number(uint token, string name)
    {
        int number = Libseccomp.ResolveSyscall(token, name);
        if (number >= 0)
            return (uint)number;
        // socket(2) and its like have a number of libseccomp's own there, beside the real one.
        if (number == Libseccomp.UnknownSyscall || (Array.IndexOf(s_socket, name) < 1 && Array.IndexOf(s_ipc, name) < 1))
            return null;
        for (uint i = 0; i < Numbers; i++)
        {
            if (Name(token, i) == name)
                return i;
        }
        return null;
    }

    /// <summary>The name of a number; null for none.</summary>
    internal static string? Name(uint token, uint number) => Libseccomp.ResolveName(token, (int)number);

    /// <summary>The kinds of a call that stands for many (socketcall(2), ipc(2)), by its first argument; null for other calls.</summary>
    internal static string[]? Kinds(string? name) => name switch
    {
        "socketcall" => s_socket,
        "ipc" => s_ipc,
        _ => null,
    };

    /// <summary>An architecture by libseccomp's word, in lower case.</summary>
    internal static string Architecture(uint token)
    {
        foreach (string word in SeccompWords.Architectures)
        {
            if (SeccompWords.TryParseArchitecture(word, out string? name) && Libseccomp.ResolveArchitecture(name) == token)
                return name;
        }
        return $"0x{token:x}";
    }
}
