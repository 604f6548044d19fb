namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: user namespace mappings and time offsets.</summary>
internal static class MappingTests
{
    private static Container WithMappings(Sandbox box, params (int Container, int Host, int Size)[] mappings)
    {
        var container = box.NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "user" });
        foreach (string kind in new[] { "uidMappings", "gidMappings" })
            foreach (var (inside, outside, size) in mappings)
                container.Add("/linux/" + kind, new JsonObject { ["containerID"] = inside, ["hostID"] = outside, ["size"] = size });
        return container;
    }

    private static IEnumerable<string> Squeezed(IEnumerable<string> lines) => lines.Select(l => string.Join(' ', l.Split(' ', StringSplitOptions.RemoveEmptyEntries)));

    [Row("config-linux.uidMappings", "uidMap")]
    [Row("config-linux.gidMappings", "gidMap")]
    [Row("config-linux.mappings.containerID", "uidMap")]
    [Row("config-linux.mappings.hostID", "uidMap")]
    [Row("config-linux.mappings.size", "uidMap")]
    public static void Mappings_AreTheKernels(Sandbox box, string name) =>
        Check.Sequence(["0 100000 1000", "1000 300000 5", "60000 400000 1"], Squeezed(WithMappings(box, (0, 100000, 1000), (1000, 300000, 5), (60000, 400000, 1)).Report().List(name)), name);

    [Clause("config-linux.uidMappings", "config-linux.gidMappings")]
    public static void Mappings_OfTheTwoKinds_AreEachItsOwn(Sandbox box)
    {
        var container = box.NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "user" });
        container.Add("/linux/uidMappings", new JsonObject { ["containerID"] = 0, ["hostID"] = 100000, ["size"] = 10 });
        container.Add("/linux/gidMappings", new JsonObject { ["containerID"] = 0, ["hostID"] = 200000, ["size"] = 20 });
        var report = container.Report();
        Check.Sequence(["0 100000 10", "0 200000 20"], Squeezed(report.List("uidMap").Concat(report.List("gidMap"))), "the list of the maps");
    }

    [Clause("config-linux.mappings.ownership")]
    public static void Mapping_ChangesNoOwner(Sandbox box)
    {
        var container = box.NewContainer().UserNamespace().WriteFile("/opt/file", "text").Mount("/mnt", box.Directory, "none", "bind");
        File.WriteAllText(box.File("file"), "text");
        string[] files = [Path.Combine(container.Rootfs, "opt/file"), Path.Combine(container.Rootfs, "bin/probe"), container.Rootfs, box.File("file"), box.Directory];
        string Owners() => box.Program(["stat", "-c", "%u:%g", .. files]).Output.Trim().Replace('\n', ' ');
        string before = Owners();
        container.Create();
        Check.Equal(before, Owners(), "after create, the owners of files on the host");
        container.Start().WaitStopped().Delete();
        Check.Equal(before, Owners(), "after delete, the owners of files on the host");
    }

    private static Container WithTime(Sandbox box, string clock, JsonObject offset)
    {
        Check.Needs(File.Exists("/proc/self/ns/time"), "this kernel has no time namespaces");
        return box.NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "time" }).Set("/linux/timeOffsets", new JsonObject { [clock] = offset });
    }

    [Row("config-linux.timeOffsets", "monotonic", 1000L, 5L)]
    [Row("config-linux.timeOffsets", "boottime", 86400L, 999999999L)]
    [Row("config-linux.timeOffsets.clock", "boottime", 1L, 0L)]
    [Row("config-linux.timeOffsets.clock", "monotonic", 1L, 0L)]
    [Row("config-linux.timeOffsets.secs", "monotonic", 4000000000L, 0L)]
    [Row("config-linux.timeOffsets.secs", "boottime", -5L, 0L)]
    [Row("config-linux.timeOffsets.nanosecs", "monotonic", 0L, 500000000L)]
    public static void Offset_IsTheKernels(Sandbox box, string clock, long seconds, long nanoseconds)
    {
        var offset = new JsonObject();
        if (seconds != 0)
            offset["secs"] = seconds;
        if (nanoseconds != 0)
            offset["nanosecs"] = nanoseconds;
        string[] lines = [.. Squeezed(WithTime(box, clock, offset).Report().List("timeOffsets"))];
        foreach (string name in new[] { "monotonic", "boottime" })
            Check.That(lines.Contains(name == clock ? $"{name} {seconds} {nanoseconds}" : $"{name} 0 0"), $"/proc/self/timens_offsets is {string.Join(", ", lines)}");
    }

    [Clause("config-linux.timeOffsets.clock")]
    public static void Clock_Unknown_IsAnError(Sandbox box) => WithTime(box, "realtime", new JsonObject { ["secs"] = 1 }).ShouldNotRun("this clock has no offset");

    [Clause("config-linux.timeOffsets.nanosecs")]
    public static void Nanoseconds_OfASecond_AreAnError(Sandbox box) => WithTime(box, "monotonic", new JsonObject { ["nanosecs"] = 1_000_000_000 }).ShouldNotRun("nanosecs is a whole second");
}
