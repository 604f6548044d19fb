namespace OciRun.Conformance.Documents.Features;

/// <summary>features-linux.md: each name in a list can be written into config.json.</summary>
internal static class FeaturesLinuxTests
{
    private static JsonObject Linux(Sandbox box)
    {
        Check.Needs(FeaturesTests.Structure(box)["linux"] is JsonObject, "the runtime's features have no linux");
        return FeaturesTests.Structure(box)["linux"]!.AsObject();
    }

    private static JsonNode Part(Sandbox box, string name)
    {
        var linux = Linux(box);
        Check.Needs(linux[name] is JsonObject, $"the runtime's features have no linux.{name}");
        return linux[name]!;
    }

    private static JsonNode Seccomp(Sandbox box)
    {
        var seccomp = Part(box, "seccomp");
        Check.Needs((bool?)seccomp["enabled"] == true, "the runtime says that it has no seccomp");
        return seccomp;
    }

    // A rule on a call that the probe does not make.
    private static JsonObject Filter(string action, string? op = null)
    {
        var rule = new JsonObject { ["names"] = Container.List("acct"), ["action"] = action };
        if (op is not null)
            rule["args"] = new JsonArray(new JsonObject { ["index"] = 0, ["value"] = 1, ["valueTwo"] = 1, ["op"] = op });
        return new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW", ["syscalls"] = new JsonArray(rule) };
    }

    [Clause("features-linux.namespaces")]
    public static void Namespaces_OfTheList_AreRecognized(Sandbox box)
    {
        var container = box.NewContainer();
        string[] types = FeaturesTests.List(Linux(box), "namespaces");
        foreach (string type in types.Where(t => t is not ("pid" or "network" or "ipc" or "uts" or "mount" or "user")))
            container.Add("/linux/namespaces", new JsonObject { ["type"] = type });
        if (types.Contains("user"))
            container.UserNamespace();
        container.Probe("report");
        container.Run().ShouldSucceed();
    }

    [Clause("features-linux.capabilities")]
    public static void Capabilities_OfTheList_AreRecognized(Sandbox box) =>
        box.NewContainer().Set("/process/capabilities", new JsonObject { ["bounding"] = Container.List(FeaturesTests.List(Linux(box), "capabilities")) }).Run().ShouldSucceed();

    [Clause("features-linux.cgroup")]
    public static void Cgroup_OfThisHost_IsSupported(Sandbox box)
    {
        var cgroup = Part(box, "cgroup");
        string version = box.Host.IsCgroupV2 ? "v2" : "v1";
        Check.Needs(cgroup[version] is not null, $"the runtime's features do not say whether it supports cgroup {version}");
        Check.That((bool)cgroup[version]!, $"cgroup.{version} is false, yet containers run with it");
    }

    [Clause("features-linux.seccomp.actions")]
    public static void SeccompActions_OfTheList_AreRecognized(Sandbox box)
    {
        foreach (string action in FeaturesTests.List(Seccomp(box), "actions").Where(a => a != "SCMP_ACT_NOTIFY"))
            box.NewContainer().Set("/linux/seccomp", action == "SCMP_ACT_ALLOW" ? new JsonObject { ["defaultAction"] = action } : Filter(action)).Run().ShouldSucceed();
    }

    [Clause("features-linux.seccomp.operators")]
    public static void SeccompOperators_OfTheList_AreRecognized(Sandbox box)
    {
        foreach (string op in FeaturesTests.List(Seccomp(box), "operators"))
            box.NewContainer().Set("/linux/seccomp", Filter("SCMP_ACT_ERRNO", op)).Run().ShouldSucceed();
    }

    [Clause("features-linux.seccomp.archs")]
    public static void SeccompArchitectures_OfTheList_AreRecognized(Sandbox box)
    {
        // One filter cannot hold those of both byte orders.
        string[] archs = FeaturesTests.List(Seccomp(box), "archs");
        foreach (string arch in archs)
        {
            var filter = Filter("SCMP_ACT_ERRNO");
            filter["architectures"] = Container.List(arch);
            var container = box.NewContainer().Set("/linux/seccomp", filter);
            var result = container.Run();
            Check.That(result.ExitCode == 0 || IsOfAnotherOrder(arch), $"{arch} is in the list, and refused: {result.Error}");
        }
    }

