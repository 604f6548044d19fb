namespace OciRun.Integration;

/// <summary>A root filesystem put together of layers, by annotations and by --overlay (I60-I70, I73, I78, I80, U12, U15). Ours only: runc and crun have no such thing.</summary>
public sealed class OverlayTests : IntegrationTest
{
    private const string Annotation = "io.ocirun.overlay.";

    public OverlayTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun assembles a root filesystem");

    private string Store => Path.Combine(Sandbox.Directory, "store");

    private string ContainerDirectory(Container container) => Path.Combine(Store, "containers", container.Id);

    private CommandResult Run(Container container, params string[] options)
    {
        container.Verb("run"); // writes config.json
        return Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Store, "run", "--bundle", container.Bundle, .. options, container.Id]).Run();
    }

    /// <summary>An empty layer with the directories that the config mounts on.</summary>
    private string NewLayer(string name, params string[] files)
    {
        string layer = Path.Combine(Sandbox.Directory, name);
        Directory.CreateDirectory(layer);
        foreach (string file in files)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(layer, file))!);
            File.WriteAllText(Path.Combine(layer, file), name);
        }
        return layer;
    }

    private static string Escape(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal);

    private static Container Layered(Container container, string lower, string? upper = null, string? work = null)
    {
        var annotations = new JsonObject { [Annotation + "lowerdir"] = lower };
        if (upper is not null)
            annotations[Annotation + "upperdir"] = upper;
        if (work is not null)
            annotations[Annotation + "workdir"] = work;
        return container.Set("/annotations", annotations);
    }

    private Container NewWritable() => NewContainer().Set("/root/readonly", false);

    private static string[] Names(string directory) => [.. Directory.GetFileSystemEntries(directory).Select(e => Path.GetFileName(e)!).Order(StringComparer.Ordinal)];

    [Fact]
    public void Overlay_Temporary_LeavesBundleAndStoreAsTheyWere()
    {
        var container = NewWritable().Args("/bin/sh", "-c", "echo x >/new && rm /bin/tiny && cat /new");
        string[] before = Names(container.Rootfs);
        Run(container, "--overlay").ShouldExit(0).Output.Should().Be("x\n");
        Names(container.Rootfs).Should().Equal(before);
        File.Exists(Path.Combine(container.Rootfs, "bin/tiny")).Should().BeTrue();
        Directory.Exists(ContainerDirectory(container)).Should().BeFalse();
    }

    [Fact]
    public void Overlay_Temporary_LivesUntilDeleteAndIsPrivate()
    {
        var container = NewWritable().Args("/bin/sh", "-c", "echo x >/new; sleep 100");
        container.Verb("run");
        container.Create(Sandbox.Runtime("--root", Sandbox.StateRoot, "--store", Store, "run", "-d", "--overlay", "--bundle", container.Bundle, container.Id)).ShouldExit(0);
        string kept = Path.Combine(ContainerDirectory(container), "upper/new");
        Wait.Until(() => File.Exists(kept), "the change is in the upper directory");
        File.GetUnixFileMode(ContainerDirectory(container)).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        // The host's own table of mounts does not know it (I80).
        File.ReadAllText("/proc/self/mountinfo").Should().NotContain(container.Id);
        container.TryDelete("--force").ShouldExit(0);
        Directory.Exists(ContainerDirectory(container)).Should().BeFalse();
    }

    [Fact]
    public void Overlay_RecordedByAKilledCreate_OfAnotherRoot_IsNotRemoved()
    {
        var container = NewWritable().Args("/bin/sh", "-c", "echo x >/new; sleep 100");
        container.Verb("run");
        container.Create(Sandbox.Runtime("--root", Sandbox.StateRoot, "--store", Store, "run", "-d", "--overlay", "--bundle", container.Bundle, container.Id)).ShouldExit(0);
        string kept = Path.Combine(ContainerDirectory(container), "upper/new");
        Wait.Until(() => File.Exists(kept), "the change is in the upper directory");
        // What a create of this id, with another root and the same store, leaves that dies between its record and its claim.
        string other = Path.Combine(Sandbox.Directory, "other");
        string state = Path.Combine(Directory.CreateDirectory(Path.Combine(other, container.Id)).FullName, "state.json");
        var record = JsonNode.Parse(File.ReadAllText(Path.Combine(Sandbox.StateRoot, container.Id, "state.json")))!.AsObject();
        record["complete"] = false;
        record["pid"] = 0;
        record["cgroupPaths"] = new JsonObject();
        record["cgroupCreated"] = new JsonArray();
        File.WriteAllText(state, record.ToJsonString());
        Sandbox.Runtime("--root", other, "--store", Store, "delete", "--force", container.Id).Run().ShouldExit(0);
        Directory.Exists(Path.Combine(other, container.Id)).Should().BeFalse();
        File.Exists(kept).Should().BeTrue("it is the first one's");
        container.TryDelete("--force").ShouldExit(0);
        Directory.Exists(ContainerDirectory(container)).Should().BeFalse();
    }

    /// <summary>I69: the end of a container whose changes go with it waits for no disk; changes that stay are written.</summary>
    [Theory]
    [InlineData("--overlay", true)]
    [InlineData("--overlay=kept", false)]
    public void Overlay_IsVolatile_WhereItGoesWithTheContainer(string option, bool isVolatile)
    {
        var container = NewWritable().Args("/bin/sh", "-c", "while read line; do case $line in *' / / '*) echo $line;; esac; done </proc/self/mountinfo");
        option = option.Replace("kept", Path.Combine(Sandbox.Directory, "kept"), StringComparison.Ordinal);
        string[] options = Run(container, option).ShouldExit(0).Output.TrimEnd().Split(' ')[^1].Split(',');
        options.Should().Contain(o => o.StartsWith("upperdir=", StringComparison.Ordinal));
        options.Any(o => o is "volatile" or "fsync=volatile").Should().Be(isVolatile, "the options are {0}", string.Join(' ', options));
    }

    [Fact]
    public void Overlay_TwoContainersOnOneRootfs_DoNotSeeEachOther()
    {
        var one = NewWritable().Args("/bin/sh", "-c", "echo one >/name; sleep 100");
        var two = NewWritable().Args("/bin/sh", "-c", "sleep 0.2; cat /name");
        one.Verb("run");
        one.Create(Sandbox.Runtime("--root", Sandbox.StateRoot, "--store", Store, "run", "-d", "--overlay", "--bundle", one.Bundle, one.Id)).ShouldExit(0);
        Wait.Until(() => File.Exists(Path.Combine(ContainerDirectory(one), "upper/name")), "the first has written");
        two.Set("/root/path", one.Rootfs);
        Run(two, "--overlay").ExitCode.Should().NotBe(0, "the file of the first is not there");
    }

    [Fact]
    public void Overlay_Directory_KeepsWhatWasChanged()
    {
        string kept = Path.Combine(Sandbox.Directory, "kept");
        var container = NewWritable().Args("/bin/sh", "-c", "echo x >>/new; rm -f /bin/tiny; cat /new");
        Run(container, $"--overlay={kept}").ShouldExit(0).Output.Should().Be("x\n");
        Run(container, $"--overlay={kept}").ShouldExit(0).Output.Should().Be("x\nx\n");
        Sandbox.Program("stat", "-c", "%F %t:%T", Path.Combine(kept, "upper/bin/tiny")).Run().Output.Should().Be("character special file 0:0\n");
    }

    [Theory]
    [InlineData("tmpfs")]
    [InlineData("tmpfs:1m")]
    public void Overlay_Memory_IsLimitedAndLeavesNothing(string value)
    {
        var container = NewWritable().Args("/bin/sh", "-c", "dd if=/dev/zero of=/big bs=1M count=3 2>/dev/null; echo $?");
        Run(container, $"--overlay={value}").ShouldExit(0).Output.Should().Be(value == "tmpfs" ? "0\n" : "1\n");
        Directory.Exists(Store).Should().BeFalse();
        File.Exists(Path.Combine(container.Rootfs, "big")).Should().BeFalse();
    }

    [Fact]
    public void Overlay_ValueAsNextWord_IsTheId() =>
        // An option with an optional value takes it only after "=".
        Run(NewWritable(), "--overlay", "tmpfs:1m").ShouldFailWith("unexpected argument");

    [Fact]
    public void Annotations_ManyOddNames_AreLayers()
    {
        var container = NewContainer().Probe("ls", "/layer");
        string[] names = ["a:b", "c,d", "e f", "g\\h", "i\"j", new string('n', 250)];
        string[] layers = [.. names.Select((name, index) => NewLayer(name, $"layer/{index}"))];
        Layered(container, string.Join(':', [.. layers.Select(Escape), "rootfs"]));
        Run(container).ShouldExit(0).Output.Should().Contain("0").And.Contain("5");
    }

    [Fact]
    public void Annotations_ThreeHundredLayers_AreShown()
    {
        var container = NewContainer().Probe("ls", "/layer");
        var layers = Enumerable.Range(0, 300).Select(i => NewLayer($"l{i}", $"layer/f{i}"));
        Layered(container, string.Join(':', [.. layers, "rootfs"]));
        Run(container).ShouldExit(0).Output.Should().Contain("f0").And.Contain("f299");
    }

    [Fact]
    public void Annotations_LowerOnly_IsReadOnlyAndTopLayerFirst()
    {
        var container = NewContainer().Set("/root/readonly", false).Args("/bin/sh", "-c", "cat /f; echo x >/new");
        Layered(container, NewLayer("top", "f") + ":" + NewLayer("below", "f") + ":rootfs");
        var result = Run(container);
        result.Output.Should().Be("top");
        result.Error.Should().Contain("Read-only file system");
    }

    [Fact]
    public void Annotations_OneLowerOnly_IsABindOfIt()
    {
        var container = NewContainer().Set("/root/readonly", false);
        Layered(container, "rootfs");
        var root = container.Probe("report").Run().ShouldExit(0).Probe.Report.Mount("/");
        root.Type.Should().NotBe("overlay");
        root.Options.Should().Contain("ro");
    }

    [Fact]
    public void Annotations_UpperAndWork_AreUsedAndKept()
    {
        NewLayer("upper");
        NewLayer("work");
        var container = NewWritable().Args("/bin/sh", "-c", "echo x >/new");
        Layered(container, "rootfs", "../upper", "../work");
        Run(container).ShouldExit(0);
        File.ReadAllText(Path.Combine(Sandbox.Directory, "upper/new")).Should().Be("x\n");
    }

    [Fact]
    public void Annotations_MissingMountTarget_IsAnErrorThatNamesIt()
    {
        var container = NewContainer().Mount("/not/there", "tmpfs", "tmpfs");
        Layered(container, "rootfs");
        Run(container).ShouldFailWith("/not/there").Error.Should().Contain("read-only file system");
    }

    /// <summary>On a host whose mounts are shared, as systemd makes them: a copy of one is its peer unless it is made private (mount_namespaces(7)).</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Annotations_HostWithSharedMounts_SeesNoneOfTheContainer(bool isWritable)
    {
        var container = isWritable ? Layered(NewWritable(), "rootfs", "upper", "work") : Layered(NewContainer(), "rootfs");
        container.Verb("run");
        foreach (string directory in (ReadOnlySpan<string>)["upper", "work"])
            Directory.CreateDirectory(Path.Combine(container.Bundle, directory));
        var result = Sandbox.Runtime("--root", Sandbox.StateRoot, "--store", Store, "run", "--bundle", container.Bundle, container.Id)
            .InPrivateMounts("mount --make-rshared /; \"$0\" \"$@\"; cat /proc/self/mountinfo; exit 0").Run().ShouldExit(0);
        result.Output.Should().Contain("shared:").And.NotContain(container.Rootfs);
    }

    [Theory]
    [InlineData("lowerdir", "missing-layer", "missing-layer")]
    [InlineData("lowerdir", "a::b", "empty part")]
    [InlineData("upperdir", "u", "workdir")]
    [InlineData("lower", "x", "is not known")]
    public void Annotations_Wrong_AreErrorsWithTheirPlace(string key, string value, string problem)
    {
        var container = NewContainer().Set("/annotations", new JsonObject { [Annotation + "lowerdir"] = "rootfs", [Annotation + key] = value });
        Run(container).ShouldFailWith(problem).Error.Should().Contain("annotations/" + Annotation.Replace("/", "~1", StringComparison.Ordinal));
    }

    [Fact]
    public void Annotations_WithoutMountNamespace_IsAnError() =>
        Run(Layered(NewContainer().RemoveNamespace("mount").Remove("/mounts").Remove("/linux/maskedPaths").Remove("/linux/readonlyPaths"), "rootfs")).ShouldFailWith("mount namespace");

    [Theory]
    [InlineData("--overlay")]
    [InlineData("--overlay=tmpfs")]
    public void UserNamespace_LayersOfRoot_BelongToItsRoot(string option)
    {
        var container = NewWritable().UserNamespace().Args("/bin/sh", "-c", "stat -c '%u:%g' / /bin/tiny; echo x >/new; stat -c '%u:%g' /new");
        Run(container, option).ShouldExit(0).Output.Should().Be("0:0\n0:0\n0:0\n");
    }

    [Fact]
    public void UserNamespace_OpaqueDirectory_KeepsHidingWhatIsBelow()
    {
        // Mounted inside a user namespace an overlay ignores trusted.overlay.opaque: deleted files would reappear (DESIGN.md, section 4).
        string top = NewLayer("top", "d/new"), below = NewLayer("below", "d/old");
        Sandbox.Program("setfattr", "-n", "trusted.overlay.opaque", "-v", "y", Path.Combine(top, "d")).Run().ShouldExit(0);
        var container = NewWritable().UserNamespace().Probe("ls", "/d");
        Layered(container, $"{top}:{below}:rootfs");
        Run(container, "--overlay").ShouldExit(0).Output.Should().Contain("new").And.NotContain("old");
    }

    [Fact]
    public void Create_Fails_LeavesNoUpperDirectory()
    {
        var container = NewWritable().Args("/bin/no-such-program");
        container.Verb("create");
        Sandbox.Runtime("--root", Sandbox.StateRoot, "--store", Store, "create", "--overlay", "--bundle", container.Bundle, container.Id).Run().ShouldFailWith("no-such-program");
        Directory.Exists(ContainerDirectory(container)).Should().BeFalse();
    }
}
