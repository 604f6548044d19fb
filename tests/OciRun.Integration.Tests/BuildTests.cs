namespace OciRun.Integration;

/// <summary>ocirun build (E12, I102, I103).</summary>
public sealed class BuildTests : BuildTest
{
    private static int CacheHits(CommandResult build) => build.ShouldExit(0).Output.Split("--> using cache").Length - 1;

    [Fact]
    public void Build_AllInstructions_MakeAnImageThatRuns()
    {
        Write("src/a.txt", "one\n");
        Write("src/b.txt", "two\n");
        var build = Build("made:1", """
            ARG BASE=base
            FROM $BASE
            ARG WHO="you and me"
            ENV GREETING="hello $WHO" LEVEL=1
            ENV OLD form of it
            LABEL com.example.a="b c"
            WORKDIR /work
            WORKDIR deeper
            COPY src/*.txt ./
            RUN cat *.txt >all && echo "$GREETING, $WHO, $LEVEL, $OLD" >>all && id -u >>all
            RUN ["/bin/sh", "-c", "echo exec >>all"]
            EXPOSE 80 8000-8001/udp
            VOLUME ["/data"]
            STOPSIGNAL SIGINT
            USER 7:8
            ENTRYPOINT ["/bin/sh", "-c"]
            CMD ["cat all; id -u; id -g; pwd; echo $LEVEL"]
            """);
        build.ShouldExit(0).Output.Should().Contain("STEP 8/16: COPY src/*.txt ./\n").And.MatchRegex("made:1 sha256:[0-9a-f]{64}\n$");
        Ocirun("run", "--image", "made:1", Sandbox.Token + "-run").Run().ShouldExit(0).Output
            .Should().Be("one\ntwo\nhello you and me, you and me, 1, form of it\n0\nexec\n7\n8\n/work/deeper\n1\n");
        var config = Inspect("made:1").GetProperty("config").GetProperty("config");
        config.GetProperty("ExposedPorts").EnumerateObject().Select(static port => port.Name).Should().Equal("80/tcp", "8000/udp", "8001/udp");
        config.GetProperty("Env").EnumerateArray().Select(static variable => variable.GetString()).Should().Equal("GREETING=hello you and me", "LEVEL=1", "OLD=form of it");
        (config.GetProperty("StopSignal").GetString(), config.GetProperty("Labels").GetProperty("com.example.a").GetString(), config.GetProperty("Volumes").TryGetProperty("/data", out _))
            .Should().Be(("SIGINT", "b c", true));
        Ocirun("image", "history", "made:1").Run().ShouldExit(0).Output.Should().Contain("RUN cat *.txt").And.Contain("EXPOSE 80");
        ShouldBeTidy();
    }

    [Fact]
    public void Build_FormatJson_OutputIsTheDocumentAndNoMore()
    {
        Build("j", "FROM base\nRUN echo from the program\n", "--format", "json").ShouldExit(0).Error.Should().Contain("from the program\n");
        var result = Build("j", "FROM base\nRUN echo from the program again\n", "--format", "json").ShouldExit(0);
        JsonNode.Parse(result.Output).Should().BeOfType<JsonObject>();
    }

    [Fact]
    public void Build_Stages_OnlyWhatTheTargetNeedsIsBuilt()
    {
        const string File = """
            FROM base AS tools
            RUN mkdir /out && echo made >/out/x && ln /out/x /out/y && chown 5:6 /out/x && echo made >/out/z
            FROM base AS never
            RUN exit 9
            FROM tools AS more
            RUN echo more >>/out/z
            FROM scratch
            COPY --from=more /out /out
            COPY --from=0 /out/z /first
            COPY --from=base /bin/sh /bin/sh
            COPY --from=base /bin/busybox /bin/cat /bin/stat /bin/
            """;
        Build("whole", File).ShouldExit(0).Output.Should().NotContain("exit 9");
        Sees("whole", "cat /out/z /first; stat -c '%u:%g %h' /out/x").Should().Be("made\nmore\nmade\n5:6 2\n");
        Build("part", File, "--target", "TOOLS").ShouldExit(0).Output.Should().Contain("STEP 2/2").And.NotContain("FROM scratch");
        Build("wrong", File, "--target", "nobody").ShouldFailWith("has no stage \"nobody\"");
        Build("never", File, "--target", "never").ShouldFailWith("Dockerfile:4: RUN exit 9: exit status 9");
        ShouldBeTidy();
    }

