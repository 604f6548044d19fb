namespace OciRun.Spec;

/// <summary>Keys of linux.sysctl (sysctl(8), sysctl.d(5)): their file, and the namespace that must be the container's own.</summary>
public static class SysctlKeys
{
    /// <summary>
    /// The path below /proc/sys. The first separator says how the key is written: <c>net.ipv4.conf.eth0/1.forwarding</c> uses dots, and a
    /// slash stands for a dot of a name; <c>net/ipv4/conf/eth0.1/forwarding</c> is a path already.
    /// </summary>
    /// <param name="key">Key of linux.sysctl.</param>
    /// <param name="path">As in <c>net/ipv4/ip_forward</c>: no empty, "." or ".." component, no leading slash.</param>
    /// <returns>False when the key is no such path: it could lead out of /proc/sys.</returns>
    public static bool TryNormalize(string? key, out string path)
    {
        path = "";
        if (string.IsNullOrEmpty(key) || key.AsSpan().ContainsAny('\0', '\n'))
            return false;
        int first = key.AsSpan().IndexOfAny('.', '/');
        path = first >= 0 && key[first] == '.' ? Swap(key) : key;
        foreach (var range in path.AsSpan().Split('/'))
        {
            if (path.AsSpan(range) is "" or "." or "..")
                return false;
        }
        return true;
    }

    /// <summary>The namespace that a kernel parameter belongs to.</summary>
    /// <param name="path">Normalized: below /proc/sys.</param>
    /// <returns>A CLONE_NEW* value; 0 for a parameter of the whole machine.</returns>
    public static ulong NamespaceOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        if (path.StartsWith("net/", StringComparison.Ordinal))
            return NamespaceTypes.Network;
        if (path.StartsWith("fs/mqueue/", StringComparison.Ordinal))
            return NamespaceTypes.Ipc;
        // /proc/sys/user: the limits of ucounts, which every user namespace has for itself (namespaces(7)).
        if (path.StartsWith("user/", StringComparison.Ordinal))
            return NamespaceTypes.User;
        return path switch
        {
            "kernel/msgmax" or "kernel/msgmnb" or "kernel/msgmni" or "kernel/sem" or "kernel/shmall" or "kernel/shmmax"
                or "kernel/shmmni" or "kernel/shm_rmid_forced" => NamespaceTypes.Ipc,
            "kernel/domainname" or "kernel/hostname" => NamespaceTypes.Uts,
            _ => 0,
        };
    }

    private static string Swap(string key) => string.Create(key.Length, key, static (to, from) =>
    {
        for (int i = 0; i < to.Length; i++)
            to[i] = from[i] switch { '.' => '/', '/' => '.', var other => other };
    });
}
