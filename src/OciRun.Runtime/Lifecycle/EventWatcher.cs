using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun events: what a container uses, and when the kernel kills in it for memory.</summary>
public static class EventWatcher
{
    /// <summary>What it has used so far.</summary>
    /// <exception cref="ContainerException">It has stopped, or has no cgroup.</exception>
    public static CgroupStatistics Read(RuntimeOptions runtime, string id)
    {
        using SafeFd init = Open(runtime, id, out Cgroup cgroup);
        using (cgroup)
        {
            return CgroupSetup.Translate(cgroup.Statistics);
        }
    }

    /// <summary>Tells until the container ends.</summary>
    /// <param name="runtime">As for every verb.</param>
    /// <param name="id">The container's.</param>
    /// <param name="interval">Between two statistics.</param>
    /// <param name="onStatistics">What it has used.</param>
    /// <param name="onOutOfMemory">The kernel has killed in it for its memory limit; on v2 also in a cgroup below it.</param>
    /// <exception cref="ContainerException">It has stopped, or has no cgroup.</exception>
    public static void Watch(RuntimeOptions runtime, string id, TimeSpan interval, Action<CgroupStatistics> onStatistics, Action onOutOfMemory)
    {
        using SafeFd init = Open(runtime, id, out Cgroup cgroup);
        using (cgroup)
        using (SafeFd? oom = cgroup.WatchOom())
        {
            long kills = cgroup.OomKills()?.Kills ?? 0, next = Environment.TickCount64 + (long)interval.TotalMilliseconds;
            while (true)
            {
                int wait = (int)Math.Clamp(next - Environment.TickCount64, 0, int.MaxValue);
                int ready = oom is null ? Processes.WaitReadable([init], wait) : Processes.WaitReadable([init, oom], wait);
                kills = ReportKills(cgroup, oom, kills, onOutOfMemory);
                if (ready == 0)
                {
                    return;
                }

                if (ready < 0)
                {
                    next = Math.Max(next + (long)interval.TotalMilliseconds, Environment.TickCount64); // not all at once after a stop
                    onStatistics(CgroupSetup.Translate(cgroup.Statistics));
                }
            }
        }
    }

    /// <summary>The descriptor only says that something may have happened: memory.events changes for other reasons, too.</summary>
    private static long ReportKills(Cgroup cgroup, SafeFd? oom, long known, Action onOutOfMemory)
    {
        if (oom is null)
        {
            return known;
        }

        Span<byte> events = stackalloc byte[512];
        while (Files.ReadAvailable(oom, events) > 0)
        {
            // what is in it says nothing more
        }

        long kills = cgroup.OomKills()?.Kills ?? known;
        for (; known < kills; known++)
        {
            onOutOfMemory();
        }

        return kills;
    }

    private static SafeFd Open(RuntimeOptions runtime, string id, out Cgroup cgroup)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        SafeFd init = ContainerStatus.OpenInit(state) ?? throw ContainerStatus.NotRunning(id);
        cgroup = CgroupSetup.Of(state) ?? throw new ContainerException(ErrorCode.Cgroup, $"container {Quoting.Quote(id)} has no cgroup, so nothing is counted");
        return init;
    }
}