    private static bool IsOfAnotherOrder(string arch) => arch is "SCMP_ARCH_MIPS" or "SCMP_ARCH_MIPS64" or "SCMP_ARCH_MIPS64N32" or "SCMP_ARCH_PPC" or "SCMP_ARCH_PPC64" or "SCMP_ARCH_S390" or "SCMP_ARCH_S390X" or "SCMP_ARCH_PARISC" or "SCMP_ARCH_PARISC64" or "SCMP_ARCH_M68K";

    [Row("features-linux.seccomp.knownFlags", "knownFlags")]
    [Row("features-linux.seccomp.supportedFlags", "supportedFlags")]
    public static void SeccompFlags_OfTheList_AreRecognized(Sandbox box, string name)
    {
        var seccomp = Seccomp(box);
        string[] flags = FeaturesTests.List(seccomp, name), supported = FeaturesTests.List(seccomp, "supportedFlags");
        // One that waits for a notification's answer wants a listener; config-linux.md tests it.
        foreach (string flag in flags.Where(f => supported.Contains(f) && f != "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"))
        {
            var filter = Filter("SCMP_ACT_ERRNO");
            filter["flags"] = Container.List(flag);
            box.NewContainer().Set("/linux/seccomp", filter).Run().ShouldSucceed();
        }
        Check.Sequence([], supported.Except(FeaturesTests.List(seccomp, "knownFlags")), "the list of supported flags that are not known");
    }

    [Clause("features-linux.memoryPolicy.modes")]
    public static void MemoryPolicyModes_OfTheList_AreRecognized(Sandbox box)
    {
        Check.Needs(box.Host.HasMemoryPolicies, "this kernel has no NUMA policies (no /proc/self/numa_maps)");
        foreach (string mode in FeaturesTests.List(Part(box, "memoryPolicy"), "modes"))
            box.NewContainer().Set("/linux/memoryPolicy", Policy(mode)).Run().ShouldSucceed();
    }

    private static JsonObject Policy(string mode, params string[] flags) => new()
    {
        ["mode"] = mode,
        ["nodes"] = mode is "MPOL_DEFAULT" or "MPOL_LOCAL" ? "" : "0",
        ["flags"] = Container.List(flags),
    };

    [Clause("features-linux.memoryPolicy.flags")]
    public static void MemoryPolicyFlags_OfTheList_AreRecognized(Sandbox box)
    {
        Check.Needs(box.Host.HasMemoryPolicies, "this kernel has no NUMA policies (no /proc/self/numa_maps)");
        foreach (string flag in FeaturesTests.List(Part(box, "memoryPolicy"), "flags"))
            box.NewContainer().Set("/linux/memoryPolicy", Policy("MPOL_BIND", flag)).Run().ShouldSucceed();
    }

    [Clause("features-linux.idmap")]
    public static void Idmap_WhenMappingsAreUsed_IsTrue(Sandbox box)
    {
        var linux = Linux(box);
        Directory.CreateDirectory(box.File("source"));
        var map = new JsonArray(new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 65536 });
        var container = box.NewContainer().UserNamespace().Mount("/mnt", box.File("source"), "none", "bind", "idmap");
        container.Set("/mounts/5/uidMappings", map).Set("/mounts/5/gidMappings", map.DeepClone());
        Check.Needs(container.Probe("stat", "/mnt").Run() is { ExitCode: 0 } result && result.Probe["stat /mnt"].Contains(" 0 0 ", StringComparison.Ordinal), "the runtime maps no ids of mounts here");
        Check.That((bool?)linux["mountExtensions"]?["idmap"]?["enabled"] == true, "mountExtensions.idmap.enabled is not true, yet the runtime uses uidMappings");
    }
}
