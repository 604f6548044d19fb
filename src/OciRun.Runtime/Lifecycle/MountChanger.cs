using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun mounts: changes the mounts of a container that runs, or waits for start.</summary>
public static class MountChanger
{
    /// <summary>Adds mounts in their order: all of them, or none.</summary>
    /// <param name="runtime">As for every verb.</param>
    /// <param name="id">The container's.</param>
    /// <param name="mounts">As config.json has them; bind mounts and tmpfs only. Relative sources are below the bundle.</param>
    /// <exception cref="ContainerException">The container does not run, or has no mount namespace; a mount is described wrongly; a step failed.</exception>
    public static void Add(RuntimeOptions runtime, string id, Mount[] mounts)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        PlanContext context = Look(state, directory, id);
        Check(mounts, context);
        int done = 0;
        try
        {
            for (; done < mounts.Length; done++)
            {
                Run(state, directory, init => HotMountPlanner.Add(mounts[done], done, context, init));
            }
        }
        catch (Exception e) when (e is ContainerException or LinuxException)
        {
            while (done-- > 0)
            {
                TakeBack(runtime.Diagnostics, mounts[done].Destination!, state, directory, context);
            }

            throw;
        }
    }

    /// <summary>Removes what is mounted at these paths, each with all below it. A program that has a file of it open keeps that file.</summary>
    /// <param name="runtime">As for every verb.</param>
    /// <param name="id">The container's.</param>
    /// <param name="destinations">Paths in the container.</param>
    /// <exception cref="ContainerException">The container does not run; nothing is mounted there; it is the root.</exception>
    public static void Remove(RuntimeOptions runtime, string id, IReadOnlyList<string> destinations)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        PlanContext context = Look(state, directory, id);
        foreach (string destination in destinations)
        {
            Run(state, directory, init => HotMountPlanner.Remove(destination, context, init));
        }
    }

    /// <summary>All mounts of the container as its first process sees them, in the kernel's order.</summary>
    /// <exception cref="ContainerException">The container does not run.</exception>
    public static List<MountEntry> List(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        using SafeFd init = Open(state);
        return MountEntry.TryRead(state.Pid) is { } entries && ContainerStatus.IsAlive(state) ? entries : throw ContainerStatus.NotRunning(id);
    }

    private static SafeFd Open(StateFile state) => ContainerStatus.OpenRunning(state) ?? throw ContainerStatus.NotRunning(state.Id);

    private static PlanContext Look(StateFile state, ContainerDirectory directory, string id)
    {
        Open(state).Dispose();
        RuntimeConfig config = ConfigReader.ReadForExec(directory.ReadConfig());
        NamespacePlan namespaces = NamespacePlan.From(config);
        var request = new PlanRequest(id, state.Bundle) { CgroupPaths = state.CgroupPaths, CreatingState = "", CreatedState = "" };
        return namespaces.IsOwn(CloneFlags.NewNamespace)
            ? new PlanContext(config, request, HostFacts.Gather(config), namespaces)
            : throw new ContainerException(ErrorCode.Unsupported, $"container {Quoting.Quote(id)} has no mount namespace of its own: its mounts are those of the host");
    }

    private static void Check(Mount[] mounts, PlanContext context)
    {
        IReadOnlyList<Finding> findings = ConfigValidator.ValidateMounts(mounts, context.Config);
        if (ConfigValidator.HasFaults(findings))
        {
            throw new ContainerException(ErrorCode.InvalidConfig, Quoting.Escape(new InvalidConfigException(findings).Message)) { Place = findings[0].Path };
        }

        for (int i = 0; i < mounts.Length; i++)
        {
            MountOptions options = MountOptions.Parse(mounts[i].Options);
            if (options.IsRemount || (!options.IsBind && mounts[i].Type != "tmpfs"))
            {
                throw new ContainerException(ErrorCode.Unsupported, $"/mounts/{i}: only bind mounts and tmpfs can be added to a container that runs") { Place = $"/mounts/{i}" };
            }
        }
    }

    /// <summary>One process for one mount: it fails with its words on the socket, or ends well.</summary>
    private static void Run(StateFile state, ContainerDirectory directory, Func<SafeFd, PlanBuilder> makePlan)
    {
        PlanBuilder plan = makePlan(Open(state));
        using var descriptors = new PlanDescriptors(plan.Descriptors, directory);
        using StageProcess stage = StageProcess.Start(plan.Steps, descriptors.Open());
        StageMessage? message = stage.Connection.Receive();
        int? status = Processes.Wait(stage.Pid);
        if (message is { Type: StageMessageType.Fail })
        {
            throw StageErrors.Explain(plan.Steps[message.Step], message.Detail, message.Errno, message.Text);
        }

        if (status != 0)
        {
            throw new ContainerException(ErrorCode.InitDied, "the process that mounts died: " + WaitStatus.Describe(status ?? 0));
        }
    }

    private static void TakeBack(Diagnostics diagnostics, string destination, StateFile state, ContainerDirectory directory, PlanContext context)
    {
        try
        {
            Run(state, directory, init => HotMountPlanner.Remove(destination, context, init));
        }
        catch (Exception e) when (e is ContainerException or LinuxException)
        {
            diagnostics.Warn($"{Quoting.Quote(destination)} stays mounted: {e.Message}");
        }
    }
}
