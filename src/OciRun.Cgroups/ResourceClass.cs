using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>
/// The class of service of linux.intelRdt: a directory of the resctrl filesystem, which holds tasks as a cgroup holds processes (config-linux.md, IntelRdt;
/// Documentation/filesystems/resctrl.rst). Only a config that has intelRdt gets here.
/// </summary>
public sealed class ResourceClass
{
    private const string Place = "/linux/intelRdt", IdPlace = Place + "/closID", MonitoringPlace = Place + "/enableMonitoring";
    private readonly string _root;
    private readonly IntelRdt _wanted;
    private readonly bool _isOurs;

    /// <param name="root">Where resctrl is mounted.</param>
    /// <param name="wanted">linux.intelRdt, validated.</param>
    /// <param name="id">The container's id: the name where the config has none.</param>
    internal ResourceClass(string root, IntelRdt wanted, string id)
    {
        _root = root;
        _wanted = wanted;
        _isOurs = string.IsNullOrEmpty(wanted.ClosID);
        Directory = wanted.ClosID == "/" ? root : root + "/" + (_isOurs ? id : wanted.ClosID);
        Monitor = wanted.EnableMonitoring == true ? Directory + "/mon_groups/" + id : null;
        Owned = [.. Missing(Monitor), .. _isOurs ? Missing(Directory) : []];
    }

    /// <summary>The directory of the class.</summary>
    public string Directory { get; }

    /// <summary>The directory of the container's own monitoring group; null without one.</summary>
    public string? Monitor { get; }

    /// <summary>The directories that are the container's alone and not there yet, innermost first: delete removes them.</summary>
    public IReadOnlyList<string> Owned { get; }

    /// <summary>The directory whose tasks the processes of the container are.</summary>
    public string Tasks => Monitor ?? Directory;

    /// <summary>mkdir(2); a test puts the files there that the kernel would.</summary>
    internal Func<string, Errno> MakeDirectory { get; init; } = static path => CgroupFiles.TryMakeDirectory(SafeFd.CurrentDirectory, path);

    /// <summary>The class that a config asks for; null when it asks for none.</summary>
    /// <exception cref="CgroupException">resctrl is not mounted.</exception>
    public static ResourceClass? Plan(IntelRdt? wanted, string id) => wanted is null ? null
        : new ResourceClass(
            CgroupHost.FindMount("resctrl") ?? throw new CgroupException(
                "resctrl is not mounted here: the processor or the kernel has none (\"rdt_a\" in /proc/cpuinfo), or mount -t resctrl resctrl /sys/fs/resctrl is missing", Place),
            wanted, id);

    /// <summary>Makes or finds the directory, writes the schemata, makes the monitoring group.</summary>
    /// <exception cref="CgroupException">The class does not exist or has other values, or the kernel refused. What was made is removed again.</exception>
    public void Create()
    {
        var made = new List<string>();
        try
        {
            if (!CgroupFiles.Exists(SafeFd.CurrentDirectory, Directory))
            {
                if (!_isOurs && !HasSchema)
                {
                    throw new CgroupException($"there is no class of service {Directory}, and no schema is given to make one: make it, or give schemata", IdPlace);
                }
                Make(Directory, IdPlace, made);
            }
            else if (!_isOurs)
            {
                Compare();
            }
            Write("l3CacheSchema", _wanted.L3CacheSchema);
            Write("memBwSchema", _wanted.MemBwSchema);
            Write("schemata", _wanted.Schemata is { Length: > 0 } lines ? string.Join('\n', lines) : null);
            if (Monitor is not null)
            {
                Make(Monitor, MonitoringPlace, made);
            }
        }
        catch (CgroupException)
        {
            made.Reverse();
            Remove(made);
            throw;
        }
    }

    /// <summary>Makes a process a task of the class, and what it forks with it. A monitoring group takes only tasks of its class.</summary>
    public void AddProcess(int pid)
    {
        Join(Directory, pid);
        if (Monitor is not null)
        {
            Join(Monitor, pid);
        }
    }

