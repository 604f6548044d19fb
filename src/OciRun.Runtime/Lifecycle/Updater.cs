using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun update: other limits for a container that runs.</summary>
public static class Updater
{
    /// <summary>Changes the limits that <paramref name="change"/> names and remembers them; device rules in it are left alone (C30).</summary>
    /// <exception cref="ContainerException">It has stopped, or a limit was refused: then all are as before.</exception>
    public static void Update(RuntimeOptions runtime, string id, Resources change)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: true);
        StateFile state = directory.ReadState();
        if (!state.IsComplete || !ContainerStatus.IsAlive(state))
        {
            throw ContainerStatus.NotRunning(id);
        }

        RuntimeConfig config = ConfigReader.Read(directory.ReadConfig());
        Resources after = ResourceChange.Merge(config.Linux?.Resources, change);
        using Cgroup cgroup = CgroupSetup.Of(state)
            ?? throw new ContainerException(ErrorCode.Cgroup, $"container {Quoting.Quote(id)} has no cgroup, so it has no limits to change");
        foreach (string warning in CgroupSetup.Translate(() => cgroup.ChangeLimits(config.Linux?.Resources, change, after)))
        {
            runtime.Diagnostics.Weaken(warning);
        }

        (config.Linux ??= new LinuxSection()).Resources = after;
        directory.ReplaceConfig(DefaultConfig.Serialize(config));
    }
}
