using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>Makes the exceptions of this room, so that all of them read alike.</summary>
internal static class CgroupErrors
{
    /// <summary><c>what: write("/sys/fs/cgroup/c/memory.max", "4096"): device or resource busy (EBUSY)</c>, and a hint.</summary>
    internal static CgroupException Call(string what, string call, string path, string? value, Errno errno, string? place, string? hint = null)
    {
        var cause = new LinuxException(call, value is null ? Quote(path) : Quote(path) + ", " + Quote(value), errno);
        return new CgroupException(what + ": " + cause.Message + (hint is null ? "" : ": " + hint), place, cause);
    }

    private static string Quote(string text) => "\"" + text.Replace("\n", "\\n", StringComparison.Ordinal) + "\"";
}
