using System.Globalization;
using System.Text.Json;

namespace OciRun.Integration;

/// <summary>diff and commit (E8, I40-I54, I103). Ours only: runc and crun know no layers.</summary>
public sealed class CommitTests : IntegrationTest
{
    private const string Change =
        "echo x >/new; echo y >>/etc/passwd; rm -f /bin/tiny; mkdir -p /a/b; ln /new /a/b/hard; ln -s x /a/link; chown -h 5:6 /a/link; touch -d '2020-01-02 00:00:00' /new; mkfifo /a/fifo; " +
        "rm -rf /home; mkdir /home; echo z >/home/z; chmod 4755 /new";

    private const string Epoch = "1700000000";

    public CommitTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun knows layers");

    private string Store => Path.Combine(Sandbox.Directory, "store");

    private Command Ocirun(params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Store, .. words]);

    /// <summary>Runs until it has made its changes.</summary>
    private Container Start(string script, params string[] options)
    {
        var container = NewContainer().Set("/root/readonly", false).Args("/bin/sh", "-c", $"{script}; echo >/tmp/done; while :; do sleep 1; done");
        container.Mount("/tmp", "tmpfs", "tmpfs");
        Start(container, options);
        return container;
    }

    private void Start(Container container, params string[] options)
    {
        foreach (string set in new[] { "bounding", "effective", "permitted" })
            container.Add("/process/capabilities/" + set, "CAP_CHOWN");
        container.Verb("run"); // writes config.json
        container.Create(Ocirun(["run", "-d", "--bundle", container.Bundle, .. options, container.Id])).ShouldExit(0);
        string pid = JsonDocument.Parse(Ocirun("state", container.Id).Run().ShouldExit(0).Output).RootElement.GetProperty("pid").GetRawText();
        Wait.Until(() => File.Exists($"/proc/{pid}/root/tmp/done"), "the changes are made");
    }

    private string[] Diff(Container container, params string[] options) =>
        Ocirun(["diff", .. options, container.Id]).Run().ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static readonly string[] s_changes =
        ["A /a", "A /a/b", "A /a/b/hard", "A /a/fifo", "A /a/link", "D /bin/tiny", "C /etc/passwd", "D /home/user", "A /home/z", "A /new"];

    [Theory]
    [InlineData("--overlay")]
    [InlineData("--overlay=tmpfs")]
    public void Diff_Running_ListsEveryChangeAndNoMountPoint(string overlay)
    {
        string host = Path.Combine(Sandbox.Directory, "hosts");
        File.WriteAllText(host, "127.0.0.1 localhost\n");
        var container = NewContainer().Set("/root/readonly", false).Args("/bin/sh", "-c", $"{Change}; echo >/tmp/done; while :; do sleep 1; done");
        container.Mount("/tmp", "tmpfs", "tmpfs").Mount("/linked/deep/point", "tmpfs", "tmpfs").Mount("/etc/hosts", host, null, "bind");
        Directory.Delete(Path.Combine(container.Rootfs, "sys"));
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "real"));
        File.CreateSymbolicLink(Path.Combine(container.Rootfs, "linked"), "real");
        Start(container, overlay);
        Diff(container).Should().Equal(s_changes);
    }

    [Fact]
    public void Diff_Sizes_AreBytes()
    {
        var container = Start("echo abc >/new; rm /bin/tiny", "--overlay");
        Diff(container, "--size").Should().Equal("D /bin/tiny\t0", "A /new\t4");
        Diff(container, "--format", "json").Should().Equal("""[{"kind":"D","path":"/bin/tiny","size":0},{"kind":"A","path":"/new","size":4}]""");
    }

    [Fact]
    public void Diff_NothingChanged_IsEmpty()
    {
        var container = Start(":", "--overlay");
        Diff(container).Should().BeEmpty();
        Diff(container, "--format=json").Should().Equal("[]");
    }

    [Fact]
    public void Diff_OddNames_AreOneLineEach()
    {
        var container = Start("echo >\"/a$(printf '\\n\\033')b\"", "--overlay");
        Diff(container).Should().Equal("A /a\\n\\x1bb");
    }

    [Fact]
    public void Diff_Stopped_IsStillThere()
    {
        var container = Start("echo >/new", "--overlay");
        Ocirun("kill", container.Id, "KILL").Run().ShouldExit(0);
        Wait.Until(() => Ocirun("state", container.Id).Run().Output.Contains("stopped", StringComparison.Ordinal), "it has stopped");
        Diff(container).Should().Equal("A /new");
        Ocirun("commit", container.Id, "stopped").Run().ShouldExit(0);
    }

    [Fact]
    public void Diff_InMemoryAfterItsEnd_SaysSo()
    {
        var container = Start("echo >/new", "--overlay=tmpfs");
        Ocirun("kill", container.Id, "KILL").Run().ShouldExit(0);
        Wait.Until(() => Ocirun("state", container.Id).Run().Output.Contains("stopped", StringComparison.Ordinal), "it has stopped");
        Ocirun("diff", container.Id).Run().ShouldFailWith("was in memory");
        Ocirun("commit", container.Id, "gone").Run().ShouldFailWith("was in memory");
    }

    [Fact]
    public void Diff_PlainDirectory_HasNothingToCompareWith() => Ocirun("diff", Start(":").Id).Run().ShouldFailWith("nothing to compare it with");

    [Fact]
    public void Diff_MissingContainer_SaysSo() => Ocirun("diff", "nobody").Run().ShouldFailWith("container does not exist");

    [Theory]
    [InlineData("bad name")]
    [InlineData("UPPER")]
    public void Commit_NameThatIsNone_IsRefused(string name) => Ocirun("commit", Start(":", "--overlay").Id, name).Run().ShouldFailWith("is no name for an image");

    [Theory]
    [InlineData("--overlay")]
    [InlineData("--overlay=tmpfs")]
    public void Commit_ThenRun_HasAllThatWasChanged(string overlay)
    {
        var container = Start(Change, overlay);
        Ocirun("commit", container.Id, "made:1").Run().ShouldExit(0).Output.Should().StartWith("sha256:");
        Ocirun("image", "verify").Run().ShouldExit(0);
        ImageSees("made:1", "cat /new /home/z; ls /bin/tiny /home/user 2>&1 | wc -l; tail -n 1 /etc/passwd; stat -c '%h %a %Y' /new; stat -c '%u:%g %N' /a/link; stat -c %F /a/fifo")
            .Should().Be("x\nz\n2\ny\n2 4755 1577923200\n5:6 '/a/link' -> 'x'\nfifo\n");
    }

    /// <summary>What a program in a container of the image prints.</summary>
    private string ImageSees(string image, string script) => Ocirun("run", "--image", image, Sandbox.Token + "-see", "/bin/sh", "-c", script).Run().ShouldExit(0).Output;

    [Fact]
    public void Commit_OfAContainerOfAnImage_AddsOneLayer()
    {
        Ocirun("commit", Start("echo 1 >/one", "--overlay").Id, "first").Run().ShouldExit(0);
        string id = Sandbox.Token + "-second";
        Ocirun("create", "--image", "first", id, "/bin/sh", "-c", "rm /one").Run().ShouldExit(0);
        try
        {
            Ocirun("commit", id, "same").Run().ShouldExit(0);
            Ocirun("start", id).Run().ShouldExit(0);
            Wait.Until(() => Ocirun("state", id).Run().Output.Contains("stopped", StringComparison.Ordinal), "it has ended");
            Ocirun("diff", id).Run().ShouldExit(0).Output.Should().Be("D /one\n");
            Ocirun("commit", id, "second").Run().ShouldExit(0);
        }
        finally
        {
            Ocirun("delete", "--force", id).Run();
        }

        var images = JsonDocument.Parse(Ocirun("image", "list", "--format", "json").Run().ShouldExit(0).Output).RootElement.EnumerateArray()
            .ToDictionary(static image => image.GetProperty("name").GetString()!, static image => image.GetProperty("layers").GetInt32());
        images.Should().Contain("first", 2).And.Contain("same", 2).And.Contain("second", 3);
        Ocirun("image", "history", "--format", "json", "same").Run().ShouldExit(0).Output.Should().Contain("\"emptyLayer\": true");
    }

    [Fact]
    public void Commit_Epoch_IsReproducible()
    {
        string[] made = [.. new[] { "a", "b" }.Select(name =>
            Ocirun("commit", Start("echo x >/new; mkdir /d; echo y >/d/y", "--overlay").Id, name).Env("SOURCE_DATE_EPOCH", Epoch).Run().ShouldExit(0).Output)];
        made[1].Should().Be(made[0]);
        Ocirun("image", "history", "a").Run().ShouldExit(0).Output.Should().Contain("2023-11-14T22:13:20Z");
        Ocirun("commit", "nobody", "c").Env("SOURCE_DATE_EPOCH", "tomorrow").Run().ShouldFailWith("SOURCE_DATE_EPOCH");
    }

    [Fact]
    public void Commit_OtherIds_AreThoseOfTheContainer()
    {
        var container = NewContainer().Set("/root/readonly", false).UserNamespace().Args("/bin/sh", "-c", "echo x >/new; chown 7:8 /new; echo >/tmp/done; while :; do sleep 1; done");
        container.Mount("/tmp", "tmpfs", "tmpfs");
        Start(container, "--overlay");
        Diff(container).Should().Equal("A /new");
        Ocirun("commit", container.Id, "ids").Run().ShouldExit(0);
        ImageSees("ids", "stat -c %u:%g /new /bin/sh").Should().Be("7:8\n0:0\n");
    }

    [Fact]
    public void Commit_Running_PausesItUnlessTold()
    {
        // Two files that say the same, or the first is one step ahead, unless somebody reads them while they change. Each is replaced in one step.
        var container = Start("mkdir /d; (i=0; while :; do i=$((i+1)); echo $i >/t; mv /t /d/a; echo $i >/t; mv /t /d/z; done) & sleep 0.3", "--overlay");
        Ocirun("commit", container.Id, "paused").Run().ShouldExit(0);
        Ocirun("state", container.Id).Run().Output.Should().Contain("running");
        string[] seen = ImageSees("paused", "cat /d/a; echo; cat /d/z").Split("\n\n");
        (int.Parse(seen[0], CultureInfo.InvariantCulture) - int.Parse(seen[1], CultureInfo.InvariantCulture)).Should().BeInRange(0, 1, "between the two writes is one step");
        Ocirun("commit", "--no-pause", container.Id, "running").Run().ShouldExit(0);
    }

    [Theory]
    [InlineData("skopeo")]
    [InlineData("umoci")]
    [InlineData("podman")]
    public void Commit_OtherTools_ReadTheImage(string tool)
    {
        Assert.SkipUnless(Sandbox.Program("which", tool).Run().ExitCode == 0, $"{tool} is not installed");
        Ocirun("commit", Start(Change, "--overlay").Id, "made").Run().ShouldExit(0);
        string layout = Path.Combine(Sandbox.Directory, "layout"), tree = Path.Combine(Sandbox.Directory, "tree");
        Ocirun("image", "export", "made", $"oci:{layout}:made").Run().ShouldExit(0);
        switch (tool)
        {
            case "skopeo":
                Sandbox.Program("skopeo", "--insecure-policy", "copy", $"oci:{layout}:made", $"dir:{tree}").Run().ShouldExit(0);
                return;
            case "umoci":
                Sandbox.Program("umoci", "unpack", "--image", layout + ":made", tree).Run().ShouldExit(0);
                string root = Path.Combine(tree, "rootfs");
                File.ReadAllText(Path.Combine(root, "home/z")).Should().Be("z\n");
                File.Exists(Path.Combine(root, "bin/tiny")).Should().BeFalse();
                Directory.Exists(Path.Combine(root, "home/user")).Should().BeFalse();
                Sandbox.Program("stat", "-c", "%h %a %Y", Path.Combine(root, "new")).Run().Output.Should().Be("2 4755 1577923200\n");
                Directory.GetFileSystemEntries(root, ".wh.*", SearchOption.AllDirectories).Should().BeEmpty();
                return;
            default:
                string[] own = ["podman", "--root", Path.Combine(Sandbox.Directory, "p"), "--runroot", Path.Combine(Sandbox.Directory, "r"), "--storage-driver", "vfs"];
                Sandbox.Program([.. own, "pull", "-q", $"oci:{layout}:made"]).Run().ShouldExit(0);
                Sandbox.Program([.. own, "image", "ls", "-q"]).Run().ShouldExit(0).Output.Should().NotBeEmpty();
                return;
        }
    }

    [Fact]
    public void Commit_PlainDirectory_IsOneLayerOfAll()
    {
        Ocirun("commit", Start("echo x >/new").Id, "plain").Run().ShouldExit(0);
        ImageSees("plain", "cat /new").Should().Be("x\n");
        Ocirun("image", "history", "--format", "json", "plain").Run().Output.Should().NotContain("\"emptyLayer\": true");
    }

    [Fact]
    public void Commit_NameOfAWhiteout_IsRefusedAndNothingIsLeft()
    {
        var container = Start("echo >/etc/.wh.passwd", "--overlay");
        Ocirun("commit", container.Id, "bad").Run().ShouldFailWith("/etc/.wh.passwd");
        Ocirun("state", container.Id).Run().Output.Should().Contain("running", "a failure does not leave it paused");
        Ocirun("image", "list").Run().ShouldExit(0).Output.Should().NotContain("bad");
        Directory.GetFileSystemEntries(Path.Combine(Store, "tmp")).Should().BeEmpty();
    }
}
