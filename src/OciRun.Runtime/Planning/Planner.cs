using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>
/// Turns a validated config.json into a <see cref="ContainerPlan"/>. Pure: looks at nothing but its arguments. The order of the steps, with the reason for each
/// place, is that of docs/architecture.md.
/// </summary>
internal static class Planner
{
    /// <exception cref="ContainerException">The config asks for what cannot be done here.</exception>
    internal static ContainerPlan Plan(RuntimeConfig config, HostFacts host, PlanRequest request)
    {
        if (config.Linux?.MountLabel is { Length: > 0 } label)
        {
            ProcessPlanner.CheckModule(host.SelinuxEnabled, "SELinux", "/linux/mountLabel", label);
        }

        NamespacePlan namespaces = NamespacePlan.From(config);
        var plan = new PlanBuilder();
        string rootfs = Paths.Below(request.Bundle, config.Root!.Path!);
        var context = new PlanContext(config, request, host, namespaces);

        ProcessSteps.Add(plan, namespaces, host, TimeOffsets(config));
        plan.Add(new PlanStep(PlanOp.SetSid));
        AddRoot(plan, context, rootfs);
        AddMounts(plan, context);
        bool waits = WaitsAfterMounts(config, request);
        if (waits)
        {
            plan.Add(new PlanStep(PlanOp.Sync) { N0 = (uint)StageMessageType.Mounted, N1 = (uint)StageMessageType.Hooked });
        }

        HookSteps.Add(plan, config.Hooks?.CreateContainer, "createContainer", request.CreatingState, config.Process?.Env, inRootfs: true);
        AddPivot(plan, context);
        FinishSteps.AddSystem(plan, config, config.Root.Readonly);
        List<(int, Rlimit, string)> raised = AddProcess(plan, context);
        return new ContainerPlan
        {
            Config = config,
            Rootfs = rootfs,
            Namespaces = namespaces,
            SpawnFlags = ProcessSteps.SpawnFlags(namespaces),
            Forks = namespaces.NeedsFork,
            Steps = plan.Steps,
            HostSteps = plan.HostSteps,
            Descriptors = plan.Descriptors,
            Warnings = plan.Warnings,
            Fallbacks = plan.Fallbacks,
            RaisedLimits = raised,
            WaitsAfterMounts = waits,
            Terminal = config.Process?.Terminal == true,
        };
    }

    private static void AddRoot(PlanBuilder plan, PlanContext context, string rootfs)
    {
        bool ownMounts = context.Namespaces.IsNew(CloneFlags.NewNamespace);
        if (ownMounts)
        {
            // What we mount must not reach the host, even where the rootfs is to be shared: its parent is a slave before anything is attached.
            plan.Add(new PlanStep(PlanOp.Propagation) { S0 = "/", U0 = MountFlag.Slave | MountFlag.Rec, What = "make the mount tree a slave of the host's" });
        }

        if (NeedsProc(context.Config, context.Host))
        {
            bool canMount = context.Namespaces.IsOwn(CloneFlags.NewPid) && ownMounts;
            plan.Add(new PlanStep(PlanOp.ProcPrivate) { Flags = canMount ? StepFlags.None : StepFlags.ProcHost, What = "open a private procfs" });
        }

        RootSteps.Add(plan, context, rootfs);
    }

    private static void AddMounts(PlanBuilder plan, PlanContext context)
    {
        var mounts = new MountSteps(plan, context);
        Mount[] listed = context.Config.Mounts ?? [];
        for (int i = 0; i < listed.Length; i++)
        {
            mounts.Add(listed[i], i);
        }

        if (context.Request.NotifyDirectory is { } notify)
        {
            mounts.AddNotify(notify);
        }

        if (context.Config.Linux?.MaskedPaths is { Length: > 0 })
        {
            plan.Add(new PlanStep(PlanOp.Tree)
            {
                // The host's /dev/null, verified by its number: the container's own could be anything (CVE-2025-31133).
                S0 = "/dev/null",
                Flags = StepFlags.TreeDevice | StepFlags.TreeKeepMask,
                N0 = FileType.Character,
                U0 = DeviceSteps.DeviceNumber(1, 3),
                Place = "/linux/maskedPaths",
                What = "open /dev/null of the host",
            });
        }

        if (!DeviceSteps.DevIsBound(listed))
        {
            DeviceSteps.Add(plan, context.Config, context.Namespaces, context.Host);
        }

        if (context.Namespaces.IsNew(CloneFlags.NewNet))
        {
            plan.Add(new PlanStep(PlanOp.Loopback) { What = "bring the loopback interface up" });
        }

        if (context.Config.Linux?.NetDevices is { Count: > 0 })
        {
            plan.Add(new PlanStep(PlanOp.Sync)
            {
                Flags = StepFlags.SyncNetlink,
                N0 = (uint)StageMessageType.Netsock,
                N1 = (uint)StageMessageType.Go,
                Place = "/linux/netDevices",
                What = "have network devices moved here",
            });
        }
    }

