using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>What the machine offers: the mode, the mounts, and where this process is. Read once, and only as far as asked for.</summary>
public sealed class CgroupHost
{
    /// <summary>Where cgroups are mounted on every machine that we serve.</summary>
    public const string MountPoint = "/sys/fs/cgroup";

    private const string UnifiedMountPoint = MountPoint + "/unified";
    private const long Cgroup2Magic = 0x63677270;
    private const long TmpfsMagic = 0x01021994;

    /// <summary>The v1 controllers that are joined, in runc's order.</summary>
    private static readonly string[] s_knownControllers =
    [
        "cpuset", "devices", "memory", "cpu", "cpuacct", "pids", "blkio", "hugetlb", "net_cls", "net_prio", "perf_event", "freezer", "rdma", "name=systemd",
    ];

    private readonly Func<string> _readMountInfo;
    private readonly Func<string> _readOwnCgroups;
    private IReadOnlyList<CgroupHierarchy>? _hierarchies;
    private Dictionary<string, string>? _ownPaths;

    /// <summary>For tests, and for plans of another machine: the texts of /proc/self/mountinfo and /proc/self/cgroup come from the caller.</summary>
    public CgroupHost(CgroupMode mode, Func<string> readMountInfo, Func<string> readOwnCgroups)
    {
        Mode = mode;
        _readMountInfo = readMountInfo;
        _readOwnCgroups = readOwnCgroups;
    }

    /// <summary>Which hierarchies there are.</summary>
    public CgroupMode Mode { get; }

    /// <summary>The hierarchies that a container joins: on v2 the one; else each v1 mount in runc's order, and last, when hybrid, the unified one.</summary>
    public IReadOnlyList<CgroupHierarchy> Hierarchies => _hierarchies ??= Mode == CgroupMode.V2
        ? [new CgroupHierarchy(MountPoint, "/", [""])]
        : ParseMountInfo(_readMountInfo(), Mode == CgroupMode.Hybrid);

    /// <summary>/sys/fs/cgroup is cgroup v2 alone; false where no cgroups are mounted, too.</summary>
    public static bool IsUnified => CgroupFiles.TryFileSystemType(MountPoint, out var type) == Errno.None && type == Cgroup2Magic;

    /// <summary>Looks at the machine: one statfs(2) on v2, two otherwise.</summary>
    /// <exception cref="CgroupException">Nothing is mounted on /sys/fs/cgroup.</exception>
    public static CgroupHost Detect()
    {
        var errno = CgroupFiles.TryFileSystemType(MountPoint, out var type);
        if (errno == Errno.None && type == Cgroup2Magic)
        {
            return new CgroupHost(CgroupMode.V2, ReadMountInfo, ReadOwnCgroups);
        }
        if (errno != Errno.None || type != TmpfsMagic)
        {
            throw new CgroupException("no cgroup filesystem is mounted on " + MountPoint
                + ": mount one (mount -t cgroup2 cgroup2 /sys/fs/cgroup), or run without cgroups (--cgroup-manager=disabled)");
        }
        errno = CgroupFiles.TryFileSystemType(UnifiedMountPoint, out type);
        return new CgroupHost(errno == Errno.None && type == Cgroup2Magic ? CgroupMode.Hybrid : CgroupMode.V1, ReadMountInfo, ReadOwnCgroups);
    }

    /// <summary>The cgroup of this process in a hierarchy, as /proc/self/cgroup gives it: <c>/user.slice</c>; <c>/</c> when it is not listed.</summary>
    public string OwnPath(string controller)
    {
        _ownPaths ??= ParseOwnCgroups(_readOwnCgroups());
        return _ownPaths.GetValueOrDefault(controller, "/");
    }

    /// <summary>The hierarchy's own options on v2, as a mount from the host's cgroup namespace has to repeat them: <c>nsdelegate,memory_recursiveprot</c>.</summary>
    internal string UnifiedOptions()
    {
        var options = "";
        foreach (var line in _readMountInfo().AsSpan().EnumerateLines())
        {
            var separator = line.IndexOf(" - cgroup2 ");
            if (separator >= 0 && line[..separator].IndexOf(" " + MountPoint + " ") >= 0)
            {
                // The last one at that place is the one that is seen.
                options = line[(line.LastIndexOf(' ') + 1)..].ToString();
            }
        }
        return string.Join(',', Array.FindAll(options.Split(','), static option => option is not ("rw" or "ro" or "")));
    }

