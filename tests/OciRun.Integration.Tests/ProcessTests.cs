namespace OciRun.Integration;

/// <summary>process: user, environment, capabilities, limits (S70–S86).</summary>
public sealed class ProcessTests : IntegrationTest
{
    private const ulong AuditWrite = 1UL << 29, Kill = 1UL << 5, NetBindService = 1UL << 10;

    [Fact]
    public void Env_IsExactlyTheConfigs()
    {
        var report = NewContainer().Set("/process/env", new JsonArray("PATH=/bin", "A=1", "B=two words", "HOME=/somewhere")).Report();
        report.List("env").Should().BeEquivalentTo("PATH=/bin", "A=1", "B=two words", "HOME=/somewhere");
    }

    [Fact]
    public void Env_Duplicate_TheLastWins()
    {
        NewContainer().Set("/process/env", new JsonArray("PATH=/bin", "A=1", "A=2")).Report().Env("A").Should().Be("2");
    }

    [Theory]
    [InlineData(0, "/root")]
    [InlineData(1000, "/home/user")]
    [InlineData(4242, "/")]
    public void Env_HomeUnset_IsThatOfThePasswdFile(int uid, string home)
    {
        NewContainer().Set("/process/user/uid", uid).Report().Env("HOME").Should().Be(home);
    }

