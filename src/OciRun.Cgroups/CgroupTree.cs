using System.Globalization;
using OciRun.Linux;

namespace OciRun.Cgroups;

/// <summary>A cgroup directory and those that the container made inside it.</summary>
internal static class CgroupTree
{
    /// <summary>Reads cgroup.procs, with <paramref name="recursive"/> all the way down.</summary>
    internal static void CollectPids(SafeFd directory, bool recursive, List<int> pids)
    {
        // In a threaded cgroup the list cannot be read (EOPNOTSUPP): its processes are listed by the domain above it.
        if (CgroupFiles.TryRead(directory, "cgroup.procs", out var text) == Errno.None)
        {
            foreach (var line in text.AsSpan().EnumerateLines())
            {
                // 0 is a process outside of our pid namespace.
                if (int.TryParse(line, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && pid > 0)
                {
                    pids.Add(pid);
                }
            }
        }
        if (!recursive)
        {
            return;
        }
        var names = new List<string>();
        _ = CgroupFiles.TryListDirectories(directory, names);
        foreach (var name in names)
        {
            if (CgroupFiles.TryOpenDirectory(directory, name, out var child) == Errno.None)
            {
                using (child)
                {
                    CollectPids(child, recursive, pids);
                }
            }
        }
    }

    /// <summary>Removes a cgroup with those in it.</summary>
    /// <returns>EBUSY while there are processes.</returns>
    internal static Errno Remove(SafeFd at, string name)
    {
        var errno = CgroupFiles.TryRemoveDirectory(at, name);
        if (errno is not (Errno.EBUSY or Errno.ENOTEMPTY))
        {
            return errno;
        }
        if (CgroupFiles.TryOpenDirectory(at, name, out var directory) != Errno.None)
        {
            return errno;
        }
        using (directory)
        {
            var names = new List<string>();
            _ = CgroupFiles.TryListDirectories(directory, names);
            if (names.Count == 0)
            {
                return errno;
            }
            foreach (var child in names)
            {
                _ = Remove(directory, child);
            }
        }
        return CgroupFiles.TryRemoveDirectory(at, name);
    }

    /// <summary>Who is still in there: <c>processes left: 17 sleep (D, uninterruptible), ...</c>.</summary>
    internal static string DescribeProcesses(string path)
    {
        var pids = new List<int>();
        if (CgroupFiles.TryOpenDirectory(SafeFd.CurrentDirectory, path, out var directory) == Errno.None)
        {
            using (directory)
            {
                CollectPids(directory, recursive: true, pids);
            }
        }
        if (pids.Count == 0)
        {
            return "no process of ours is in it: it may hold processes of another pid namespace";
        }
        var words = new List<string>();
        foreach (var pid in pids[..Math.Min(pids.Count, 10)])
        {
            _ = CgroupFiles.TryProcessState(pid, out var name, out var state);
            words.Add(string.Create(CultureInfo.InvariantCulture, $"{pid} {name} ({state}{(state == 'D' ? ", uninterruptible" : state == 'Z' ? ", not reaped by its parent" : "")})"));
        }
        return string.Create(CultureInfo.InvariantCulture, $"{pids.Count} processes are left: ") + string.Join(", ", words) + (pids.Count > 10 ? ", ..." : "");
    }
}
