using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>The capabilities of a container of an image: those that engines give by default, less what is dropped, and what is added.</summary>
internal static class BundleCapabilities
{
    private const string All = "ALL";

    private static readonly string[] s_default =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    /// <exception cref="Runtime.ContainerException">A name is not known.</exception>
    internal static string[] Choose(IReadOnlyList<string> added, IReadOnlyList<string> dropped)
    {
        var chosen = new List<string>(s_default);
        foreach (string name in dropped.Select(Full))
        {
            chosen.RemoveAll(capability => name == All || capability == name);
        }

        foreach (string name in added.Select(Full))
        {
            foreach (string capability in name == All ? CapabilityNames.All : [name])
            {
                if (!chosen.Contains(capability))
                {
                    chosen.Add(capability);
                }
            }
        }

        return [.. chosen];
    }

    private static string Full(string name)
    {
        string upper = name.ToUpperInvariant();
        string full = upper == All || upper.StartsWith("CAP_", StringComparison.Ordinal) ? upper : "CAP_" + upper;
        return full == All || CapabilityNames.All.Contains(full) ? full : throw BuildError.Usage($"unknown capability {Quoting.Quote(name)}: the names are those of capabilities(7)");
    }
}