    /// <summary>The file is the container's: what does not fit into a message must not end us.</summary>
    [Fact]
    public void Env_HomeLongerThanAnyPath_IsTheRoot()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others take it");
        NewContainer().WriteFile("/etc/passwd", $"root:x:0:0::/{new string('h', 300_000)}:/bin/sh\n").Report().Env("HOME").Should().Be("/");
    }

    [Fact]
    public void Env_OfTheCaller_DoesNotLeak()
    {
        var container = NewContainer().Probe("report");
        var result = container.Verb("run", "--bundle", container.Bundle, container.Id)
            .Env("LEAK", "1").Env("LD_PRELOAD_X", "1").Env("DOTNET_gcServer", "1").Run().ShouldExit(0);
        result.Probe.Report.List("env").Should().NotContain(e => e.StartsWith("LEAK", StringComparison.Ordinal)
            || e.StartsWith("LD_", StringComparison.Ordinal) || e.StartsWith("DOTNET_", StringComparison.Ordinal) || e.StartsWith("_LIBCONTAINER", StringComparison.Ordinal));
    }

    [Fact]
    public void User_UidGidAndGroups_AreSet()
    {
        var report = NewContainer().Set("/process/user", new JsonObject { ["uid"] = 1000, ["gid"] = 1001, ["additionalGids"] = new JsonArray(5, 77) }).Report();
        report.Status("Uid").Should().Be("1000\t1000\t1000\t1000");
        report.Status("Gid").Should().Be("1001\t1001\t1001\t1001");
        report.Numbers("groups").Should().BeEquivalentTo(new long[] { 5, 77 });
    }

    [Fact]
    public void User_NoAdditionalGids_CallersGroupsAreGone()
    {
        NewContainer().Report().Numbers("groups").Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, "0022")]
    [InlineData(0, "0000")]
    [InlineData(63, "0077")]
    public void Umask_Value_IsSet(int? umask, string seen)
    {
        var container = NewContainer();
        if (umask is int value)
            container.Set("/process/user/umask", value);
        container.Report().Text("umask").Should().Be(seen);
    }

    [Fact]
    public void Cwd_Directory_IsEntered() => NewContainer().Set("/process/cwd", "/home/user").Report().Text("cwd").Should().Be("/home/user");

    [Fact]
    public void Cwd_Missing_IsMade() => NewContainer().Set("/root/readonly", false).Set("/process/cwd", "/new/dir").Report().Text("cwd").Should().Be("/new/dir");

    [Fact]
    public void Cwd_MissingInAReadonlyRoot_IsMade() => NewContainer().Set("/process/cwd", "/new/dir").Report().Text("cwd").Should().Be("/new/dir");

    [Fact]
    public void Cwd_Relative_Fails() => NewContainer().Set("/process/cwd", "home").TryCreate().ShouldFailWith("absolute");

    [Fact]
    public void Cwd_OnlyTheUserMayEnter_Works()
    {
        var container = NewContainer();
        string directory = Directory.CreateDirectory(Path.Combine(container.Rootfs, "private")).FullName;
        Sandbox.Program("sh", "-c", $"chown 1000:1000 '{directory}'; chmod 0700 '{directory}'").Run().ShouldExit(0);
        container.Set("/process/user/uid", 1000).Set("/process/cwd", "/private").Report().Text("cwd").Should().Be("/private");
    }

    [Fact]
    public void Args_ReachTheProgramUnchanged()
    {
        var words = NewContainer().RunProbe("report", "", "two words", "--help", "-x", "$HOME", "ü").Report.List("args");
        words.Should().Equal("", "two words", "--help", "-x", "$HOME", "\u00c3\u00bc");
    }

    [Fact]
    public void Capabilities_OfRoot_AreExactlyTheConfigs()
    {
        var report = NewContainer().Report();
        const ulong all = AuditWrite | Kill | NetBindService;
        report.Mask("CapEff").Should().Be(all);
        report.Mask("CapPrm").Should().Be(all);
        report.Mask("CapBnd").Should().Be(all);
        report.Mask("CapInh").Should().Be(0);
        report.Mask("CapAmb").Should().Be(0);
    }

    [Fact]
    public void Capabilities_AmbientOfAUser_SurviveTheExec()
    {
        var container = NewContainer().Set("/process/user/uid", 1000);
        foreach (string set in new[] { "bounding", "effective", "permitted", "inheritable", "ambient" })
            container.Capabilities(set, "CAP_NET_BIND_SERVICE");
        var report = container.Report();
        report.Mask("CapAmb").Should().Be(NetBindService);
        report.Mask("CapEff").Should().Be(NetBindService);
    }

    [Fact]
    public void Capabilities_OfAUserWithoutAmbient_AreGoneAfterTheExec()
    {
        var report = NewContainer().Set("/process/user/uid", 1000).Report();
        report.Mask("CapEff").Should().Be(0);
        report.Mask("CapPrm").Should().Be(0);
    }

    [Fact]
    public void Capabilities_Unset_NonRootHasNone()
    {
        var report = NewContainer().Remove("/process/capabilities").Set("/process/user/uid", 1000).Report();
        report.Mask("CapEff").Should().Be(0);
        report.Mask("CapAmb").Should().Be(0);
        report.Mask("CapInh").Should().Be(0);
    }

    [Fact]
    public void Capabilities_Unknown_IsAWarningOnly()
    {
        var container = NewContainer().Capabilities("bounding", "CAP_KILL", "CAP_OF_THE_FUTURE").Probe("exit", "0");
        container.Run().ShouldExit(0).Error.Should().Contain("CAP_OF_THE_FUTURE");
    }

    [Theory]
    [InlineData(true, "1")]
    [InlineData(false, "0")]
    public void NoNewPrivileges_Value_IsSet(bool value, string seen) =>
        NewContainer().Set("/process/noNewPrivileges", value).Report().Status("NoNewPrivs").Should().Be(seen);

    [Fact]
    public void Rlimits_Lowered_AreSet()
    {
        var container = NewContainer();
        container.Add("/process/rlimits", new JsonObject { ["type"] = "RLIMIT_CORE", ["soft"] = 0, ["hard"] = 4096 });
        container.Add("/process/rlimits", new JsonObject { ["type"] = "RLIMIT_FSIZE", ["soft"] = 1 << 20, ["hard"] = 1 << 21 });
        container.Add("/process/rlimits", new JsonObject { ["type"] = "RLIMIT_NPROC", ["soft"] = 100, ["hard"] = 200 });
        var report = container.Report();
        report.Limit("RLIMIT_NOFILE").Should().Be((1024UL, 1024UL));
        report.Limit("RLIMIT_CORE").Should().Be((0UL, 4096UL));
        report.Limit("RLIMIT_FSIZE").Should().Be((1UL << 20, 1UL << 21));
        report.Limit("RLIMIT_NPROC").Should().Be((100UL, 200UL));
    }

    [ClaimFact("S84: the soft limit of open files is the caller's, not the one that the runtime's own language raised (Go does)")]
    public void Rlimits_Unset_CallersAreInherited()
    {
        var container = NewContainer().Remove("/process/rlimits").Probe("report");
        var command = new Command(Sandbox.Directory, "sh", "-c", "ulimit -Sn 777; exec \"$0\" \"$@\"", RuntimeUnderTest.Path,
            "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id);
        container.Verb("list");
        command.Run().ShouldExit(0).Probe.Report.Limit("RLIMIT_NOFILE").Soft.Should().Be(777);
    }

    [Fact]
    public void Rlimits_UnknownType_Fails()
    {
        NewContainer().Add("/process/rlimits", new JsonObject { ["type"] = "RLIMIT_NOSUCH", ["soft"] = 1, ["hard"] = 1 }).TryCreate().ShouldFailWith("RLIMIT_NOSUCH");
    }

    [ClaimFact("S83: a rlimit that is named twice is an error, as the specification says; no other runtime looks")]
    public void Rlimits_Twice_Fails()
    {
        NewContainer().Add("/process/rlimits", new JsonObject { ["type"] = "RLIMIT_NOFILE", ["soft"] = 1, ["hard"] = 1 }).TryCreate().ShouldFailWith("RLIMIT_NOFILE");
    }

    [Fact]
    public void OomScoreAdj_Set_IsWritten() => NewContainer().Set("/process/oomScoreAdj", 500).Report().Text("oomScoreAdj").Should().Be("500");

    [Fact]
    public void OomScoreAdj_Unset_IsTheCallers() =>
        NewContainer().Report().Text("oomScoreAdj").Should().Be(File.ReadAllText("/proc/self/oom_score_adj").Trim());

    [Fact]
    public void Process_Created_IsSessionLeaderAndPidOne()
    {
        var report = NewContainer().Report();
        report.Process("pid").Should().Be(1);
        report.Process("sid").Should().Be(1);
        report.Process("pgid").Should().Be(1);
    }

    [ClaimFact("S202: personality; runc has it since 1.2")]
    public void Personality_Linux32_IsSet() =>
        ((long)NewContainer().Set("/linux/personality", new JsonObject { ["domain"] = "LINUX32" }).Report()["personality"]!).Should().Be(8);

    [Fact]
    public void Keyring_Default_IsOneOfTheContainers()
    {
        var container = NewContainer();
        container.Report().Text("keyring").Should().Contain("_ses." + container.Id);
    }

    [Fact]
    public void Keyring_NoNewKeyring_IsTheCallers()
    {
        var container = NewContainer().Probe("report");
        container.Run("--no-new-keyring").ShouldExit(0).Probe.Report.Text("keyring").Should().NotContain(container.Id);
    }
}
