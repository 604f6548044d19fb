using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>The steps after the pivot, up to the program (STAGE.md steps 28 to 38).</summary>
internal static class FinishSteps
{
    /// <summary>Identity of the container and what it may not see or change: host name, kernel parameters, masked and read-only paths.</summary>
    internal static void AddSystem(PlanBuilder plan, RuntimeConfig config, bool rootReadonly)
    {
        if (rootReadonly)
        {
            if (config.Process?.Cwd is { Length: > 1 } cwd)
            {
                // runc makes a missing working directory before the root is read-only; what cannot be made is an error when it is entered.
                plan.Add(new PlanStep(PlanOp.MakeDirectory) { S0 = cwd, N0 = 0x1ED, Flags = StepFlags.Optional, Place = "/process/cwd", What = "make the working directory" });
            }

            plan.Add(new PlanStep(PlanOp.RootAttr) { U0 = MountAttr.ReadOnly, Place = "/root/readonly", What = "make the root filesystem read-only" });
        }

        if (!string.IsNullOrEmpty(config.Hostname))
        {
            plan.Add(new PlanStep(PlanOp.Hostname) { S0 = config.Hostname, Place = "/hostname", What = "set the host name" });
        }

        if (!string.IsNullOrEmpty(config.Domainname))
        {
            plan.Add(new PlanStep(PlanOp.Domainname) { S0 = config.Domainname, Place = "/domainname", What = "set the domain name" });
        }

        foreach ((string key, string value) in config.Linux?.Sysctl ?? [])
        {
            SysctlKeys.TryNormalize(key, out string path);
            plan.Add(new PlanStep(PlanOp.ProcWrite)
            {
                S0 = "sys/" + path,
                S1 = value,
                Place = "/linux/sysctl/" + JsonPointer.Escape(key),
                What = $"set the kernel parameter {Quoting.Escape(key)}",
            });
        }

        AddPaths(plan, PlanOp.ReadonlyPath, config.Linux?.ReadonlyPaths, "/linux/readonlyPaths", "make read-only");
        AddPaths(plan, PlanOp.MaskPath, config.Linux?.MaskedPaths, "/linux/maskedPaths", "mask");
    }

    /// <summary>The terminal of a program that wants one; with <paramref name="bind"/> it is /dev/console, too.</summary>
    internal static void AddConsole(PlanBuilder plan, Process? process, bool bind)
    {
        if (process is { Terminal: true })
        {
            plan.Add(new PlanStep(PlanOp.Console)
            {
                N0 = process.ConsoleSize?.Height ?? 0,
                N1 = process.ConsoleSize?.Width ?? 0,
                N2 = process.User?.Uid ?? 0,
                Flags = bind ? StepFlags.ConsoleBind : StepFlags.None,
                Place = "/process/terminal",
                What = "set up the terminal",
            });
        }
    }

    /// <summary>What the program is: environment, limits, ids, working directory; ends with the program found and nothing left but to execute it.</summary>
    /// <param name="plan">Gets the steps.</param>
    /// <param name="process">The program.</param>
    /// <param name="host">Who we are.</param>
    /// <param name="makeDirectory">A missing working directory is made (create); else it is an error (exec), as in runc and crun.</param>
    internal static void AddProcess(PlanBuilder plan, ProcessPlan process, HostFacts host, bool makeDirectory)
    {
        Process spec = process.Spec;
        plan.Add(new PlanStep(PlanOp.Env) { S0 = process.Environment });
        if (process.KeyringName is not null)
        {
            if (process.KeyringLabel is { } label)
            {
                plan.Add(new PlanStep(PlanOp.ProcWrite) { S0 = "thread-self/attr/keycreate", S1 = label, Place = "/process/selinuxLabel", What = "set the label of the keyring" });
            }

            // A kernel without keyrings, or a user whose quota of keys is full, must not stop a container: a warning.
            plan.Add(new PlanStep(PlanOp.Keyring) { S0 = process.KeyringName, U0 = process.JoinsContainer ? 0UL : 0x3f0000, Flags = StepFlags.KeyringLenient, What = "join the container's session keyring" });
        }

        SchedulingSteps.Add(plan, spec, process.Memory, process.ScheduledByHost);
        if (process.Personality is { } personality)
        {
            plan.Add(new PlanStep(PlanOp.Personality) { U0 = personality, Place = "/linux/personality", What = "set the execution domain" });
        }

        if (process.RaisedLimits.Count + plan.HostSteps.Count > 0)
        {
            plan.Add(new PlanStep(PlanOp.Sync)
            {
                N0 = (uint)StageMessageType.Limits,
                N1 = (uint)StageMessageType.Limited,
                Place = process.RaisedLimits.Count > 0 ? "/process/rlimits" : plan.HostSteps[0].Place,
                What = "have limits raised and scheduling set from outside",
            });
        }

        if (process.NeedsHome)
        {
            plan.Add(new PlanStep(PlanOp.Passwd) { What = "find the home directory in /etc/passwd" });
        }

        foreach ((string path, string value, string place) in process.LabelWrites)
        {
            plan.Add(new PlanStep(PlanOp.ProcWrite) { S0 = path, S1 = value, Place = place, What = "set the security label" });
        }

        bool noNewPrivileges = spec.NoNewPrivileges == true;
        bool keepSysAdmin = process.Seccomp is not null && !noNewPrivileges;
        byte[] credentials = SecuritySteps.Credentials(spec.User, process.Capabilities, host, process.KeepGroups, keepSysAdmin);
        plan.Add(new PlanStep(PlanOp.StdioOwner) { N0 = spec.User?.Uid ?? 0, N1 = spec.User?.Gid ?? 0, What = "give standard input and output to the user" });
        uint make = makeDirectory ? 1u : 0;
        plan.Add(new PlanStep(PlanOp.Chdir) { S0 = spec.Cwd, N0 = make, Place = "/process/cwd", What = $"enter the working directory {Quoting.Quote(spec.Cwd!)}" });
        if (noNewPrivileges)
        {
            plan.Add(new PlanStep(PlanOp.NoNewPrivs) { Place = "/process/noNewPrivileges", What = "set no_new_privs" });
        }

        plan.Add(new PlanStep(PlanOp.Credentials) { S0 = credentials, Place = "/process/user", What = "become the user of the program" });
        plan.Add(new PlanStep(PlanOp.ChdirFinal) { S0 = spec.Cwd, N0 = make, Place = "/process/cwd", What = $"enter the working directory {Quoting.Quote(spec.Cwd!)}" });
        plan.Add(new PlanStep(PlanOp.Umask) { N0 = spec.User?.Umask ?? 0x12, Place = "/process/user/umask" });
        plan.Add(new PlanStep(PlanOp.Lookup)
        {
            S0 = spec.Args![0],
            S1 = process.Environment,
            Flags = host.ForeignFormats ? StepFlags.LookupAnyFormat : StepFlags.None,
            Place = "/process/args/0",
            What = "find the program",
        });
        plan.Add(new PlanStep(PlanOp.Ready));
        AddStart(plan, process, credentials, keepSysAdmin);
    }

