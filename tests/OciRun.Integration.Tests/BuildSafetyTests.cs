using System.Text.Json;

namespace OciRun.Integration;

/// <summary>Builds of strangers, and builds that are killed (X82).</summary>
public sealed class BuildSafetyTests : BuildTest
{
    [Theory]
    [InlineData("/etc/passwd")]
    [InlineData("../../../../../../../../etc/passwd")]
    [InlineData("loop")]
    public void Build_LinkOutOfTheContext_IsNotFollowed(string target)
    {
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "link"), target);
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "loop"), "loop");
        Directory.CreateDirectory(Path.Combine(Context, "d"));
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "d/etc"), "/etc");
        Build("x", "FROM base\nCOPY link /got\n").ShouldExit(1);
        Build("x", "FROM base\nCOPY d/etc/passwd /got\n").ShouldExit(1);
        Build("x", "FROM base\nCOPY d/*/passwd /got\n").ShouldExit(1);
        Build("x", "FROM base\nCOPY ../../etc/passwd /got\n").ShouldFailWith("leads out of the context");
        Build("tree", "FROM base\nCOPY d /d\n").ShouldExit(0);
        Sees("tree", "readlink /d/etc").Should().Be("/etc\n");
        ShouldBeTidy();
    }

    [Fact]
    public void Build_ContainerfileOrIgnoreFileIsALink_IsNotReadFromTheHost()
    {
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "Dockerfile"), "/etc/passwd");
        Ocirun("build", "-t", "x", Context).Run().ShouldFailWith("has neither Dockerfile nor Containerfile");
        Write("Containerfile", "FROM base\nCOPY . /c\n");
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, ".dockerignore"), "/etc/passwd");
        Ocirun("build", "-t", "x", Context).Run().ShouldExit(0);
    }

    [Fact]
    public void Build_LinksOfTheImage_StayInTheImage()
    {
        string host = Path.Combine(Sandbox.Directory, "host");
        Directory.CreateDirectory(host);
        System.IO.File.WriteAllText(Path.Combine(host, "file"), "host's");
        Write("f", "new");
        Sandbox.Program("tar", "-cf", Path.Combine(Context, "f.tar"), "-C", Context, "f").Run().ShouldExit(0);
        Build("evil", $"""
            FROM base
            RUN ln -s {host} /absolute && ln -s ../../../../../../../../..{host} /up && ln -s {host}/file /file && ln -s /absolute /twice
            COPY f /absolute/copied
            COPY f /up/
            COPY f /file
            ADD f.tar /twice/added
            WORKDIR /absolute/work
            """).ShouldExit(0);
        Directory.GetFileSystemEntries(host).Should().Equal(Path.Combine(host, "file"));
        System.IO.File.ReadAllText(Path.Combine(host, "file")).Should().Be("host's");
        Sees("evil", $"cat {host}/copied {host}/f {host}/file {host}/added/f; test -d {host}/work").Should().Be("newnewnewnew");
        Build("from", "FROM base\nCOPY --from=evil /file /got\nCOPY --from=evil /absolute /gotten\n").ShouldExit(0);
        Sees("from", "cat /got; ls /gotten").Should().Be("newadded\ncopied\nf\nfile\nwork\n");
    }

    [Fact]
    public void Build_HostileArchive_StaysInItsDirectory()
    {
        Write("f", "x");
        Sandbox.Program("tar", "-cPf", Path.Combine(Context, "up.tar"), "--transform", "s,^.*/f$,../../up,", Path.Combine(Context, "f")).Run().ShouldExit(0);
        Build("x", "FROM base\nADD up.tar /a/b\n").ShouldFailWith("Dockerfile:2: ", "leads upwards");
        ShouldBeTidy();
    }

    [Theory]
    [InlineData("KILL")]
    [InlineData("TERM")]
    public void Build_KilledWhileAProgramRuns_EndsItAndTheNextOneTidiesUp(string signal)
    {
        string id;
        using (var build = BuildCommand("x", "FROM base\nRUN echo runs; sleep 1000\n").Start())
        {
            Wait.Until(() => build.Output.Contains("\nruns\n", StringComparison.Ordinal), "the program runs");
            id = Path.GetFileName(Directory.GetDirectories(Sandbox.StateRoot).Should().ContainSingle().Which);
            int pid = JsonDocument.Parse(Ocirun("state", id).Run().ShouldExit(0).Output).RootElement.GetProperty("pid").GetInt32();
            Sandbox.Program("sh", "-c", $"kill -{signal} {build.Pid}").Run().ShouldExit(0);
            Wait.Until(() => !File.Exists($"/proc/{pid}/root/bin/sh"), "the program ends with its build");
        }
        Ocirun("image", "gc").Run().ShouldExit(0);
        ShouldBeTidy();
        Sandbox.Program("find", "/sys/fs/cgroup", "-name", id).Run().Output.Should().BeEmpty();
    }

    [Fact]
    public void Build_KilledAtAnyTime_LeavesACleanStore()
    {
        Write("f", new string('x', 1 << 20));
        const string File = "FROM base AS a\nRUN dd if=/dev/urandom of=/r bs=1k count=1000 2>/dev/null\nCOPY f /f\nFROM base\nCOPY --from=a /r /r\nRUN echo x >/x\n";
        var random = new Random(7);
        for (int i = 0; i < 20; i++)
        {
            using (var build = BuildCommand("k", File, "--no-cache").Start())
            {
                Thread.Sleep(random.Next(700));
                build.Kill();
            }
            if (i % 5 == 4)
                Ocirun("image", "verify").Run().ShouldExit(0);
        }
        Ocirun("image", "gc").Run().ShouldExit(0);
        ShouldBeTidy();
        Build("k", File).ShouldExit(0);
        Sees("k", "cat /x; wc -c </r").Should().Be("x\n1024000\n");
        foreach (string name in new[] { "k", "base" })
            Ocirun("image", "remove", name).Run().ShouldExit(0);
        Ocirun("image", "gc").Run().ShouldExit(0);
        foreach (string folder in new[] { "layers", "blobs/sha256", "steps", "tmp", "containers", "references" })
            Directory.EnumerateFileSystemEntries(Path.Combine(Store, folder)).Should().BeEmpty(folder);
    }

    [Fact]
    public void Build_GcMeanwhile_WaitsForIt()
    {
        using var build = BuildCommand("g", "FROM base AS a\nRUN echo runs >/a; sleep 2\nFROM base\nCOPY --from=a /a /a\n").Start();
        Wait.Until(() => build.Output.Contains("STEP 2/", StringComparison.Ordinal), "it is at work");
        Ocirun("image", "gc").Run().ShouldExit(0);
        build.Wait(TimeSpan.FromSeconds(60)).ShouldExit(0);
        Sees("g", "cat /a").Should().Be("runs\n");
    }
}
