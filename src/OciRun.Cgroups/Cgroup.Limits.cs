using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>The limits of a container's cgroup: set, and changed while it runs.</summary>
public abstract partial class Cgroup
{
    /// <summary>Writes the limits of linux.resources, other than device rules.</summary>
    /// <returns>Warnings about fields without effect, one line each.</returns>
    /// <exception cref="CgroupException">A field cannot be converted, a controller is missing, or the kernel refused a value.</exception>
    public IReadOnlyList<string> ApplyLimits(Resources? resources)
    {
        var list = PlanLimits(resources);
        CheckUse(resources?.Memory);
        return [.. list.Warnings, .. WriteAll(list.Writes)];
    }

    /// <summary>What <see cref="ApplyLimits"/> would write, as far as can be known before the cgroup is made.</summary>
    /// <exception cref="CgroupException">A field cannot be converted, or a controller is missing.</exception>
    public abstract ResourceWriteList PreviewLimits(Resources? resources);

    /// <summary>The device rules that would hold, in the order in which the last that matches decides: <c>deny a *:* rwm</c>.</summary>
    /// <exception cref="CgroupException">A rule is wrong.</exception>
    public static IReadOnlyList<string> PreviewDevices(DeviceRule[]? rules) =>
        DeviceEntries.From(rules).ConvertAll(static entry => (entry.Allow ? "allow " : "deny ") + entry);

    /// <summary>
    /// Changes limits of a container that runs: writes what differs, and all fields of the groups that <paramref name="change"/> names, since somebody else may have changed
    /// those meanwhile. When one is refused the others are as before.
    /// </summary>
    /// <param name="before">The limits so far.</param>
    /// <param name="change">What was asked for; what it does not name stays.</param>
    /// <param name="after">Both together (<see cref="ResourceChange"/>).</param>
    /// <returns>Warnings about fields without effect, one line each.</returns>
    /// <exception cref="CgroupException">As <see cref="ApplyLimits"/>.</exception>
    public IReadOnlyList<string> ChangeLimits(Resources? before, Resources change, Resources after)
    {
        var list = PlanLimits(after);
        CheckUse(after.Memory);
        var planned = PlanLimits(before).Writes;
        var writes = ResourceChange.Needed(planned, change, [.. list.Writes, .. ResourceChange.TakenBack(planned, list.Writes)]);
        var old = new List<CgroupWrite>();
        foreach (var write in writes)
        {
            if (Undo(write) is { } undo)
            {
                old.Insert(0, undo);
            }
        }
        // systemd first, which writes files too, and rounds what it writes.
        Unit?.Change(before, after, Mode);
        try
        {
            return [.. list.Warnings, .. WriteAll(writes)];
        }
        catch (CgroupException)
        {
            Unit?.Change(after, before, Mode);
            // Twice: of two that bound each other (v1: memory, and memory with swap) the first may be refused until the second is back. What is refused
            // then had its reason: the first error is the one to tell.
            foreach (var write in (List<CgroupWrite>)[.. old, .. old])
            {
                _ = Write(write);
            }
            throw;
        }
    }

    /// <summary>What is to be written where for them; throws when they cannot be had here.</summary>
    private protected abstract ResourceWriteList PlanLimits(Resources? resources);

    /// <summary>Throws when a memory limit is to be checked against the use and is below it.</summary>
    private protected virtual void CheckUse(MemoryResources? memory)
    {
    }

    /// <summary>The container's directory in the hierarchy of a controller.</summary>
    private protected abstract string PathOf(string controller);

    /// <summary>Writes limits in order; what was refused beside a later value is written once more at the end. Gives what could not be had.</summary>
    private List<string> WriteAll(IReadOnlyList<CgroupWrite> writes)
    {
        List<string> lost = [];
        List<CgroupWrite>? again = null;
        foreach (var write in writes)
        {
            if (!WriteOne(write, lost, mayRetry: write.Retry))
            {
                (again ??= []).Add(write);
            }
        }
        foreach (var write in again ?? [])
        {
            WriteOne(write, lost, mayRetry: false);
        }
        return lost;
    }

    /// <summary>What helps to understand why a limit was refused.</summary>
    private protected virtual string? HintFor(CgroupWrite write, Errno errno) => errno switch
    {
        Errno.ENOENT when write.Controller == "hugetlb" => "this kernel has no huge pages of that size",
        Errno.ENOENT => "this kernel has no such file",
        Errno.ENODEV or Errno.ENXIO when write.Controller is "io" or "blkio" => "there is no such block device",
        _ => null,
    };

    /// <summary>What puts back what the file says now, or that which is written in its place where there is none; null when it cannot be read.</summary>
    private CgroupWrite? Undo(CgroupWrite write) =>
        CgroupFiles.TryRead(Directory(PathOf(write.Controller)), write.File, out var text) switch
        {
            Errno.None => ResourceChange.Undo(write, text),
            Errno.ENOENT when write.Fallback is not null => Undo(write.Fallback),
            _ => null,
        };

    private bool WriteOne(CgroupWrite write, List<string> lost, bool mayRetry)
    {
        var errno = Write(write);
        switch (errno)
        {
            case Errno.None:
                return true;
            case Errno.ENOENT when write.Optional:
                if (write.Lost is not null)
                {
                    lost.Add($"{write.Place}: {write.Lost}: this kernel has no {write.File}");
                }
                return true;
            case Errno.ENOENT when write.Fallback is not null:
                return WriteOne(write.Fallback, lost, mayRetry);
            case Errno.EINVAL when mayRetry:
                return false;
            default:
                throw CgroupErrors.Call("cannot set a limit", "write", PathOf(write.Controller) + "/" + write.File, write.Value, errno, write.Place, HintFor(write, errno));
        }
    }

    private Errno Write(CgroupWrite write)
    {
        var directory = Directory(PathOf(write.Controller));
        var errno = Errno.None;
        foreach (var line in write.ByLine ? write.Value.Split('\n', StringSplitOptions.RemoveEmptyEntries) : [write.Value])
        {
            errno = CgroupFiles.TryWrite(directory, write.File, line);
            if (errno != Errno.None)
            {
                break;
            }
        }
        return errno;
    }
}