    /// <summary>The same for another process of a container, from what its state records.</summary>
    /// <param name="tasks"><see cref="Tasks"/>.</param>
    /// <param name="pid">The process.</param>
    public static void AddProcess(string tasks, int pid)
    {
        var groups = tasks.LastIndexOf("/mon_groups/", StringComparison.Ordinal);
        if (groups > 0)
        {
            Join(tasks[..groups], pid);
        }
        Join(tasks, pid);
    }

    /// <summary>Removes directories, in order; one that is gone is fine.</summary>
    /// <exception cref="CgroupException">The kernel refused.</exception>
    public static void Remove(IReadOnlyList<string> directories)
    {
        foreach (var path in directories)
        {
            if (CgroupFiles.TryRemoveDirectory(SafeFd.CurrentDirectory, path) is var errno && errno is not (Errno.None or Errno.ENOENT))
            {
                throw CgroupErrors.Call("cannot remove a class of service", "rmdir", path, null, errno, Place);
            }
        }
    }

    private static string[] Missing(string? path) => path is null || CgroupFiles.Exists(SafeFd.CurrentDirectory, path) ? [] : [path];

    private bool HasSchema => !string.IsNullOrEmpty(_wanted.L3CacheSchema) || !string.IsNullOrEmpty(_wanted.MemBwSchema) || _wanted.Schemata is { Length: > 0 };

    private void Make(string path, string place, List<string> made)
    {
        var errno = MakeDirectory(path);
        if (errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot make a class of service", "mkdir", path, null, errno, place,
                errno == Errno.ENOSPC ? "the processor has no more of them (info/L3/num_closids, info/L3_MON/num_rmids)" : null);
        }
        made.Add(path);
    }

    private static void Join(string directory, int pid)
    {
        var path = directory + "/tasks";
        var text = pid.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (CgroupFiles.TryWrite(SafeFd.CurrentDirectory, path, text) is var errno && errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot put the process into its class of service", "write", path, text, errno, Place);
        }
    }

    private void Write(string field, string? text)
    {
        var path = Directory + "/schemata";
        if (!string.IsNullOrEmpty(text) && CgroupFiles.TryWrite(SafeFd.CurrentDirectory, path, text + "\n") is var errno && errno != Errno.None)
        {
            _ = CgroupFiles.TryRead(SafeFd.CurrentDirectory, _root + "/info/last_cmd_status", out var why);
            throw CgroupErrors.Call("cannot set the class of service", "write", path, text, errno, Place + "/" + field, why.Trim() is { Length: > 0 } reason ? reason : null);
        }
    }

    /// <summary>A class that others share is not changed behind their back: what it has must be what is asked for.</summary>
    private void Compare()
    {
        if (string.IsNullOrEmpty(_wanted.L3CacheSchema) && string.IsNullOrEmpty(_wanted.MemBwSchema))
        {
            return;
        }
        var path = Directory + "/schemata";
        if (CgroupFiles.TryRead(SafeFd.CurrentDirectory, path, out var present) is var errno && errno != Errno.None)
        {
            throw CgroupErrors.Call("cannot read the class of service", "read", path, null, errno, IdPlace);
        }
        Compare("l3CacheSchema", _wanted.L3CacheSchema, present);
        Compare("memBwSchema", _wanted.MemBwSchema, present);
    }

    private static void Compare(string field, string? wanted, string present)
    {
        var existing = Parts(present);
        foreach (var part in Parts(wanted ?? ""))
        {
            if (!existing.Contains(part))
            {
                throw new CgroupException($"the class of service exists, and does not have {part}: its schemata are \"{present.Trim().Replace("\n", "; ", StringComparison.Ordinal)}\"", Place + "/" + field);
            }
        }
    }

    /// <summary><c>L3:0=00f;1=f0</c> as <c>L3:0=f</c> and <c>L3:1=f0</c>: the kernel pads what it shows.</summary>
    private static HashSet<string> Parts(string schemata)
    {
        var parts = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in schemata.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            foreach (var domain in line[(colon + 1)..].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                var equals = domain.IndexOf('=', StringComparison.Ordinal);
                var value = domain[(equals + 1)..].Trim().TrimStart('0');
                parts.Add($"{line[..Math.Max(colon, 0)].Trim()}:{domain[..Math.Max(equals, 0)].Trim()}={(value.Length == 0 ? "0" : value)}");
            }
        }
        return parts;
    }
}
