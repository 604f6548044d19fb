namespace OciRun.Integration;

/// <summary>ocirun explain (U4): what create would do, from its plan; nothing is done.</summary>
public sealed class ExplainTests : IntegrationTest
{
    public ExplainTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has explain");

    [Fact]
    public void Steps_OfAConfig_NameFlagsCapabilitiesHooksAndPlaces()
    {
        string volume = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        var container = NewContainer().Mount("/data", volume, null, "rbind", "ro", "nosuid", "rprivate")
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 17 })
            .Set("/process/scheduler", new JsonObject { ["policy"] = "SCHED_BATCH", ["nice"] = 4 })
            .Set("/hooks", new JsonObject { ["poststop"] = new JsonArray(new JsonObject { ["path"] = "/bin/true", ["timeout"] = 5 }) })
            .Set("/linux/seccomp", new JsonObject
            {
                ["defaultAction"] = "SCMP_ACT_ALLOW",
                ["syscalls"] = new JsonArray(new JsonObject { ["names"] = new JsonArray("mkdir"), ["action"] = "SCMP_ACT_ERRNO", ["errnoRet"] = 13 }),
            });
        int mount = container.Config["mounts"]!.AsArray().Count - 1;
        string text = Explain(container).ShouldExit(0).Output;
        text.Should().Contain($"bind \"{volume}\" on \"/data\": with what is mounted below; ro,nosuid; private recursively  [/mounts/{mount}]")
            .And.Contain("  pids.max = 17  [/linux/resources/pids/limit]")
            .And.Contain("set the scheduling policy SCHED_BATCH: nice 4, priority 0, flags 0x0  [/process/scheduler]")
            .And.Contain("poststop, when the container is deleted: /bin/true (), at most 5 s  [/hooks/poststop/0]")
            .And.Contain("SCMP_ACT_ERRNO (EACCES): mkdir  [/linux/seccomp/syscalls/0]")
            .And.Contain("bounding CAP_KILL CAP_NET_BIND_SERVICE CAP_AUDIT_WRITE")
            .And.Contain("new with the first process: mount,pid,network,ipc,uts");
        Directory.Exists(container.StateRoot).Should().BeFalse("nothing is made");
    }

    [Fact]
    public void Steps_InAUserNamespace_AreJoinedMappedAndBound()
    {
        string text = Explain(NewContainer().UserNamespace()).ShouldExit(0).Output;
        text.Should().Contain("new by unshare: user,mount,pid,network,ipc,uts").And.Contain("user ids (inside, outside, count): 0 100000 65536")
            .And.Contain("bind the device \"/dev/null\" (1:3)").And.Contain("become root of the user namespace: uid 0, gid 0").And.Contain("in place of the usual:");
    }

    [Fact]
    public void Json_HasSectionTextAndPlace()
    {
        var lines = JsonNode.Parse(Explain(NewContainer(), "--format", "json").ShouldExit(0).Output)!.AsArray();
        lines.Select(line => (string)line!["section"]!).Distinct().Should().ContainInOrder("cgroup", "device rules", "namespaces", "steps");
        lines.Should().Contain(line => (string?)line!["place"] == "/mounts/0" && ((string)line["text"]!).StartsWith("mount \"proc\" on \"/proc\""));
    }

    [Fact]
    public void Diff_OfTwoBundles_ShowsWhatIsDifferent()
    {
        Container first = NewContainer(), second = NewContainer();
        second.Set("/hostname", "other").Set("/root/readonly", false).Set("/linux/cgroupsPath", (string)first.Config["linux"]!["cgroupsPath"]!)
            .Set("/process/env", first.Config["process"]!["env"]!.DeepClone());
        second.Verb("run"); // writes config.json
        string[] lines = Explain(first, "--diff", second.Bundle).ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string hostname = (string)first.Config["hostname"]!;
        lines.Should().Equal(
            "steps:",
            $"- open the root filesystem \"{first.Rootfs}\"  [/root/path]",
            $"+ open the root filesystem \"{second.Rootfs}\"  [/root/path]",
            "- make the root filesystem read-only: ro  [/root/readonly]",
            $"- set the host name: {hostname}  [/hostname]",
            "+ set the host name: other  [/hostname]");
        Explain(first, "--diff", first.Bundle).ShouldExit(0).Output.Should().BeEmpty();
    }

    [Theory]
    [InlineData("podman.json")]
    [InlineData("containerd.json")]
    public void Engine_Config_IsExplained(string file)
    {
        var container = NewContainer();
        string config = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Data/engines", file));
        var changed = JsonNode.Parse(config)!;
        changed["root"]!["path"] = "rootfs";
        // What only the capturing machine had.
        if (!CgroupView.IsUnified)
            changed["linux"]!["resources"]!.AsObject().Remove("unified");
        container.Config.Clear();
        foreach (var (key, value) in changed.AsObject())
            container.Config[key] = value?.DeepClone();
        string text = Explain(container).ShouldExit(0).Output;
        text.Should().Contain("mount \"devpts\" on \"/dev/pts\": source=devpts newinstance ptmxmode=0666 mode=0620 gid=5; nosuid,noexec").And.Contain("load the system call filter: ");
    }

    [Fact]
    public void Config_WithFaults_IsTheErrorOfCreate() => Explain(NewContainer().Set("/process/cwd", "home")).ShouldFailWith("/process/cwd", "absolute");

    private CommandResult Explain(Container container, params string[] options)
    {
        container.Verb("run"); // writes config.json
        return Sandbox.Runtime(["--root", container.StateRoot, "explain", "--bundle", container.Bundle, .. options]).Run();
    }
}
