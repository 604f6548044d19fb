using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>
/// The plan of exec: a process that joins all of a container's namespaces and then becomes a program as an init does. Pure. The order is that of create where the two do
/// the same.
/// </summary>
internal static class ExecPlanner
{
    private const uint SigKill = 9;

    /// <param name="config">What <see cref="ConfigReader.ReadForExec"/> gives, with the process to run in place of the container's.</param>
    /// <param name="host">The machine.</param>
    /// <param name="request">What does not come from the config.</param>
    /// <param name="init">pidfd of the container's init.</param>
    /// <param name="initPid">Its pid.</param>
    internal static ContainerPlan Plan(RuntimeConfig config, HostFacts host, PlanRequest request, SafeFd init, int initPid)
    {
        NamespacePlan namespaces = NamespacePlan.From(config);
        var plan = new PlanBuilder();
        var context = new PlanContext(config, request, host, namespaces);
        bool forks = namespaces.IsOwn(CloneFlags.NewPid);
        bool ownMounts = namespaces.IsOwn(CloneFlags.NewNamespace);

        plan.Add(new PlanStep(PlanOp.ParentDeath) { N0 = SigKill });
        plan.Add(new PlanStep(PlanOp.AwaitGo));
        // Before the first namespace: the container's root could open what we still hold of the host (CVE-2016-9962).
        plan.Add(new PlanStep(PlanOp.Dumpable) { N0 = 0, What = "become undumpable" });
        if (!ownMounts)
        {
            // Its init was given its root by chroot(2), which no namespace knows of.
            string root = string.Create(CultureInfo.InvariantCulture, $"/proc/{initPid}/root");
            plan.Add(new PlanStep(PlanOp.Rootfs) { S0 = root, Place = "/root/path", What = "open the container's root" });
        }

        AddNamespaces(plan, namespaces, host, init);
        if (forks)
        {
            plan.Add(new PlanStep(PlanOp.Fork) { Flags = StepFlags.ForkInPlace, What = "enter the container's pid namespace" });
            plan.Add(new PlanStep(PlanOp.Born) { Flags = StepFlags.BornGoesOn });
        }

        plan.Add(new PlanStep(PlanOp.SetSid));
        if (!ownMounts)
        {
            plan.Add(new PlanStep(PlanOp.Pivot) { Flags = StepFlags.PivotChroot, Place = "/root/path", What = "enter the container's root" });
        }

        FinishSteps.AddConsole(plan, config.Process, bind: false);
        ProcessPlan process = ProcessPlanner.Plan(context, plan.Warnings);
        if (process.LabelWrites.Count > 0 || process.KeyringLabel is not null)
        {
            // Whatever is mounted there: it has to be procfs, and the file of it that belongs to this process.
            plan.Add(new PlanStep(PlanOp.ProcPrivate) { Flags = StepFlags.ProcHost, What = "open the container's procfs" });
        }

        FinishSteps.AddProcess(plan, process, host, makeDirectory: false);
        return new ContainerPlan
        {
            Config = config,
            Rootfs = "",
            Namespaces = namespaces,
            SpawnFlags = CloneFlags.None,
            Forks = forks,
            Steps = plan.Steps,
            HostSteps = plan.HostSteps,
            Descriptors = plan.Descriptors,
            Warnings = plan.Warnings,
            Fallbacks = plan.Fallbacks,
            RaisedLimits = process.RaisedLimits,
            WaitsAfterMounts = false,
            Terminal = config.Process?.Terminal == true,
        };
    }

    private static void AddNamespaces(PlanBuilder plan, NamespacePlan namespaces, HostFacts host, SafeFd init)
    {
        CloneFlags all = namespaces.New;
        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            all |= joined.Type;
        }

        if (all == CloneFlags.None)
        {
            return;
        }

        plan.Add(new PlanStep(PlanOp.SetNamespace)
        {
            Descriptor = plan.Descriptor(new PlanDescriptor.Given(init)),
            U0 = (ulong)all,
            Place = "/linux/namespaces",
            What = $"join the container's namespaces ({all})",
        });
        if (namespaces.IsOwn(CloneFlags.NewUser))
        {
            plan.Add(ProcessSteps.Become(namespaces, host));
        }
    }
}