    private static void AddPivot(PlanBuilder plan, PlanContext context)
    {
        StepFlags how = !context.Namespaces.IsOwn(CloneFlags.NewNamespace) ? StepFlags.PivotChroot
            : context.Request.NoPivot ? StepFlags.PivotMove : StepFlags.None;
        plan.Add(new PlanStep(PlanOp.Pivot) { Flags = how, Place = "/root/path", What = "make the root filesystem the root" });
        if (MountFlag.TryGetPropagation(context.Config.Linux?.RootfsPropagation, out ulong propagation) && how != StepFlags.PivotChroot)
        {
            plan.Add(new PlanStep(PlanOp.RootAttr)
            {
                N0 = (uint)(propagation & ~MountFlag.Rec),
                Flags = (propagation & MountFlag.Rec) != 0 ? StepFlags.AttrRecursive : StepFlags.None,
                Place = "/linux/rootfsPropagation",
                What = "set the propagation of the root mount",
            });
        }

        FinishSteps.AddConsole(plan, context.Config.Process, bind: context.Namespaces.IsOwn(CloneFlags.NewNamespace));
        MountSteps.AddReadOnlyDev(plan, context.Config.Mounts);
    }

    private static List<(int, Rlimit, string)> AddProcess(PlanBuilder plan, PlanContext context)
    {
        if (context.Config.Process is null)
        {
            FinishSteps.AddNoProcess(plan);
            return [];
        }

        ProcessPlan process = ProcessPlanner.Plan(context, plan.Warnings);
        FinishSteps.AddProcess(plan, process, context.Host, makeDirectory: true);
        return process.RaisedLimits;
    }

    private static bool WaitsAfterMounts(RuntimeConfig config, PlanRequest request)
    {
        // The device rules of v1 come one by one, after all was denied: mknod(2) would fail between them. On v2 they come at once, and allow mknod.
        if (request.CgroupHost is { Mode: not CgroupMode.V2 })
        {
            return true;
        }

        // A policy is about the nodes of the cpuset: those of the caller's would be other ones.
        if (config.Linux?.MemoryPolicy is not null && !string.IsNullOrEmpty(config.Linux.Resources?.Cpu?.Mems))
        {
            return true;
        }

        if (config.Hooks?.Prestart is { Length: > 0 } || config.Hooks?.CreateRuntime is { Length: > 0 })
        {
            return true;
        }

        foreach (Mount mount in config.Mounts ?? [])
        {
            if (Array.IndexOf(mount.Options ?? [], "tmpcopyup") >= 0 || MayNeedDevice(mount))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Something will be written to procfs from inside.</summary>
    private static bool NeedsProc(RuntimeConfig config, HostFacts host) =>
        config.Linux?.Sysctl is { Count: > 0 }
        || !string.IsNullOrEmpty(config.Process?.SelinuxLabel)
        || !string.IsNullOrEmpty(config.Process?.ApparmorProfile);

    private static string? TimeOffsets(RuntimeConfig config)
    {
        if (config.Linux?.TimeOffsets is not { Count: > 0 } offsets)
        {
            return null;
        }

        string text = "";
        foreach ((string clock, TimeOffset offset) in offsets)
        {
            text += $"{clock} {offset.Secs} {offset.Nanosecs}\n";
        }

        return text;
    }

    /// <summary>A file system on a block device, which the rules may deny to the container: it is mounted before they are set.</summary>
    private static bool MayNeedDevice(Mount mount) =>
        mount.Type is not (null or "" or "bind" or "none" or "proc" or "sysfs" or "tmpfs" or "devpts" or "mqueue" or "cgroup" or "cgroup2" or "overlay")
        && !MountOptions.Parse(mount.Options).IsBind;
}
