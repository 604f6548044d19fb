namespace OciRun.Integration;

/// <summary>Id-mapped mounts and what a user namespace locks (S49, S50, S58, S62, S63).</summary>
public sealed class IdMappedMountTests : IntegrationTest
{
    private static JsonArray Mapping(int container, int host) => [new JsonObject { ["containerID"] = container, ["hostID"] = host, ["size"] = 10 }];

    // A directory whose file belongs to the user 1000 of the host, and a place for it in the rootfs.
    private (Container Container, string Source) Prepare()
    {
        var container = NewContainer();
        string source = Path.Combine(Sandbox.Directory, "source");
        Directory.CreateDirectory(source);
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "mnt"));
        File.WriteAllText(Path.Combine(source, "file"), "");
        Sandbox.Program("chown", "1000:1000", Path.Combine(source, "file")).Run().ShouldExit(0);
        return (container, source);
    }

    [ClaimFact("S49: runc 1.1 ignores the mapping of a mount without a user namespace")]
    public void Bind_MappingOfItsOwn_IsApplied()
    {
        var (container, source) = Prepare();
        container.Mount("/mnt", source, null, "bind", "idmap").Set("/mounts/7/uidMappings", Mapping(1000, 5000)).Set("/mounts/7/gidMappings", Mapping(1000, 5000));
        container.RunProbe("stat", "/mnt/file")["stat /mnt/file"].Should().Contain(" 5000 5000 ");
    }

    [ClaimFact("S50: without a mapping of its own the mount takes that of the container; runc 1.1 does not know the option")]
    public void Bind_IdmapInAUserNamespace_TakesTheContainersMapping()
    {
        var (container, source) = Prepare();
        container.UserNamespace().Mount("/mnt", source, null, "bind", "idmap");
        container.RunProbe("stat", "/mnt/file")["stat /mnt/file"].Should().Contain(" 1000 1000 ");
    }

    [Fact]
    public void Remount_Bind_SetsTheFlags()
    {
        var (container, source) = Prepare();
        container.Mount("/mnt", source, null, "bind").Mount("/mnt", source, null, "remount", "bind", "ro", "nosuid");
        container.Report().Mount("/mnt").Options.Should().Contain(["ro", "nosuid"]);
    }

    [Fact]
    public void NoPivot_RootIsTheRootfs()
    {
        var container = NewContainer().Probe("ls", "/", "+", "exit", "0");
        container.Run("--no-pivot").ShouldExit(0).Output.Should().NotContain("lost+found");
    }
}
