using System.Runtime.InteropServices;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: personality, memory policy, Intel RDT.</summary>
internal static class ExecutionTests
{
    [Row("config-linux.personality.domain", "LINUX", 0)]
    [Row("config-linux.personality.domain", "LINUX32", 8)]
    public static void Domain_IsTheProcesss(Sandbox box, string domain, int wanted) =>
        Check.Equal(wanted, (long)box.NewContainer().Set("/linux/personality", new JsonObject { ["domain"] = domain }).Report()["personality"]!, "the personality");

    [Row("config-linux.personality.domain", "absent")]
    [Row("config-linux.personality.domain", "BSD")]
    public static void Domain_AbsentOrUnknown_IsAnError(Sandbox box, string domain) =>
        box.NewContainer().Set("/linux/personality", domain == "absent" ? new JsonObject() : new JsonObject { ["domain"] = domain }).ShouldNotRun($"the domain is {domain}");

    [Clause("config-linux.personality.linux32")]
    public static void Linux32_ShowsA32BitProcessor(Sandbox box)
    {
        Check.Needs(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the name of the 32-bit processor is known for x86-64");
        Check.Needs(box.Host.HasLinux32, "this kernel has no personality that changes what uname(2) says");
        Check.Equal("i686", box.NewContainer().Set("/linux/personality", new JsonObject { ["domain"] = "LINUX32" }).Args("uname", "-m").Run().ShouldSucceed().Output.Trim(), "uname -m");
    }

    [Clause("config-linux.personality.flags")]
    public static void Flags_AreAnError(Sandbox box) =>
        box.NewContainer().Set("/linux/personality", new JsonObject { ["domain"] = "LINUX", ["flags"] = Container.List("ADDR_NO_RANDOMIZE") }).ShouldNotRun("no flag is supported");

    [Clause("config-linux.personality.flags")]
    public static void Flags_Empty_AreNoError(Sandbox box) => box.NewContainer().Set("/linux/personality", new JsonObject { ["domain"] = "LINUX", ["flags"] = new JsonArray() }).Run().ShouldSucceed();

    private static Container WithPolicy(Sandbox box, string mode, string nodes, params string[] flags)
    {
        Feature.Needs(box, "memoryPolicy");
        Check.Needs(box.Host.HasMemoryPolicies, "this kernel has no NUMA policies (no /proc/self/numa_maps)");
        var policy = new JsonObject { ["mode"] = mode };
        if (nodes.Length > 0)
            policy["nodes"] = nodes;
        if (flags.Length > 0)
            policy["flags"] = Container.List(flags);
        return box.NewContainer().Set("/linux/memoryPolicy", policy);
    }

    // The policy of the container process's own memory: the second word of each line, proc_pid_numa_maps(5).
    private static string Policy(Container container) => container.RunProbe("read", "/proc/self/numa_maps").Content("/proc/self/numa_maps").Split('\n')[0].Split(' ')[1];

    [Row("config-linux.memoryPolicy.mode", "MPOL_DEFAULT", "", "default")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_BIND", "0", "bind:0")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_INTERLEAVE", "0", "interleave:0")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_WEIGHTED_INTERLEAVE", "0", "weighted interleave:0")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_PREFERRED", "0", "prefer:0")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_PREFERRED_MANY", "0", "prefer (many):0")]
    [Row("config-linux.memoryPolicy.mode", "MPOL_LOCAL", "", "local")]
    public static void Mode_IsTheProcesss(Sandbox box, string mode, string nodes, string wanted) => Check.Equal(wanted.Split(' ')[0], Policy(WithPolicy(box, mode, nodes)), "the policy");

    [Row("config-linux.memoryPolicy.mode", "MPOL_NO_SUCH", "0")]
    [Row("config-linux.memoryPolicy.nodes", "MPOL_BIND", "")]
    [Row("config-linux.memoryPolicy.nodes", "MPOL_INTERLEAVE", "")]
    [Row("config-linux.memoryPolicy.nodes", "MPOL_DEFAULT", "0")]
    [Row("config-linux.memoryPolicy.nodes", "MPOL_LOCAL", "0")]
    [Row("config-linux.memoryPolicy.nodes", "MPOL_BIND", "zero")]
    public static void Mode_WithTheWrongNodes_IsAnError(Sandbox box, string mode, string nodes) => WithPolicy(box, mode, nodes).ShouldNotRun($"{mode} does not go with nodes \"{nodes}\"");

    [Row("config-linux.memoryPolicy.flags", "MPOL_BIND", "MPOL_F_STATIC_NODES", "bind=static:0")]
    [Row("config-linux.memoryPolicy.flags", "MPOL_BIND", "MPOL_F_RELATIVE_NODES", "bind=relative:0")]
    [Row("config-linux.memoryPolicy.flags", "MPOL_BIND", "MPOL_F_NUMA_BALANCING", "bind=balancing:0")]
    public static void Flag_IsTheProcesss(Sandbox box, string mode, string flag, string wanted)
    {
        string policy = Policy(WithPolicy(box, mode, "0", flag));
        // The name of the newest flag is shown by newer kernels only.
        Check.That(policy == wanted || flag == "MPOL_F_NUMA_BALANCING" && policy == "bind:0", $"the policy is {policy} instead of {wanted}");
    }

    [Clause("config-linux.memoryPolicy.flags")]
    public static void Flag_Unknown_IsAnError(Sandbox box) => WithPolicy(box, "MPOL_BIND", "0", "MPOL_F_NO_SUCH").ShouldNotRun("the flag is unknown");

    private static bool HasResctrl => File.ReadLines("/proc/self/mountinfo").Any(l => MountInfo.Parse(l).Type == "resctrl");

    [Row("config-linux.intelRdt.noResctrl", "{\"closID\": \"conformance\"}")]
    [Row("config-linux.intelRdt.noResctrl", "{\"closID\": \"conformance\", \"memBwSchema\": \"MB:0=20\"}")]
    [Row("config-linux.intelRdt.noResctrl", "{\"schemata\": [\"L3:0=f\"]}")]
    [Row("config-linux.intelRdt.noResctrl", "{}")]
    public static void IntelRdt_WithoutResctrl_IsAnError(Sandbox box, string value)
    {
        Check.Needs(!HasResctrl, "resctrl is mounted here");
        box.NewContainer().Set("/linux/intelRdt", JsonNode.Parse(value)).ShouldNotRun("no resctrl is mounted");
    }

    [Row("config-linux.intelRdt.memBwSchema.value", "memBwSchema", "\"L3:0=20\"")]
    [Row("config-linux.intelRdt.memBwSchema.value", "memBwSchema", "\"MB:0=20\\nL3:0=f\"")]
    [Row("config-linux.intelRdt.schemata.value", "schemata", "[\"L3:0=f\\nMB:0=20\"]")]
    public static void Schema_WithAWrongValue_IsAnError(Sandbox box, string property, string value)
    {
        if (property == "schemata")
            Feature.Needs(box, "intelRdt", "schemata");
        box.NewContainer().Set("/linux/intelRdt", new JsonObject { [property] = JsonNode.Parse(value) }).ShouldNotRun($"{property} is {value}");
    }
}
