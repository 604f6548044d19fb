using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>The plan of mounts add and remove: a process that joins the mount namespace of a running container for one mount, and ends. Pure.</summary>
internal static class HotMountPlanner
{
    private const uint SigKill = 9;

    /// <param name="mount">A bind mount or a tmpfs, validated.</param>
    /// <param name="index">Its place in the list that was given.</param>
    /// <param name="context">The container.</param>
    /// <param name="init">pidfd of its init.</param>
    internal static PlanBuilder Add(Mount mount, int index, PlanContext context, SafeFd init)
    {
        MountOptions options = MountOptions.Parse(mount.Options);
        var plan = new PlanBuilder();
        Begin(plan);
        bool opener = options.IsBind && ProcessSteps.HasOpener(context.Namespaces, context.Host);
        if (opener)
        {
            plan.Add(new PlanStep(PlanOp.Opener) { What = "start the opener of mount sources" });
        }

        JoinUser(plan, context, init);
        if (options.IsBind)
        {
            // The source is looked for in a copy of the host's mounts, as by create: what is ro, nosuid or covered on the host is locked for the container's root, and what the
            // container mounts does not appear on the host.
            plan.Add(new PlanStep(PlanOp.Unshare) { U0 = (ulong)CloneFlags.NewNamespace, What = "copy the host's mounts" });
            ulong propagation = options.Propagation.Count == 0 ? MountFlag.Private : MountFlag.Slave;
            plan.Add(new PlanStep(PlanOp.Propagation) { S0 = "/", U0 = propagation | MountFlag.Rec, What = "cut the copy off" });
            new MountSteps(plan, context, beforeAttach: () => JoinMounts(plan, init)).Add(mount, index);
        }
        else
        {
            JoinMounts(plan, init);
            new MountSteps(plan, context).Add(mount, index);
        }

        return plan;
    }

    /// <param name="destination">Path in the container.</param>
    /// <param name="context">The container.</param>
    /// <param name="init">pidfd of its init.</param>
    internal static PlanBuilder Remove(string destination, PlanContext context, SafeFd init)
    {
        var plan = new PlanBuilder();
        Begin(plan);
        plan.Add(new PlanStep(PlanOp.ProcPrivate) { Flags = StepFlags.ProcHost, What = "open procfs" });
        JoinUser(plan, context, init);
        JoinMounts(plan, init);
        plan.Add(new PlanStep(PlanOp.Unmount) { S0 = destination, What = $"unmount {Quoting.Quote(destination)}" });
        return plan;
    }

    /// <summary>Undumpable before the first namespace: the container's root could open what we still hold of the host.</summary>
    private static void Begin(PlanBuilder plan)
    {
        plan.Add(new PlanStep(PlanOp.ParentDeath) { N0 = SigKill });
        plan.Add(new PlanStep(PlanOp.Dumpable) { N0 = 0, What = "become undumpable" });
    }

    private static void JoinUser(PlanBuilder plan, PlanContext context, SafeFd init)
    {
        if (context.Namespaces.IsOwn(CloneFlags.NewUser))
        {
            plan.Add(Join(plan, init, CloneFlags.NewUser));
            plan.Add(ProcessSteps.Become(context.Namespaces, context.Host));
        }
    }

    private static void JoinMounts(PlanBuilder plan, SafeFd init) => plan.Add(Join(plan, init, CloneFlags.NewNamespace));

    private static PlanStep Join(PlanBuilder plan, SafeFd init, CloneFlags type) => new(PlanOp.SetNamespace)
    {
        Descriptor = plan.Descriptor(new PlanDescriptor.Given(init)),
        U0 = (ulong)type,
        What = $"join the container's namespace ({type})",
    };
}
