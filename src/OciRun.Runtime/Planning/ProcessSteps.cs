using OciRun.Linux;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Planning;

/// <summary>
/// The steps of the first process, A: from the spawn until the container's init is born in all its namespaces (STAGE.md steps 9 to 19). Where no fork is needed A is
/// the init, and is born in its namespaces.
/// </summary>
internal static class ProcessSteps
{
    private const uint SigKill = 9;
    private static readonly CloneFlags[] s_joinOrder =
    [
        CloneFlags.NewIpc, CloneFlags.NewUts, CloneFlags.NewNet, CloneFlags.NewPid, CloneFlags.NewTime, CloneFlags.NewCgroup, CloneFlags.NewNamespace,
    ];

    /// <summary>The namespaces that the first process is born in: all that are possible. CLONE_NEWCGROUP waits until we are in the final cgroup (17).</summary>
    internal static CloneFlags SpawnFlags(NamespacePlan namespaces) =>
        namespaces.NeedsFork ? CloneFlags.None : namespaces.New & ~CloneFlags.NewCgroup;

    internal static void Add(PlanBuilder plan, NamespacePlan namespaces, HostFacts host, string? timeOffsets)
    {
        plan.Add(new PlanStep(PlanOp.ParentDeath) { N0 = SigKill });
        plan.Add(new PlanStep(PlanOp.AwaitGo));
        plan.Add(new PlanStep(PlanOp.Dumpable) { N0 = 0, What = "become undumpable" });
        bool user = namespaces.IsOwn(CloneFlags.NewUser);
        if (user && timeOffsets is not null)
        {
            plan.Add(new PlanStep(PlanOp.TimeOffsetsOpen) { Place = "/linux/timeOffsets", What = "open timens_offsets" });
        }

        if (user && HasOpener(namespaces, host))
        {
            plan.Add(new PlanStep(PlanOp.Opener) { What = "start the opener of mount sources" });
        }

        AddJoins(plan, namespaces, user);
        if (namespaces.IsNew(CloneFlags.NewUser))
        {
            if (namespaces.JoinedOf(CloneFlags.NewPid) is not null || namespaces.JoinedOf(CloneFlags.NewTime) is not null)
            {
                plan.Add(new PlanStep(PlanOp.Fork) { Place = namespaces.JoinedOf(CloneFlags.NewPid)?.Place, What = "enter the joined pid namespace" });
            }

            plan.Add(new PlanStep(PlanOp.Unshare) { U0 = (ulong)CloneFlags.NewUser, Place = "/linux/namespaces", What = "create a user namespace" });
            plan.Add(new PlanStep(PlanOp.IdMaps) { Place = "/linux/uidMappings", What = "write the id mappings" });
        }

        if (user)
        {
            plan.Add(Become(namespaces, host));
            plan.Add(new PlanStep(PlanOp.SetNamespaceDeferred) { Place = "/linux/namespaces", What = "join namespaces" });
        }

        AddUnshare(plan, namespaces, timeOffsets, user);
    }

    /// <summary>Mount sources are opened by a helper with the host's credentials: only for a caller who has more than the container's root will have.</summary>
    internal static bool HasOpener(NamespacePlan namespaces, HostFacts host) => namespaces.IsOwn(CloneFlags.NewUser) && host.IsHostRoot;

    private static void AddJoins(PlanBuilder plan, NamespacePlan namespaces, bool user)
    {
        foreach (CloneFlags type in s_joinOrder)
        {
            if (namespaces.JoinedOf(type) is { } joined)
            {
                plan.Add(Join(plan, joined, user ? StepFlags.SetNamespaceDefer : StepFlags.None));
            }
        }

        if (namespaces.JoinedOf(CloneFlags.NewUser) is { } userNamespace)
        {
            plan.Add(Join(plan, userNamespace, StepFlags.None));
        }
    }

    private static PlanStep Join(PlanBuilder plan, JoinedNamespace joined, StepFlags flags) => new(PlanOp.SetNamespace)
    {
        Descriptor = plan.Descriptor(new PlanDescriptor.NamespaceFile(joined.Path, joined.Type, joined.Place)),
        Flags = flags,
        U0 = (ulong)joined.Type,
        Place = joined.Place,
        What = $"join the namespace {Quoting.Quote(joined.Path)}",
    };

    /// <summary>
    /// Root of the new user namespace, or where 0 is not mapped (keep-id with a single id) the first id that is: setresuid(0) must not be assumed (U25).
    /// </summary>
    internal static PlanStep Become(NamespacePlan namespaces, HostFacts host)
    {
        uint uid = FirstMapped(namespaces.Maps?.Uids), gid = FirstMapped(namespaces.Maps?.Gids);
        bool keepGroups = !host.IsHostRoot;
        return new PlanStep(PlanOp.Become)
        {
            N0 = uid,
            N1 = gid,
            N2 = SigKill,
            Flags = keepGroups ? StepFlags.BecomeKeepGroups : namespaces.JoinedOf(CloneFlags.NewUser) is not null ? StepFlags.BecomeJoined : StepFlags.None,
            Place = "/linux/uidMappings",
            What = "become root of the user namespace",
        };
    }

    private static uint FirstMapped(Spec.IdMapping[]? mappings) =>
        mappings is null or [] || IdMaps.ToHost(mappings, 0) is not null ? 0 : mappings[0].ContainerID;

    private static void AddUnshare(PlanBuilder plan, NamespacePlan namespaces, string? timeOffsets, bool user)
    {
        CloneFlags rest = namespaces.New & ~CloneFlags.NewUser & ~SpawnFlags(namespaces);
        if (rest != CloneFlags.None)
        {
            plan.Add(new PlanStep(PlanOp.Unshare) { U0 = (ulong)rest, Place = "/linux/namespaces", What = $"create namespaces ({rest})" });
        }

        if (timeOffsets is not null)
        {
            if (!user)
            {
                plan.Add(new PlanStep(PlanOp.TimeOffsetsOpen) { Place = "/linux/timeOffsets", What = "open timens_offsets" });
            }

            plan.Add(new PlanStep(PlanOp.TimeOffsets) { S0 = timeOffsets, Place = "/linux/timeOffsets", What = "set the clocks of the time namespace" });
        }

        if (namespaces.NeedsFork)
        {
            plan.Add(new PlanStep(PlanOp.Fork) { Place = namespaces.JoinedOf(CloneFlags.NewPid)?.Place, What = "start the container's init" });
            plan.Add(new PlanStep(PlanOp.Born));
        }
    }
}