    [Fact]
    public void Build_Again_UsesTheCacheUntilSomethingChanges()
    {
        const string File = "FROM base\nARG A=1\nRUN echo $A >/a\nCOPY dir /dir\nRUN cat /dir/f >/b\nENV X=y\n";
        string file = Write("dir/f", "1");
        string first = Digest(Build("c", File));
        CommandResult again = Build("c", File);
        CacheHits(again).Should().Be(4);
        Digest(again).Should().Be(first, "nothing has changed, not even the time");

        System.IO.File.SetLastWriteTimeUtc(file, DateTime.UtcNow.AddDays(-1));
        CacheHits(Build("c", File)).Should().Be(4, "times do not count");
        CacheHits(Build("c", File.Replace("X=y", "X=z", StringComparison.Ordinal))).Should().Be(3);
        System.IO.File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        CacheHits(Build("c", File)).Should().Be(1, "its mode has changed");
        Write("dir/f", "2");
        CacheHits(Build("c", File)).Should().Be(1, "its content has changed");
        Sees("c", "cat /b").Should().Be("2");
        Write("dir/g", "");
        CacheHits(Build("c", File)).Should().Be(1, "there is another name");
        CacheHits(Build("c", File, "--build-arg", "A=2")).Should().Be(0);
        Sees("c", "cat /a").Should().Be("2\n");
        CacheHits(Build("c", File, "--no-cache")).Should().Be(0);
        CacheHits(Build("c", File)).Should().Be(4, "what was done without the cache is known to it");
        ShouldBeTidy();
    }

    [Fact]
    public void Build_AfterRemovalAndGc_NothingIsLeftAndNothingIsBelieved()
    {
        const string File = "FROM base AS a\nRUN echo 1 >/a\nFROM scratch\nCOPY --from=a /a /a\n";
        Build("c", File).ShouldExit(0);
        Ocirun("image", "gc").Run().ShouldExit(0);
        CacheHits(Build("c", File)).Should().Be(1, "the stage is gone, the image is not");
        Ocirun("image", "remove", "c").Run().ShouldExit(0);
        Ocirun("image", "remove", "base").Run().ShouldExit(0);
        Ocirun("image", "gc").Run().ShouldExit(0);
        foreach (string folder in new[] { "layers", "blobs/sha256", "steps", "tmp", "containers" })
            Directory.EnumerateFileSystemEntries(Path.Combine(Store, folder)).Should().BeEmpty(folder);
    }

    [Fact]
    public void Build_Epoch_IsReproducible()
    {
        Write("dir/f", "1");
        const string File = "FROM base\nRUN mkdir /d && echo 1 >/d/x && ln -s x /d/l\nCOPY dir /dir\nWORKDIR /new\nENV B=1\n";
        string[] digests = [.. new[] { "one", "two" }.Select(name =>
        {
            string store = Path.Combine(Sandbox.Directory, name);
            Write("Dockerfile", File);
            OcirunIn(store, "image", "import", $"oci:{BaseLayout}:test", "base").Run().ShouldExit(0);
            System.IO.File.SetLastWriteTimeUtc(Path.Combine(Context, "dir/f"), DateTime.UtcNow);
            return Digest(OcirunIn(store, "build", "-t", "r", Context).Env("SOURCE_DATE_EPOCH", "1700000000").Run());
        })];
        digests[1].Should().Be(digests[0]);
        Build("now", File);
        Digest(Build("now", File)).Should().NotBe(digests[0], "without the variable times are what they are");
    }

    [Fact]
    public void Build_WhatTheRuntimeMounts_IsInNoLayer()
    {
        Build("m", "FROM base\nRUN test -s /etc/resolv.conf && test -e /dev/null && test -d /proc/self && echo x >/new\n").ShouldExit(0);
        TopLayer("m").Should().Equal("new");
        Build("none", "FROM base\nRUN --network=none test ! -e /etc/resolv.conf && ls /sys/class/net\n").ShouldExit(0).Output.Should().Contain("\nlo\n").And.NotContain("eth0");
        Build("nothing", "FROM base\nRUN true\n").ShouldExit(0);
        Inspect("nothing").GetProperty("layers").GetArrayLength().Should().Be(1, "a program that changes nothing makes no layer");
    }

