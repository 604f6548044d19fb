namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md, Mounts: all but the table of options.</summary>
internal static class MountTests
{
    private static string Source(Sandbox box)
    {
        Directory.CreateDirectory(box.File("source"));
        File.WriteAllText(box.File("source/mark"), "source");
        return box.File("source");
    }

    [Row("config.mounts.order", "outer first")]
    [Row("config.mounts.order", "outer last")]
    public static void Mounts_AreMadeInTheListedOrder(Sandbox box, string order)
    {
        var container = box.NewContainer();
        if (order == "outer first")
            container.Mount("/mnt", "tmpfs", "tmpfs").Mount("/mnt/inner", Source(box), "none", "bind");
        else
            container.Mount("/mnt/inner", Source(box), "none", "bind").Mount("/mnt", "tmpfs", "tmpfs");
        Check.Equal(order == "outer first" ? "ok" : "ENOENT", container.RunProbe("open", "/mnt/inner/mark")["open /mnt/inner/mark"], "the answer to opening a file of the inner mount");
    }

    [Clause("config.mounts.destination.required")]
    public static void Destination_Absent_IsAnError(Sandbox box) =>
        box.NewContainer().Add("/mounts", new JsonObject { ["type"] = "tmpfs", ["source"] = "tmpfs" }).ShouldNotBeCreated("a mount has no destination");

    [Clause("config.mounts.destination.relative")]
    public static void Destination_Relative_IsBelowTheRoot(Sandbox box) =>
        Check.Equal("tmpfs", box.NewContainer().Mount("mnt/here", "tmpfs", "tmpfs").Set("/process/cwd", "/bin").Report().Mount("/mnt/here").Type, "the file system at /mnt/here");

    [Row("config.mounts.source.bind", "absolute")]
    [Row("config.mounts.source.bind", "relative")]
    public static void BindSource_OfEitherKind_IsMounted(Sandbox box, string kind)
    {
        var container = box.NewContainer();
        string source = Source(box);
        if (kind == "relative")
        {
            Directory.Move(source, Path.Combine(container.Bundle, "data"));
            source = "data";
        }
        Check.Equal("source", container.Mount("/mnt", source, "none", "bind").RunProbe("read", "/mnt/mark").Content("/mnt/mark"), "/mnt/mark in the container");
    }

    [Row("config.mounts.bind.options", "bind", "none")]
    [Row("config.mounts.bind.options", "rbind", "tmpfs")]
    [Row("config.mounts.bind.options", "bind", "")]
    public static void Bind_IsDecidedByTheOptions(Sandbox box, string option, string type) =>
        Check.Equal("source", box.NewContainer().Mount("/mnt", Source(box), type.Length == 0 ? null : type, option).RunProbe("read", "/mnt/mark").Content("/mnt/mark"), "/mnt/mark in the container");

    [Row("config.mounts.options.unknown", "size=1m,mode=0711", "dir 0711")]
    public static void UnknownOptions_GoToTheFileSystem(Sandbox box, string options, string answer)
    {
        var said = box.NewContainer().Mount("/mnt", "tmpfs", "tmpfs", options.Split(',')).RunProbe("stat", "/mnt", "+", "statfs", "/mnt");
        Check.That(said["stat /mnt"].StartsWith(answer, StringComparison.Ordinal), $"/mnt is {said["stat /mnt"]} instead of {answer}");
        Check.That(said["statfs /mnt"].Contains("blocks 256 bsize 4096", StringComparison.Ordinal), $"/mnt has another size than 1 MiB: {said["statfs /mnt"]}");
    }

    [Row("config.mounts.type", "ramfs")]
    [Row("config.mounts.type", "mqueue")]
    [Row("config.mounts.type", "devpts")]
    public static void Type_IsMounted(Sandbox box, string type)
    {
        Check.Needs(File.ReadLines("/proc/filesystems").Any(l => l.Split('\t')[^1] == type), $"this kernel has no {type}");
        Check.Equal(type, box.NewContainer().Mount("/mnt", type, type).Report().Mount("/mnt").Type, "the file system at /mnt");
    }

    private static JsonArray Map(long container, long host, long size = 65536) => new(new JsonObject { ["containerID"] = container, ["hostID"] = host, ["size"] = size });

    private static Container Mapped(Sandbox box, JsonArray? map, string option = "idmap", bool user = false)
    {
        var container = box.NewContainer();
        if (user)
            container.UserNamespace();
        container.Mount("/mnt", Source(box), "none", option == "ridmap" ? "rbind" : "bind", option);
        if (map is not null)
            container.Set("/mounts/5/uidMappings", map).Set("/mounts/5/gidMappings", map.DeepClone());
        return container;
    }

    private static string Owner(ProbeOutput said, string path) => string.Join(' ', said["stat " + path].Split(' ')[2..4]);

    [Row("config.mounts.uidMappings.both", "uidMappings")]
    [Row("config.mounts.gidMappings.both", "gidMappings")]
    public static void Mappings_OnlyOne_IsAnError(Sandbox box, string only) =>
        Mapped(box, null).Set("/mounts/5/" + only, Map(0, 1000)).ShouldNotBeCreated($"only {only} is given");

    [Row("config.mounts.idmap.applied")]
    [Row("config.mounts.option.idmap")]
    public static void Idmap_IsApplied(Sandbox box)
    {
        var said = Mapped(box, Map(0, 1000)).RunProbe("stat", "/mnt/mark");
        Check.Equal("1000 1000", Owner(said, "/mnt/mark"), "the owner of a file of root");
    }

    [Row("config.mounts.idmap.recursive")]
    [Row("config.mounts.option.ridmap")]
    public static void Ridmap_IsAppliedRecursively(Sandbox box)
    {
        Source(box);
        box.HostTmpfs("source/sub");
        File.WriteAllText(box.File("source/sub/mark"), "sub");
        var said = Mapped(box, Map(0, 1000), "ridmap").RunProbe("stat", "/mnt/mark", "+", "stat", "/mnt/sub/mark");
        Check.Equal("1000 1000", Owner(said, "/mnt/mark"), "the owner of a file of root");
        Check.Equal("1000 1000", Owner(said, "/mnt/sub/mark"), "the owner of a file of root in the mount below");
    }

    [Clause("config.mounts.idmap.values")]
    public static void Idmap_WithMappings_UsesThemAndNotTheContainers(Sandbox box)
    {
        var said = Mapped(box, Map(0, 101000, 1000), user: true).RunProbe("stat", "/mnt/mark");
        Check.Equal("1000 1000", Owner(said, "/mnt/mark"), "the owner of a file of root");
    }

    [Clause("config.mounts.idmap.fromContainer")]
    public static void Idmap_WithoutMappings_UsesTheContainersOrIsAnError(Sandbox box)
    {
        var container = Mapped(box, null, user: true).Probe("stat", "/mnt/mark");
        var result = container.Run();
        if (result.ExitCode != 0)
            result.ShouldFail("no mappings are given");
        else
            Check.Equal("0 0", Owner(result.Probe, "/mnt/mark"), "the owner of a file of root");
    }

    [Row("config.mounts.idmap.noMapping", "idmap")]
    [Row("config.mounts.idmap.noMapping", "ridmap")]
    public static void Idmap_WithoutAnyMapping_IsAnError(Sandbox box, string option) => Mapped(box, null, option).ShouldNotBeCreated("there are no mappings, and no user namespace");
}
