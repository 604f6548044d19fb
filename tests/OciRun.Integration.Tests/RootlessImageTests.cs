namespace OciRun.Integration;

/// <summary>Image verbs of an ordinary user, with and without subordinate ids: the files of layers belong to ids of a user namespace of his own.</summary>
public sealed class RootlessImageTests : IntegrationTest
{
    private const int User = 1000;

    public RootlessImageTests()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has images");
        Directory.CreateDirectory(Home);
        // All of root: the only owner that a user without subordinate ids can give files to.
        string tree = Path.Combine(Sandbox.Directory, "tree");
        Sandbox.CopyRootfs(tree);
        Sandbox.Program("chown", "-R", "0:0", tree).Run().ShouldExit(0);
        new TestImage(Path.Combine(Home, "layout")).AddTree(tree).Write();
        new TestImage(Path.Combine(Home, "owned")).AddTree(tree).AddFiles(("d/", ""), ("d/old", "1"), ("f", "x")).AddFiles(("d/.wh.old", ""), ("d/new", "2"), ("etc/passwd", "web:x:33:33::/:/bin/sh\n")).Write();
        Sandbox.Program("chown", "-R", $"{User}:{User}", Home).Run().ShouldExit(0);
        Sandbox.Program("chmod", "755", Sandbox.Directory, Path.GetDirectoryName(Sandbox.Directory)!).Run().ShouldExit(0);
        File.WriteAllText(Path.Combine(Sandbox.Directory, "passwd"), $"root:x:0:0::/:/bin/sh\nordinary:x:{User}:{User}::/:/bin/sh\n");
        File.WriteAllText(Path.Combine(Sandbox.Directory, "subids"), "ordinary:200000:65536\n");
    }

    private string Home => Path.Combine(Sandbox.Directory, "home");

    private string Store => Path.Combine(Home, "store");

    private string Id => $"{Sandbox.Token}-r";

    /// <summary>As the user; /etc has him, and his ids where he has some.</summary>
    private CommandResult Ocirun(bool ids, params string[] words)
    {
        string files = $"mount --bind {Sandbox.Directory}/passwd /etc/passwd; mount --bind {(ids ? Sandbox.Directory + "/subids" : "/dev/null")} /etc/subuid; "
            + $"mount --bind {(ids ? Sandbox.Directory + "/subids" : "/dev/null")} /etc/subgid";
        return Sandbox.Program(["setpriv", "--reuid", $"{User}", "--regid", $"{User}", "--clear-groups", RuntimeUnderTest.Path, "--store", Store, .. words])
            .InPrivateMounts(files).Env("XDG_RUNTIME_DIR", Home).Env("HOME", Home).Run();
    }

    private string[] Run(params string[] options) => ["run", "--image", "t", "--env", $"{Sandbox.Mark}={Sandbox.Token}", .. options, Id];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Image_OrdinaryUser_IsImportedRunChangedAndCommitted(bool ids)
    {
        Ocirun(ids, "image", "import", "-q", $"oci:{Home}/owned:test", "t").ShouldExit(0);
        Ocirun(ids, "image", "verify").ShouldExit(0);
        Ocirun(ids, [.. Run(), "/bin/sh", "-c", "id -u; ls /d; ls /proc | grep -c '^1$'"]).ShouldExit(0).Output.Should().Be("0\nnew\n1\n");
        Directory.GetFileSystemEntries(Store + "/containers").Should().BeEmpty();

        Ocirun(ids, [.. Run("--keep"), "/bin/sh", "-c", "echo made >/made; rm /d/new"]).ShouldExit(0);
        Ocirun(ids, "diff", Id).ShouldExit(0).Output.Should().Be("D /d/new\nA /made\n");
        Ocirun(ids, "commit", Id, "changed").ShouldExit(0);
        Ocirun(ids, "delete", Id).ShouldExit(0);
        Ocirun(ids, "run", "--image", "changed", "--env", $"{Sandbox.Mark}={Sandbox.Token}", Id, "/bin/sh", "-c", "cat /made; ls /d").ShouldExit(0).Output.Should().Be("made\n");
        Ocirun(ids, "image", "remove", "t", "changed").ShouldExit(0);
        Directory.GetFileSystemEntries(Store + "/layers").Should().BeEmpty();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Unpack_OrdinaryUser_BundlesRun(bool ids)
    {
        Ocirun(ids, "image", "import", "-q", $"oci:{Home}/layout:test", "t").ShouldExit(0);
        foreach (string[] copy in new[] { Array.Empty<string>(), ["--copy"] })
        {
            string bundle = Path.Combine(Home, "bundle" + copy.Length);
            Ocirun(ids, ["unpack", .. copy, "t", bundle]).ShouldExit(0);
            var config = JsonNode.Parse(File.ReadAllText(bundle + "/config.json"))!;
            config["process"]!["args"] = new JsonArray("/bin/sh", "-c", "echo x >/x && cat /x");
            File.WriteAllText(bundle + "/config.json", config.ToJsonString());
            Ocirun(ids, "run", "--bundle", bundle, Id).ShouldExit(0).Output.Should().Be("x\n");
        }
    }

    [Fact]
    public void Run_AsAnotherUserOfTheImage_LeavesNothing()
    {
        Ocirun(true, "image", "import", "-q", $"oci:{Home}/owned:test", "t").ShouldExit(0);
        // Directories of a subordinate id, which the user himself could not remove.
        Ocirun(true, [.. Run(), "/bin/sh", "-c", "mkdir -p /a/b; touch /a/b/c; chown -R 33:33 /a; chmod 700 /a; ls -ld /a"]).ShouldExit(0).Output.Should().Contain("33");
        Directory.GetFileSystemEntries(Store + "/containers").Should().BeEmpty();
        Ocirun(true, [.. Run("--user", "web"), "/bin/sh", "-c", "id -u"]).ShouldExit(0).Output.Should().Be("33\n");
    }

    [Fact]
    public void Import_OwnerThatTheUserHasNot_IsAnErrorThatSaysWhy()
    {
        Sandbox.Program("chmod", "755", Home).Run().ShouldExit(0);
        string layout = Path.Combine(Home, "other");
        Sandbox.Program("sh", "-ec", $"cd {Home}; umoci init --layout other; umoci new --image other:test; mkdir x; touch x/f; chown 33 x/f; umoci insert --image other:test x /x; chown -R {User} other").Run().ShouldExit(0);
        Ocirun(false, "image", "import", "-q", $"oci:{layout}:test", "t").ShouldFailWith("/etc/subuid");
        Ocirun(true, "image", "import", "-q", $"oci:{layout}:test", "t").ShouldExit(0);
    }
}
