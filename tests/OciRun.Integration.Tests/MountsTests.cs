namespace OciRun.Integration;

/// <summary>mounts add, remove and list (crun's verb, and a form without a file): what a running container sees, and that the host sees nothing of it.</summary>
public sealed class MountsTests : IntegrationTest
{
    private Container Running(Action<Container>? change = null)
    {
        var container = Places(NewContainer().Args("/bin/sleep", "1000").Set("/root/readonly", false));
        change?.Invoke(container);
        return container.RunDetached();
    }

    private static Container Places(Container container)
    {
        foreach (string place in new[] { "mnt", "srv" })
            Directory.CreateDirectory(Path.Combine(container.Rootfs, place));
        return container;
    }

    private static CommandResult Mounts(Container container, string verb, params string[] words)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "Debian 12's crun does not know its own verb, runc has none");
        return container.Verb("mounts", [verb, container.Id, .. words]).Run();
    }

    private string Volume(string content = "volume")
    {
        string directory = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        File.WriteAllText(Path.Combine(directory, "file"), content);
        return directory;
    }

    [Fact]
    public void Add_Directory_IsThereUntilRemove()
    {
        var container = Running();
        Mounts(container, "add", $"{Volume()}:/mnt/new").ShouldExit(0).Error.Should().BeEmpty();
        container.Exec([], "cat", "/mnt/new/file").ShouldExit(0).Output.Should().Be("volume");
        container.Exec([], "sh", "-c", "echo more > /mnt/new/other").ShouldExit(0);
        File.ReadAllText(Path.Combine(Volume(), "other")).Should().Be("more\n");
        Mounts(container, "list").ShouldExit(0).Output.Should().Contain("/mnt/new ");
        Mounts(container, "remove", "/mnt/new").ShouldExit(0).Error.Should().BeEmpty();
        container.Exec([], "ls", "/mnt/new").ShouldExit(0).Output.Should().BeEmpty();
        Mounts(container, "list").ShouldExit(0).Output.Should().NotContain("/mnt/new");
    }

    [Fact]
    public void Add_Options_Apply()
    {
        var container = Running();
        Mounts(container, "add", $"{Volume()}:/mnt:ro,nosuid,noexec").ShouldExit(0);
        var said = container.ExecProbe([], "write", "/mnt/file", "+", "report");
        said["write /mnt/file"].Should().Be("EROFS");
        said.Report.Mount("/mnt").Options.Should().Contain("ro").And.Contain("nosuid").And.Contain("noexec");
        var listed = JsonNode.Parse(Mounts(container, "list", "--format", "json").ShouldExit(0).Output)!.AsArray().Single(m => (string)m!["destination"]! == "/mnt")!;
        listed["options"]!.AsArray().Select(o => (string)o!).Should().Contain("ro").And.Contain("nosuid");
    }

    [Fact]
    public void Add_FileOnAMissingPath_MakesIt()
    {
        var container = Running();
        Mounts(container, "add", $"{Volume()}/file:/run/new/name").ShouldExit(0);
        container.Exec([], "cat", "/run/new/name").ShouldExit(0).Output.Should().Be("volume");
        Mounts(container, "remove", "/run/new/name").ShouldExit(0);
        container.Exec([], "cat", "/run/new/name").ShouldExit(0).Output.Should().BeEmpty();
    }

    [Fact]
    public void Add_Tmpfs_IsEmptyAndLimited()
    {
        var container = Running();
        Mounts(container, "add", "tmpfs:/mnt:size=64k,mode=0700").ShouldExit(0);
        container.ExecProbe([], "report").Report.Mount("/mnt").Type.Should().Be("tmpfs");
    }

    [Fact]
    public void Add_RecursiveBind_BringsWhatIsMountedBelow()
    {
        var container = Running();
        string source = Volume();
        Directory.CreateDirectory(Path.Combine(source, "sub"));
        string script = $"mount -t tmpfs sub '{source}/sub'; echo below > '{source}/sub/file'";
        container.Verb("mounts", "add", container.Id, $"{source}:/mnt/all", $"{source}:/mnt/alone:bind").InPrivateMounts(script).Run().ShouldExit(0);
        container.Exec([], "cat", "/mnt/all/sub/file").ShouldExit(0).Output.Should().Be("below\n");
        container.Exec([], "ls", "/mnt/alone/sub").ShouldExit(0).Output.Should().BeEmpty();
        Mounts(container, "remove", "/mnt/all").ShouldExit(0);
        container.Exec([], "ls", "/mnt/all").ShouldExit(0).Output.Should().BeEmpty("with all below it");
    }

    [Fact]
    public void Add_DestinationThroughLinksOfTheImage_StaysInside()
    {
        var container = Places(NewContainer().Args("/bin/sleep", "1000"));
        string outside = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "outside")).FullName;
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "absolute"), outside);
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "up"), "../../../../../../../../mnt");
        container.RunDetached();
        Mounts(container, "add", $"{Volume()}:/up").ShouldExit(0);
        container.Exec([], "cat", "/mnt/file").ShouldExit(0).Output.Should().Be("volume");
        Mounts(container, "add", $"{Volume()}:/absolute/in").ShouldFailWith("/absolute/in");
        Directory.EnumerateFileSystemEntries(outside).Should().BeEmpty();
    }

    [Theory]
    [InlineData("[{}]")]
    [InlineData("{\"mounts\":[{}]}")]
    public void AddAndRemove_FileOfMounts_AsCrunHasIt(string form)
    {
        var container = Running();
        string file = Path.Combine(Sandbox.Directory, "mounts.json");
        string mount = new JsonObject { ["destination"] = "/mnt", ["source"] = Volume(), ["type"] = "bind", ["options"] = new JsonArray("bind", "ro") }.ToJsonString();
        File.WriteAllText(file, form.Replace("{}", mount, StringComparison.Ordinal));
        Mounts(container, "add", file).ShouldExit(0);
        container.Exec([], "cat", "/mnt/file").ShouldExit(0).Output.Should().Be("volume");
        Mounts(container, "remove", file).ShouldExit(0);
        container.Exec([], "ls", "/mnt").ShouldExit(0).Output.Should().BeEmpty();
    }

    [Fact]
    public void Add_SecondMountFails_FirstOneIsTakenBack()
    {
        var container = Running();
        Mounts(container, "add", $"{Volume()}:/mnt", "/no/such/source:/srv").ShouldFailWith("/no/such/source", "the source of a bind mount must exist");
        container.Exec([], "ls", "/mnt").ShouldExit(0).Output.Should().BeEmpty();
    }

    [Fact]
    public void Add_WrongWords_SayWhatIsWrong()
    {
        var container = Running();
        Mounts(container, "add", $"{Volume()}:relative").ShouldFailWith("SOURCE:DESTINATION[:OPTIONS]");
        Mounts(container, "add", $"{Volume()}:/proc/sys").ShouldFailWith("inside /proc");
        Mounts(container, "add", "/no/such/file.json").ShouldFailWith("/no/such/file.json", "missing (ENOENT)");
        Mounts(container, "remove", "/etc").ShouldFailWith("/etc", "nothing is mounted there");
        Mounts(container, "remove", "/").ShouldFailWith("the container's root");
        Mounts(container, "remove", "/no/such").ShouldFailWith("/no/such", "missing (ENOENT)");
        Mounts(container, "change").ShouldFailWith("unknown command \"mounts change\"");
    }

    [Fact]
    public void Add_ReadOnlyRootWithoutThePlace_SaysSo()
    {
        var container = Running(c => c.Set("/root/readonly", true));
        Mounts(container, "add", $"{Volume()}:/nowhere").ShouldFailWith("cannot create \"/nowhere\"", "EROFS");
        Mounts(container, "add", $"{Volume()}:/mnt").ShouldExit(0);
    }

    [Fact]
    public void Created_TakesThem_StoppedDoesNot()
    {
        var container = Places(NewContainer().Probe("read", "/mnt/file")).Create();
        Mounts(container, "add", $"{Volume()}:/mnt").ShouldExit(0);
        container.Start().WaitStopped().Output.Should().Contain("volume");
        Mounts(container, "add", $"{Volume()}:/mnt").ShouldFailWith("container not running");
        Mounts(container, "remove", "/mnt").ShouldFailWith("container not running");
        Mounts(container, "list").ShouldFailWith("container not running");
    }

    [Fact]
    public void NoMountNamespace_IsAnError()
    {
        var container = Running(c => c.RemoveNamespace("mount").Remove("/mounts").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths"));
        Mounts(container, "add", $"{Volume()}:/mnt").ShouldFailWith("no mount namespace of its own");
    }

    [Fact]
    public void UserNamespace_Idmap_OwnersAreThoseOfTheContainer()
    {
        var container = Running(c => c.UserNamespace());
        Sandbox.Program("chown", "7:8", Volume() + "/file").Run().ShouldExit(0);
        Mounts(container, "add", $"{Volume()}:/mnt:bind,idmap", $"{Volume()}:/srv").ShouldExit(0);
        var said = container.ExecProbe([], "stat", "/mnt/file", "+", "stat", "/srv/file");
        said["stat /mnt/file"].Should().Contain(" 7 8 ");
        said["stat /srv/file"].Should().Contain(" 65534 65534 ");
        Mounts(container, "remove", "/mnt", "/srv").ShouldExit(0);
    }

    /// <summary>The same as for the mounts of create: what the host has set stays, what it covers stays covered.</summary>
    [Fact]
    public void UserNamespace_RootOfIt_CannotUndoWhatTheHostHasSet()
    {
        const string RemountBind = "0x1020"; // MS_REMOUNT|MS_BIND
        var container = Running(c =>
        {
            c.UserNamespace().Set("/process/noNewPrivileges", false);
            foreach (string set in new[] { "bounding", "effective", "permitted" })
                c.Capabilities(set, "CAP_SYS_ADMIN", "CAP_DAC_OVERRIDE", "CAP_CHOWN");
        });
        string source = Volume();
        Directory.CreateDirectory(Path.Combine(source, "sub"));
        string script = $"""
            mount -t tmpfs -o mode=777 vol '{source}'
            mkdir '{source}/sub'; echo secret > '{source}/sub/hidden'
            mount -t tmpfs cover '{source}/sub'
            mount -o remount,bind,ro,nosuid '{source}'
            """;
        container.Verb("mounts", "add", container.Id, $"{source}:/mnt").InPrivateMounts(script).Run().ShouldExit(0);
        var said = container.ExecProbe([], "mount", "/mnt", "-", "-", RemountBind, "+", "write", "/mnt/new", "+", "umount", "/mnt/sub", "+", "open", "/mnt/sub/hidden");
        said["mount /mnt"].Should().Be("EPERM", "ro and nosuid of the source are locked");
        said["write /mnt/new"].Should().Be("EROFS");
        said["umount /mnt/sub"].Should().Be("EINVAL", "a submount is locked to what it covers");
        said["open /mnt/sub/hidden"].Should().Be("ENOENT");
    }
}
