using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>Who runs this process, as far as it decides where state is kept.</summary>
public static partial class CallerIdentity
{
    /// <summary>Effective user id (geteuid(2)).</summary>
    public static uint EffectiveUserId => GetEffectiveUserId();

    /// <summary>
    /// True for root of the initial user namespace, or of one that maps every id to itself. Root of any other namespace is an ordinary user
    /// outside (user_namespaces(7), /proc/PID/uid_map).
    /// </summary>
    public static bool IsRealRoot => GetEffectiveUserId() == 0 && MapsEveryId(File.ReadAllText("/proc/self/uid_map"));

    /// <summary>The text of a uid_map has the one line <c>0 0 4294967295</c>.</summary>
    internal static bool MapsEveryId(ReadOnlySpan<char> map)
    {
        Span<Range> fields = stackalloc Range[4];
        var line = map.Trim();
        int count = line.SplitAny(fields, " \t\n", StringSplitOptions.RemoveEmptyEntries);
        return count == 3 && line[fields[0]] is "0" && line[fields[1]] is "0" && line[fields[2]] is "4294967295";
    }

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint GetEffectiveUserId();
}
