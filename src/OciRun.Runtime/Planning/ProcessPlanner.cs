using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>Decides what the program gets: environment, capabilities, limits, labels.</summary>
internal static class ProcessPlanner
{
    private const string KeepGroupsAnnotation = "run.oci.keep_original_groups";

    internal static ProcessPlan Plan(PlanContext context, List<string> warnings)
    {
        Process process = context.Config.Process!;
        CheckIds(context, process);
        var dropped = new List<string>();
        CapabilitySets capabilities = SecuritySteps.Resolve(process.Capabilities, context.Host, dropped);
        if (dropped.Count > 0)
        {
            warnings.Add("these capabilities cannot be granted here, the program runs without them: " + Quoting.Escape(string.Join(", ", dropped)));
        }

        (string[] environment, bool needsHome) = Environment(process, context.Request);
        var own = new List<(int, Rlimit, string)>();
        var raised = new List<(int, Rlimit, string)>();
        SplitLimits(process, context.Host, own, raised);
        return new ProcessPlan
        {
            Spec = process,
            Environment = environment,
            NeedsHome = needsHome,
            Capabilities = capabilities,
            KeepGroups = KeepsGroups(context),
            KeyringName = context.Request.NoNewKeyring ? null : "_ses." + context.Request.Id,
            KeyringLabel = process.SelinuxLabel is { Length: > 0 } label ? label : null,
            Limits = own,
            RaisedLimits = raised,
            LabelWrites = Labels(context, process),
            Personality = context.Config.Linux?.Personality?.Domain switch { "LINUX" => 0, "LINUX32" => 8, _ => null },
            Memory = context.Config.Linux?.MemoryPolicy,
            ScheduledByHost = context.Namespaces.IsOwn(CloneFlags.NewUser) && context.Host.IsHostRoot,
            Seccomp = context.Request.Seccomp,
            JoinsContainer = context.Request.JoinsContainer,
            StartsAtOnce = context.Request.StartsAtOnce,
            EndsWithParent = context.Request.EndsWithParent,
            StartContainerHooks = context.Config.Hooks?.StartContainer,
            HookState = context.Request.CreatedState,
        };
    }

    /// <summary>An id that is not mapped cannot be taken; say so before the kernel says EINVAL (S75).</summary>
    private static void CheckIds(PlanContext context, Process process)
    {
        if (context.Namespaces.Maps is not { } maps || process.User is not { } user)
        {
            return;
        }

        CheckMapped(maps.Uids, user.Uid, "user", "/process/user/uid");
        CheckMapped(maps.Gids, user.Gid, "group", "/process/user/gid");
        for (int i = 0; i < (user.AdditionalGids?.Length ?? 0); i++)
        {
            CheckMapped(maps.Gids, user.AdditionalGids![i], "group", $"/process/user/additionalGids/{i}");
        }

        if (user.AdditionalGids is { Length: > 0 } && !context.Host.IsHostRoot && !AsksToKeepGroups(context) && maps.Gids is [{ Size: 1 }])
        {
            throw new ContainerException(
                ErrorCode.IdMapping,
                "/process/user/additionalGids: supplementary groups cannot be set in a user namespace with one group; map more with newgidmap " +
                $"(/etc/subgid), or keep the caller's groups with the annotation {KeepGroupsAnnotation}=1")
            { Place = "/process/user/additionalGids" };
        }
    }

    private static void CheckMapped(IdMapping[] mappings, uint id, string kind, string place)
    {
        if (mappings.Length > 0 && IdMaps.ToHost(mappings, id) is null)
        {
            string list = kind == "user" ? "uidMappings" : "gidMappings";
            throw new ContainerException(
                ErrorCode.IdMapping, $"{place}: {kind} {id} is not mapped in the user namespace; add it to /linux/{list} or choose one of those there")
            { Place = place };
        }
    }

    private static bool AsksToKeepGroups(PlanContext context) =>
        context.Config.Annotations?.TryGetValue(KeepGroupsAnnotation, out string? keep) == true && keep == "1";

    private static bool KeepsGroups(PlanContext context)
    {
        // An unprivileged caller with a single mapping has had to deny setgroups (CVE-2014-8989): there is nothing to set.
        return AsksToKeepGroups(context) || !context.Host.IsHostRoot && context.Namespaces.IsNew(CloneFlags.NewUser) && context.Namespaces.Maps?.Gids is [{ Size: 1 }];
    }

    /// <summary>process.env, the last of duplicates winning, with what socket activation and notification add (C54, C55).</summary>
    private static (string[] Environment, bool NeedsHome) Environment(Process process, PlanRequest request)
    {
        var seen = new Dictionary<string, int>(StringComparer.Ordinal);
        var environment = new List<string>();
        foreach (string entry in process.Env ?? [])
        {
            Set(entry);
        }

        if (request.ListenDescriptors > 0)
        {
            Set($"LISTEN_FDS={request.ListenDescriptors}");
            Set("LISTEN_PID=1");
            if (request.ListenNames is { Length: > 0 } names)
            {
                Set("LISTEN_FDNAMES=" + names);
            }
        }

        if (request.NotifyDirectory is not null)
        {
            Set("NOTIFY_SOCKET=/run/notify/notify.sock");
        }

        return (environment.ToArray(), !seen.ContainsKey("HOME"));

        void Set(string entry)
        {
            string name = entry[..entry.IndexOf('=', StringComparison.Ordinal)];
            if (seen.TryGetValue(name, out int index))
            {
                environment[index] = entry;
                return;
            }

            seen[name] = environment.Count;
            environment.Add(entry);
        }
    }

    /// <summary>Who raises a hard limit needs CAP_SYS_RESOURCE, which the stage gives up: those are set by us (STAGE.md step 32).</summary>
    private static void SplitLimits(Process process, HostFacts host, List<(int, Rlimit, string)> own, List<(int, Rlimit, string)> raised)
    {
        for (int i = 0; i < (process.Rlimits?.Length ?? 0); i++)
        {
            Rlimit limit = process.Rlimits![i];
            RlimitNames.TryGetNumber(limit.Type, out int resource);
            (limit.Hard > host.HardLimits[resource] ? raised : own).Add((resource, limit, $"/process/rlimits/{i}"));
        }
    }

    private static List<(string, string, string)> Labels(PlanContext context, Process process)
    {
        var writes = new List<(string, string, string)>();
        if (!string.IsNullOrEmpty(process.ApparmorProfile))
        {
            CheckModule(context.Host.AppArmorEnabled, "AppArmor", "/process/apparmorProfile", process.ApparmorProfile);
            writes.Add(("thread-self/attr/apparmor/exec", "exec " + process.ApparmorProfile, "/process/apparmorProfile"));
        }

        if (!string.IsNullOrEmpty(process.SelinuxLabel))
        {
            CheckModule(context.Host.SelinuxEnabled, "SELinux", "/process/selinuxLabel", process.SelinuxLabel);
            writes.Add(("thread-self/attr/exec", process.SelinuxLabel, "/process/selinuxLabel"));
        }

        return writes;
    }

    /// <summary>Somebody relies on it: without it there is no container, as with runc.</summary>
    internal static void CheckModule(bool isEnabled, string module, string place, string value)
    {
        if (!isEnabled)
        {
            throw new ContainerException(
                ErrorCode.Security, $"{place}: {Quoting.Quote(value)} is asked for, but {module} is not enabled on this host")
            { Place = place };
        }
    }
}
