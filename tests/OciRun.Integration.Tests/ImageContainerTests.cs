namespace OciRun.Integration;

/// <summary>Containers and bundles of images: run --image, create --image, unpack (E1, E9, E11, E13, I95, I101, U13).</summary>
public sealed class ImageContainerTests : IntegrationTest
{
    private const string Image = "test";

    public ImageContainerTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has images");

    private string Store => Path.Combine(Sandbox.Directory, "store");

    private string Id => $"{Sandbox.Token}-i";

    private string Containers => Path.Combine(Store, "containers");

    private Command Ocirun(params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Store, .. words]);

    private TestImage NewImage() => new TestImage(Path.Combine(Sandbox.Directory, "layout")).AddRootfs();

    private void Import(TestImage image) => Ocirun("image", "import", image.Write().Source, Image).Run().ShouldExit(0);

    private CommandResult Run(string[] options, params string[] command) =>
        Ocirun(["run", "--image", Image, "--env", $"{Sandbox.Mark}={Sandbox.Token}", .. options, Id, .. command]).Run();

    private CommandResult Shell(string script, params string[] options) => Run(options, "/bin/sh", "-c", script);

    [Fact]
    public void Run_Image_LeavesNothingAndTheLayersAsTheyWere()
    {
        Import(NewImage());
        Shell("echo x >/new; rm /bin/tiny; cat /new").ShouldExit(0).Output.Should().Be("x\n");
        Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
        Ocirun("image", "verify").Run().ShouldExit(0);
        Shell("test -e /bin/tiny && test ! -e /new").ShouldExit(0);
    }

    [Fact]
    public void Run_TwoLayers_UpperHidesLower()
    {
        Import(NewImage().AddFiles(("d/", ""), ("d/old", "1"), ("f", "1")).AddFiles(("d/.wh.old", ""), ("d/new", "2"), ("f", "2")));
        Shell("ls /d; cat /f").ShouldExit(0).Output.Should().Be("new\n2");
    }

    [Fact]
    public void Run_ConfigurationOfTheImage_IsUsed()
    {
        var image = NewImage().AddFiles(("etc/passwd", "web:x:33:34::/var/www:/bin/sh\n"), ("etc/group", "web:x:34:\nstaff:x:50:web\n"));
        image.Settings["Entrypoint"] = new JsonArray("/bin/sh", "-c", "id -u; id -G; pwd; echo $A $HOME; echo \"$0\"");
        image.Settings["Cmd"] = new JsonArray("argument");
        image.Settings["Env"] = new JsonArray("A=image");
        image.Settings["User"] = "web";
        image.Settings["WorkingDir"] = "/made/for/it";
        Import(image);
        Run([]).ShouldExit(0).Output.Should().Be("33\n34 50\n/made/for/it\nimage /var/www\nargument\n");
        Run(["--user", "7:8", "--workdir", "/tmp", "-e", "A=here"], "other").ShouldExit(0).Output.Should().Be("7\n8\n/tmp\nhere /\nother\n");
    }

    [Fact]
    public void Run_Defaults_AreHardened()
    {
        Import(NewImage());
        var said = Run([], "/bin/probe", "report").ShouldExit(0).Probe.Report;
        said.Status("NoNewPrivs").Should().Be("1");
        said.Status("Seccomp").Should().Be("2");
        said.Status("CapBnd").Should().Be("00000000800405fb");
        said.Mount("/proc").SuperOptions.Should().Contain("hidepid=invisible");
        Shell("mount -t tmpfs x /tmp").Error.Should().Contain("denied");
        Shell("umount /proc").Error.Should().Contain("not permitted");
    }

    [Fact]
    public void Run_SecurityOptions_Loosen()
    {
        Import(NewImage());
        Shell("mount -t tmpfs x /tmp", "--cap-add", "SYS_ADMIN").ShouldExit(0);
        Run(["--cap-drop", "ALL", "--security-opt", "seccomp=unconfined"], "/bin/probe", "report").ShouldExit(0).Probe.Report.Status("CapBnd").Should().Be("0000000000000000");
    }

    [Fact]
    public void Run_Volumes_AreBoundAsAsked()
    {
        Import(NewImage());
        string volume = Path.Combine(Sandbox.Directory, "volume");
        Shell("echo x >/data/file; cat /data/file", "--volume", $"{volume}:/data").ShouldExit(0).Output.Should().Be("x\n");
        File.ReadAllText(Path.Combine(volume, "file")).Should().Be("x\n");
        Shell("echo y >/data/file", "-v", $"{volume}:/data:ro").Error.Should().Contain("Read-only");
        Shell("echo x >/data/file", "-v", $"{volume}:/data:exec").ShouldFailWith("unknown option");
    }

    [Fact]
    public void Run_UsernsAuto_GivesIdsThatNobodyElseHas()
    {
        Import(NewImage());
        string[] options = ["run", "-d", "--userns", "auto", "--image", Image, "--env", $"{Sandbox.Mark}={Sandbox.Token}"];
        string other = Id + "2";
        foreach (string id in new[] { Id, other })
        {
            Ocirun([.. options, id, "/bin/sh", "-c", "stat -c %u / >/owner; sleep 100"]).Run().ShouldExit(0);
            Sandbox.MayLive(id);
        }
        string[] first = [.. new[] { Id, other }.Select(id => File.ReadAllText(Path.Combine(Containers, id, "ids")))];
        first.Should().OnlyHaveUniqueItems();
        foreach (string id in new[] { Id, other })
        {
            string owner = Path.Combine(Containers, id, "upper/owner");
            Wait.Until(() => File.Exists(owner) && File.ReadAllText(owner) == "0\n", "root of the container owns its root directory");
            Ocirun("delete", "--force", id).Run().ShouldExit(0);
        }
        Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
    }

    [Fact]
    public void Run_NameInUse_DoesNotTouchTheOther()
    {
        Import(NewImage());
        Ocirun("run", "-d", "--image", Image, "--env", $"{Sandbox.Mark}={Sandbox.Token}", Id, "/bin/sh", "-c", "echo x >/mine; sleep 100").Run().ShouldExit(0);
        Sandbox.MayLive(Id);
        string mine = Path.Combine(Containers, Id, "upper/mine");
        Wait.Until(() => File.Exists(mine), "the container has written");
        Shell("true").ShouldFailWith("already exists");
        // Another root directory with the same store.
        Sandbox.Runtime("--root", Sandbox.StateRoot + "2", "--store", Store, "run", "--image", Image, Id, "true").Run().ShouldFailWith("already exists");
        File.Exists(mine).Should().BeTrue();
        Ocirun("image", "gc").Run().ShouldExit(0);
        File.Exists(mine).Should().BeTrue();
        Ocirun("delete", "--force", Id).Run().ShouldExit(0);
        Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
    }

    [Theory]
    [InlineData("--image", "nothing", "there is no image nothing")]
    [InlineData("--network", "somewhere", "--network=somewhere")]
    [InlineData("--user", "nobody-here", "no user \"nobody-here\"")]
    [InlineData("--memory", "much", "invalid value \"much\"")]
    [InlineData("--cap-add", "fly", "unknown capability")]
    public void Run_WrongOption_IsAnErrorAndLeavesNothing(string option, string value, string message)
    {
        Import(NewImage());
        Run([option, value], "true").ShouldFailWith(message);
        if (Directory.Exists(Containers))
            Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
    }

    [Fact]
    public void Run_ImageOptionWithoutImage_IsAnError() => Ocirun("run", "--memory", "1m", Id).Run().ShouldFailWith("--memory goes with --image");

    [Fact]
    public void Run_Fails_LeavesNothing()
    {
        Import(NewImage());
        Run([], "/bin/no-such-program").ShouldFailWith("no-such-program");
        Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
    }

    [Fact]
    public void Gc_ContainerThatRunsForHours_KeepsItsFiles()
    {
        Import(NewImage());
        Ocirun("create", "--image", Image, Id, "/bin/sh", "-c", ":").Run().ShouldExit(0);
        Directory.SetLastWriteTimeUtc(Path.Combine(Containers, Id), DateTime.UtcNow.AddHours(-2));
        Ocirun("image", "gc").Run().ShouldExit(0);
        Directory.Exists(Path.Combine(Containers, Id, "upper")).Should().BeTrue();
        Ocirun("delete", "--force", Id).Run().ShouldExit(0);
        Directory.GetFileSystemEntries(Containers).Should().BeEmpty();
    }

    [Fact]
    public void Unpack_Bundle_RunsKeepsItsChangesAndItsLayers()
    {
        Import(NewImage());
        string bundle = Path.Combine(Sandbox.Directory, "bundle");
        Ocirun("unpack", Image, bundle).Run().ShouldExit(0);
        File.GetUnixFileMode(bundle).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        EditArguments(bundle, "/bin/sh", "-c", "echo x >>/new; cat /new");
        Ocirun("image", "remove", Image).Run().ShouldExit(0);
        Ocirun("image", "gc").Run().ShouldExit(0);
        Ocirun("run", "--bundle", bundle, Id).Run().ShouldExit(0).Output.Should().Be("x\n");
        Ocirun("run", "--bundle", bundle, Id).Run().ShouldExit(0).Output.Should().Be("x\nx\n");
        Directory.Delete(bundle, recursive: true);
        Ocirun("image", "gc").Run().ShouldExit(0);
        Directory.GetDirectories(Path.Combine(Store, "layers")).Should().BeEmpty();
    }

    [Fact]
    public void Unpack_Copy_IsWhatTheLayersShow()
    {
        Import(NewImage().AddFiles(("d/", ""), ("d/old", "1"), ("e/", ""), ("e/gone", "1")).AddFiles(("d/.wh.old", ""), ("d/new", "2"), ("e/.wh..wh..opq", ""), ("e/kept", "2")));
        string bundle = Path.Combine(Sandbox.Directory, "bundle");
        Ocirun("unpack", "--copy", Image, bundle).Run().ShouldExit(0);
        Directory.GetFiles(Path.Combine(bundle, "rootfs/d")).Select(Path.GetFileName).Should().Equal("new");
        Directory.GetFiles(Path.Combine(bundle, "rootfs/e")).Select(Path.GetFileName).Should().Equal("kept");
        Sandbox.Program("diff", "-r", "--no-dereference", Path.Combine(bundle, "rootfs/bin"), Path.Combine(Assets.Rootfs, "bin")).Run().ShouldExit(0);
        EditArguments(bundle, "/bin/sh", "-c", "cat /d/new");
        Directory.Delete(Store, recursive: true);
        Ocirun("run", "--bundle", bundle, Id).Run().ShouldExit(0).Output.Should().Be("2");
    }

    [Fact]
    public void Unpack_BundleIsThere_IsLeftAlone()
    {
        Import(NewImage());
        string bundle = Path.Combine(Sandbox.Directory, "bundle");
        Directory.CreateDirectory(bundle);
        File.WriteAllText(Path.Combine(bundle, "mine"), "");
        Ocirun("unpack", Image, bundle).Run().ShouldFailWith("there already");
        Directory.GetFileSystemEntries(bundle).Should().ContainSingle();
    }

    [Fact]
    public void Unpack_ImageWithoutAProgram_HasAShell()
    {
        var image = NewImage();
        image.Settings.Remove("Cmd");
        Import(image);
        string bundle = Path.Combine(Sandbox.Directory, "bundle");
        Ocirun("unpack", Image, bundle).Run().ShouldExit(0);
        JsonNode.Parse(File.ReadAllText(Path.Combine(bundle, "config.json")))!["process"]!["args"]!.AsArray().Should().ContainSingle().Which!.ToString().Should().Be("sh");
        Run([]).ShouldFailWith("names no program to run");
    }

    private static void EditArguments(string bundle, params string[] words)
    {
        string path = Path.Combine(bundle, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!;
        config["process"]!["args"] = new JsonArray([.. words.Select(word => (JsonNode)word)]);
        File.WriteAllText(path, config.ToJsonString());
    }
}