    /// <summary>The cgroups of a process, as /proc/PID/cgroup has them: a path below the hierarchy's mount point by controller, "" for the unified one.</summary>
    /// <param name="pid">In our pid namespace.</param>
    /// <exception cref="CgroupException">It has ended.</exception>
    public static Dictionary<string, string> PathsOf(int pid)
    {
        var file = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/cgroup");
        var errno = CgroupFiles.TryRead(SafeFd.CurrentDirectory, file, out var text);
        return errno == Errno.None ? ParseOwnCgroups(text) : throw CgroupErrors.Call("cannot find the cgroup of a process", "read", file, null, errno, null);
    }

    internal static Dictionary<string, string> ParseOwnCgroups(string text)
    {
        var paths = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            // ID:controllers:path; the path may hold colons.
            var first = line.IndexOf(':');
            var second = first < 0 ? -1 : line[(first + 1)..].IndexOf(':');
            if (second < 0)
            {
                continue;
            }
            var controllers = line.Slice(first + 1, second);
            var path = line[(first + second + 2)..].ToString();
            foreach (var range in controllers.Split(','))
            {
                paths[controllers[range].ToString()] = path;
            }
        }
        return paths;
    }

    internal static IReadOnlyList<CgroupHierarchy> ParseMountInfo(string text, bool hybrid)
    {
        var found = new List<CgroupHierarchy>();
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var separator = line.IndexOf(" - cgroup ");
            if (separator < 0)
            {
                continue;
            }
            var fields = line[..separator].ToString().Split(' ');
            var mountPoint = fields.Length > 4 ? Unescape(fields[4]) : "";
            if (!mountPoint.StartsWith(MountPoint + "/", StringComparison.Ordinal))
            {
                continue;
            }
            var options = line[(line.LastIndexOf(' ') + 1)..].ToString().Split(',');
            var controllers = Array.FindAll(s_knownControllers, name => Array.IndexOf(options, name) >= 0 && !IsTaken(found, name));
            if (controllers.Length > 0)
            {
                found.Add(new CgroupHierarchy(mountPoint, Unescape(fields[3]), controllers));
            }
        }
        found.Sort(static (a, b) => Array.IndexOf(s_knownControllers, a.Controllers[0]).CompareTo(Array.IndexOf(s_knownControllers, b.Controllers[0])));
        if (hybrid)
        {
            found.Add(new CgroupHierarchy(UnifiedMountPoint, "/", [""]));
        }
        return found;
    }

    /// <summary>Where a filesystem of that type is mounted; null when it is not.</summary>
    internal static string? FindMount(string type)
    {
        foreach (var line in ReadMountInfo().Split('\n'))
        {
            if (line.Contains(" - " + type + " ", StringComparison.Ordinal) && line.Split(' ') is { Length: > 4 } fields)
            {
                return Unescape(fields[4]);
            }
        }
        return null;
    }

    private static bool IsTaken(List<CgroupHierarchy> found, string controller)
    {
        foreach (var hierarchy in found)
        {
            if (hierarchy.Controllers.Contains(controller))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Space, tab, newline and backslash are octal there.</summary>
    private static string Unescape(string field)
    {
        if (!field.Contains('\\', StringComparison.Ordinal))
        {
            return field;
        }
        var text = new StringBuilder(field.Length);
        for (var i = 0; i < field.Length; i++)
        {
            if (field[i] == '\\' && i + 3 < field.Length)
            {
                text.Append((char)(((field[i + 1] - '0') * 64) + ((field[i + 2] - '0') * 8) + (field[i + 3] - '0')));
                i += 3;
            }
            else
            {
                text.Append(field[i]);
            }
        }
        return text.ToString();
    }

    private static string ReadMountInfo() => ReadProc("/proc/self/mountinfo");

    private static string ReadOwnCgroups() => ReadProc("/proc/self/cgroup");

    private static string ReadProc(string path)
    {
        var errno = CgroupFiles.TryRead(SafeFd.CurrentDirectory, path, out var text);
        return errno == Errno.None ? text : throw CgroupErrors.Call("cannot find the cgroups of this machine", "read", path, null, errno, null);
    }
}