    [Fact]
    public void Build_IgnoreFile_LeavesOut()
    {
        Write(".dockerignore", "*.log\nvendor\n!vendor/keep\nsecret\n");
        foreach (string file in new[] { "a.log", "a.txt", "vendor/x/y", "vendor/keep/z", "secret", "deep/b.log" })
            Write(file, file);
        Directory.CreateDirectory(Path.Combine(Context, "links"));
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "links/secret"), "../secret");
        Build("i", "FROM base\nCOPY . /c/\n").ShouldExit(0);
        Sees("i", "cd /c; find . -type f | sort").Should().Be("./.dockerignore\n./Dockerfile\n./a.txt\n./deep/b.log\n./vendor/keep/z\n");
        Build("s", "FROM base\nCOPY secret /\n").ShouldFailWith("Dockerfile:2: \"secret\" is left out of the context by .dockerignore");
        Build("s", "FROM base\nCOPY links/secret /\n").ShouldFailWith("left out of the context by .dockerignore");
        Build("s", "FROM base\nCOPY *.log /\n").ShouldFailWith("Dockerfile:2: nothing in the context matches \"*.log\"");
        Write("Dockerfile.dockerignore", "a.txt\n");
        Build("own", "FROM base\nCOPY * /c/\n").ShouldExit(0);
        Sees("own", "ls /c").Should().Contain("a.log").And.NotContain("a.txt");
    }

    [Fact]
    public void Build_Copy_AsTheReferenceSays()
    {
        System.IO.File.SetUnixFileMode(Write("tree/run", "#!"), (UnixFileMode)0x1ED);
        Write("tree/sub/f", "f");
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "tree/link"), "sub/f");
        Directory.CreateDirectory(Path.Combine(Context, "tree/empty"));
        System.IO.File.CreateSymbolicLink(Path.Combine(Context, "alias"), "tree/sub");
        Write("with space", "w");
        Build("c", """
            FROM base
            RUN mkdir -p /usr/lib && ln -s usr/lib /lib && ln -s /made/here /dangling && mkdir /there
            COPY tree /t
            COPY tree/sub /lib/
            COPY tree/run tree/sub/f /lib/
            COPY alias/f /alias
            COPY tree/run /there
            COPY --chown=7 --chmod=4750 tree/run /own
            COPY --chown=root:8 tree/sub /owned
            COPY ["with space", "/with space"]
            COPY tree/run /dangling/x
            WORKDIR /w
            COPY tree/run sub/
            """).ShouldExit(0);
        Sees("c", "cd /; stat -c '%n %F %a %u:%g' t/run t/link t/empty t/sub/f usr/lib/f usr/lib/run lib alias there/run own owned/f made/here/x w/sub/run 'with space'; cat /t/link").Should().Be("""
            t/run regular file 755 0:0
            t/link symbolic link 777 0:0
            t/empty directory 755 0:0
            t/sub/f regular file 644 0:0
            usr/lib/f regular file 644 0:0
            usr/lib/run regular file 755 0:0
            lib symbolic link 777 0:0
            alias regular file 644 0:0
            there/run regular file 755 0:0
            own regular file 4750 7:7
            owned/f regular file 644 0:8
            made/here/x regular file 755 0:0
            w/sub/run regular file 755 0:0
            with space regular file 644 0:0
            f
            """);
        Build("e", "FROM base\nCOPY tree/run tree/sub/f /one\n").ShouldFailWith("Dockerfile:2: COPY of several sources wants a directory");
        Build("e", "FROM base\nCOPY tree/sub/f /bin\nCOPY tree /bin/f\n").ShouldFailWith("Dockerfile:3: \"/bin/f\" is no directory");
    }

    [Fact]
    public void Build_Add_UnpacksArchives()
    {
        Write("tree/x", "x");
        Sandbox.Program("tar", "--owner=3", "--group=4", "-czf", Path.Combine(Context, "a.tar.gz"), "-C", Context, "tree").Run().ShouldExit(0);
        Sandbox.Program("tar", "-cJf", Path.Combine(Context, "a.tar.xz"), "-C", Context, "tree").Run().ShouldExit(0);
        Sandbox.Program("gzip", "-k", Path.Combine(Context, "tree/x")).Run().ShouldExit(0);
        Build("a", "FROM base\nADD a.tar.gz /to\nADD tree/x.gz tree/x /plain/\nCOPY a.tar.gz /\n").ShouldExit(0);
        Sees("a", "stat -c '%n %u:%g' /to/tree/x /plain/x /plain/x.gz /a.tar.gz").Should().Be("/to/tree/x 3:4\n/plain/x 0:0\n/plain/x.gz 0:0\n/a.tar.gz 0:0\n");
        Build("x", "FROM base\nADD a.tar.xz /to\n").ShouldFailWith("Dockerfile:2: \"a.tar.xz\" is compressed with xz");
        Build("u", "FROM base\nADD https://example.com/x /to\n").ShouldFailWith("Dockerfile:2: ADD https://example.com/x: nothing is fetched");
        ShouldBeTidy();
    }

    [Fact]
    public void Build_FromALayout_NeedsNoName()
    {
        Build("l", $"FROM oci:{BaseLayout}:test\nRUN echo x >/x\n").ShouldExit(0);
        Sees("l", "cat /x").Should().Be("x\n");
        Ocirun("image", "list", "--format", "json").Run().ShouldExit(0).Output.Should().NotContain("oci:");
        Build("n", "FROM base\nRUN echo never\nFROM not/there:1\nCOPY --from=0 / /\n").ShouldFailWith("Dockerfile:3: there is no image not/there:1").Output.Should().BeEmpty("that is found out first");
    }

    [Theory]
    [InlineData("HEALTHCHECK NONE", "HEALTHCHECK is not supported")]
    [InlineData("ONBUILD RUN x", "ONBUILD is not supported")]
    [InlineData("RUN --mount=type=cache,target=/x true", "RUN --mount is not supported")]
    [InlineData("COPY --parents a /b", "COPY --parents is not supported")]
    [InlineData("COPY a", "COPY wants at least one source")]
    [InlineData("NONSENSE", "NONSENSE is not an instruction")]
    public void Build_NotSupported_NamesTheLineBeforeAnythingIsDone(string instruction, string message)
    {
        Build("x", $"FROM base\nRUN echo first\n\n{instruction}\n").ShouldFailWith("Dockerfile:4: " + message).Output.Should().BeEmpty();
        Directory.Exists(Path.Combine(Store, "steps")).Should().BeTrue();
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "steps")).Should().BeEmpty();
    }

    [Theory]
    [InlineData("RUN echo before; exit 3", "RUN echo before; exit 3: exit status 3")]
    [InlineData("RUN (sleep 9 & kill -9 $!; wait $!) 2>/dev/null; exit $?", "exit status 137")]
    [InlineData("RUN [\"/not/there\"]", "no such file or directory")]
    [InlineData("COPY nothing /", "the context has no \"nothing\": no such file or directory")]
    [InlineData("ENV A=${B", "has no closing brace")]
    [InlineData("EXPOSE what", "EXPOSE what")]
    [InlineData("STOPSIGNAL NONE", "there is no such signal")]
    public void Build_StepFails_NamesTheLineAndLeavesNothing(string instruction, string message)
    {
        var build = Build("x", $"FROM base\nRUN echo kept >/kept\n{instruction}\n");
        build.ShouldFailWith("Dockerfile:3: ", message).Error.TrimEnd().Should().NotContain("\n");
        ShouldBeTidy();
        CacheHits(Build("x", "FROM base\nRUN echo kept >/kept\n")).Should().Be(1, "what was done by then is not done again");
    }

    [Fact]
    public void Build_Program_HasNoInputAndItsOwnUserAndShell()
    {
        BuildCommand("u", "FROM base\nSHELL [\"/bin/ash\", \"-ec\"]\nRUN false; cat; echo \"$0\"; id -u; echo $HOME\n").Run().ShouldExit(1);
        BuildCommand("u", "FROM base\nSHELL [\"/bin/ash\", \"-c\"]\nUSER 9\nRUN cat; id -u; readlink /proc/self/exe\n").Input("typed\n").Run().ShouldExit(0).Output
            .Should().Contain("\n9\n").And.NotContain("typed");
        Build("unused", "FROM base\nARG A\n", "--build-arg", "B=1", "--build-arg", "http_proxy=x").ShouldExit(0).Error.Should().Contain("--build-arg B: ").And.NotContain("http_proxy");
    }

    [Fact]
    public void Build_Image_RunsUnderPodmanWithRunc()
    {
        foreach (string program in new[] { "podman", "runc", "skopeo" })
            Assert.SkipUnless(Sandbox.Program("which", program).Run().ExitCode == 0, $"{program} is not installed");
        Build("p", "FROM base\nRUN rm -rf /home && mkdir /home && echo made >/home/x && rm /bin/tiny\nUSER 5\nENV A=b\nCMD [\"/bin/sh\", \"-c\", \"cat /home/x; ls /home; ls /bin/tiny; id -u; echo $A\"]\n").ShouldExit(0);
        string layout = Path.Combine(Sandbox.Directory, "layout");
        Ocirun("image", "export", "p", $"oci:{layout}:p").Run().ShouldExit(0);
        Sandbox.Program("skopeo", "--insecure-policy", "copy", $"oci:{layout}:p", $"docker-archive:{Sandbox.Directory}/docker.tar:localhost/p:1").Run().ShouldExit(0);
        string[] podman =
        [
            "podman", "--root", Path.Combine(Sandbox.Directory, "p"), "--runroot", Path.Combine(Sandbox.Directory, "r"), "--storage-driver", "vfs", "--cgroup-manager", "cgroupfs",
            "--runtime", Sandbox.Program("which", "runc").Run().Output.Trim(),
        ];
        Sandbox.Program([.. podman, "load", "-q", "-i", $"{Sandbox.Directory}/docker.tar"]).Run().ShouldExit(0);
        Sandbox.Program([.. podman, "run", "--rm", "--network", "none", "--ulimit", "nofile=1000:1000", "--ulimit", "nproc=1000:1000", "localhost/p:1"]).Run().ShouldExit(0).Output.Should().Be("made\nx\n5\nb\n");
    }
}