    /// <summary>A container without a program (S11): its namespaces wait for a start that will fail.</summary>
    internal static void AddNoProcess(PlanBuilder plan)
    {
        plan.Add(new PlanStep(PlanOp.Ready));
        plan.Add(AwaitStart(plan));
        plan.Add(new PlanStep(PlanOp.Pause));
    }

    private static void AddStart(PlanBuilder plan, ProcessPlan process, byte[] credentials, bool keepSysAdmin)
    {
        plan.Add(process.StartsAtOnce ? StatusPage(plan) : AwaitStart(plan));
        if (process.EndsWithParent)
        {
            plan.Add(new PlanStep(PlanOp.ParentDeath) { N0 = 9 }); // again: being ready has taken it back
        }

        HookSteps.Add(plan, process.StartContainerHooks, "startContainer", process.HookState, environment: null, inRootfs: false);
        // The limits that we may set ourselves come last: a small RLIMIT_NOFILE would break accept(2) of the start socket.
        foreach ((int resource, Rlimit limit, string place) in process.Limits)
        {
            plan.Add(new PlanStep(PlanOp.ResourceLimit) { N0 = (uint)resource, U0 = limit.Soft, U1 = limit.Hard, Place = place, What = $"set {limit.Type}" });
        }

        if (process.Seccomp is { } filter)
        {
            plan.Add(new PlanStep(PlanOp.Seccomp)
            {
                S0 = filter.Program,
                N0 = (uint)(filter.Program.Length / 8),
                U0 = filter.Flags,
                Flags = filter.Agent is null ? StepFlags.None : StepFlags.SeccompNotify,
                Descriptor = filter.Agent is null ? -1 : plan.Descriptor(filter.Agent),
                S1 = filter.AgentState,
                N1 = process.JoinsContainer ? 1u : 2u, // the process and, of an init, the container
                Place = "/linux/seccomp",
                What = "load the system call filter",
            });
            if (keepSysAdmin)
            {
                plan.Add(new PlanStep(PlanOp.CapsAgain) { S0 = credentials, Place = "/process/capabilities", What = "drop CAP_SYS_ADMIN" });
            }
        }

        plan.Add(new PlanStep(PlanOp.Exec)
        {
            S0 = process.Spec.Args,
            Place = "/process/args",
            What = $"execute {Quoting.Quote(process.Spec.Args![0])}",
        });
    }

    /// <summary>run goes on without a start: what becomes of it stands on a page that we share with the stage.</summary>
    private static PlanStep StatusPage(PlanBuilder plan) =>
        new(PlanOp.StatusPage) { Descriptor = plan.Descriptor(new PlanDescriptor.StatusPage()), What = "share the status page" };

    private static PlanStep AwaitStart(PlanBuilder plan) =>
        new(PlanOp.AwaitStart) { Descriptor = plan.Descriptor(new PlanDescriptor.StartSocket()), What = "wait for start" };

    private static void AddPaths(PlanBuilder plan, PlanOp op, string[]? paths, string place, string what)
    {
        for (int i = 0; i < (paths?.Length ?? 0); i++)
        {
            string path = Paths.Clean(paths![i]);
            // What is mounted over the root is seen by nobody whose root it is already: its mount itself is made read-only, as runc does.
            bool root = op == PlanOp.ReadonlyPath && path == "/";
            plan.Add(new PlanStep(root ? PlanOp.RootAttr : op)
            {
                S0 = root ? null : path,
                U0 = root ? MountAttr.ReadOnly : 0,
                Flags = root ? StepFlags.None : StepFlags.SkipMissing,
                Place = string.Create(CultureInfo.InvariantCulture, $"{place}/{i}"),
                What = $"{what} {Quoting.Quote(paths[i])}",
            });
        }
    }
}
