namespace OciRun.Integration;

/// <summary>run --seccomp-trace (U6): the program gets what it gets without, and afterwards it is told what was refused.</summary>
public sealed class SeccompTraceTests : IntegrationTest
{
    private static readonly string[] s_calls = ["mkdir", "/dev/shm/x", "+", "mkdir", "/dev/shm/y", "+", "syscall", "135", "8", "+", "syscall", "135", "0", "+", "syscall", "9999"];

    public SeccompTraceTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has --seccomp-trace");

    private static JsonObject Filter(params string[] rules) => (JsonObject)JsonNode.Parse($$"""
        {"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{{string.Join(',', rules)}}]}
        """)!;

    private static JsonObject Refusing() => Filter(
        """{"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 61}""",
        """{"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]}""");

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Errno_IsTheSameAndIsTold(bool noNewPrivileges, bool userNamespace)
    {
        var container = NewContainer().Set("/linux/seccomp", Refusing()).Set("/process/noNewPrivileges", noNewPrivileges).Probe(s_calls);
        container = userNamespace ? container.UserNamespace() : container;
        var plain = container.Run().ShouldExit(0);
        var traced = container.Run("--seccomp-trace").ShouldExit(0);
        traced.Output.Should().Be(plain.Output).And.Contain("mkdir /dev/shm/x: ENODATA");
        traced.Error.Should().Contain("seccomp: refused").And.MatchRegex(@"2 +mkdir \(83\) on x86_64 +ENODATA +probe +\d+ +/linux/seccomp/syscalls/0 \(config.json:\d+\) ")
            .And.MatchRegex(@"1 +personality \(135\) on x86_64 +EPERM +probe +\d+ +/linux/seccomp/syscalls/1 \(config.json:\d+\) +8, ")
            .And.Contain("mkdir would be allowed by /linux/seccomp/syscalls/0 without \"mkdir\"");
        traced.Error.Split('\n').Should().HaveCount(7, "a heading, two rows with their own, two remedies");
    }

    [Fact]
    public void File_GetsJson_AndANewerCallIsTold()
    {
        var filter = Filter();
        filter["defaultAction"] = "SCMP_ACT_ERRNO";
        // All but the two highest numbers of this list are allowed by name.
        filter["syscalls"] = JsonNode.Parse("""[{"names": ["read", "write", "writev", "close", "fstat", "lseek", "mmap", "mprotect", "munmap", "brk", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "ioctl", "pread64", "dup2", "getpid", "execve", "exit", "exit_group", "uname", "fcntl", "getdents64", "arch_prctl", "set_tid_address", "futex", "openat", "open", "stat", "newfstatat", "set_robust_list", "prlimit64", "getrandom", "rseq", "access", "readlink", "capset", "prctl", "capget", "getuid", "getppid", "sigaltstack", "gettid", "tgkill", "seccomp", "mkdirat", "close_range"], "action": "SCMP_ACT_ALLOW"}]""");
        string file = Path.Combine(Sandbox.Directory, "refused.json");
        var container = NewContainer().Set("/linux/seccomp", filter).Probe("syscall", "-1", "+", "syscall", "135", "8", "+", "syscall", "9999");
        var result = container.Run("--seccomp-trace=" + file).ShouldExit(0);
        result.Error.Should().BeEmpty();
        result.Probe["syscall -1"].Should().Be("EPERM");
        result.Probe["syscall 135"].Should().Be("EPERM", "-1 has not ended the watch");
        result.Probe["syscall 9999"].Should().Be("ENOSYS");
        var refusals = JsonNode.Parse(File.ReadAllText(file))!.AsArray();
        var newer = refusals.Single(one => (uint)one!["number"]! == 9999)!;
        ((string)newer["reason"]!).Should().Be("newer");
        ((string)newer["errno"]!).Should().Be("ENOSYS");
        newer["call"].Should().BeNull();
        ((string)refusals.Single(one => (uint)one!["number"]! == uint.MaxValue)!["reason"]!).Should().Be("default");
        var personality = refusals.Single(one => (string?)one!["call"] == "personality")!;
        ((string)personality["reason"]!).Should().Be("default");
        ((string)personality["arguments"]![0]!).Should().Be("8");
        ((string)personality["remedy"]!).Should().Be("""{"names": ["personality"], "action": "SCMP_ACT_ALLOW"} in /linux/seccomp/syscalls""");
    }

    [Theory]
    [InlineData("SCMP_ACT_KILL_PROCESS", false)]
    [InlineData("SCMP_ACT_KILL", false)]
    [InlineData("SCMP_ACT_KILL_PROCESS", true)]
    public void Kill_StillEndsTheProgram(string action, bool isChild)
    {
        var container = NewContainer().Set("/linux/seccomp", Filter($$"""{"names": ["personality"], "action": "{{action}}"}"""));
        container = isChild ? container.Args("/bin/busybox", "sh", "-c", "/bin/probe syscall 135 8; echo status $?") : container.Probe("syscall", "135", "8");
        var plain = container.Run();
        var traced = container.Run("--seccomp-trace");
        traced.ExitCode.Should().Be(plain.ExitCode);
        traced.Output.Should().Be(plain.Output).And.Be(isChild ? "status 159\n" : "");
        traced.Error.Should().MatchRegex(@"1 +personality \(135\) on x86_64 +" + action.Replace("_KILL_THREAD", "_KILL") + " +probe ");
        traced.Error.Contains("SIGKILL has ended its process").Should().Be(!isChild, "the init of a pid namespace takes no other signal from outside");
    }

    [Fact]
    public void Kill_CalledByAnotherThreadOfTheInit_EndsIt()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter("""{"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}""")).Probe("thread", "135", "8", "+", "thread", "39");
        var traced = container.Run("--seccomp-trace").ShouldExit(159);
        traced.Output.Should().Be(container.Run().ShouldExit(159).Output).And.BeEmpty();
        traced.Error.Should().MatchRegex(@"1 +personality \(135\) on x86_64 +SCMP_ACT_KILL_PROCESS +probe ").And.Contain("SIGKILL has ended its process");
    }

    [Fact]
    public void Kill_OfAProgramThatTogglesSigsys_EndsIt()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter("""{"names": ["personality"], "action": "SCMP_ACT_KILL_PROCESS"}"""))
            .Args("/bin/busybox", "sh", "-c", "for i in 1 2 3 4 5 6; do /bin/probe ward 135 8; echo status $?; done");
        string[] lines = container.Run("--seccomp-trace").ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(6).And.OnlyContain(line => line == "status 137" || line == "status 159");
    }

    [Fact]
    public void Program_ThatLivesOn_IsWatchedToItsEnd()
    {
        var container = NewContainer().Set("/linux/seccomp", Refusing()).Args("/bin/busybox", "sh", "-c", "/bin/busybox sleep 1.3; /bin/busybox mkdir /dev/shm/x; exit 7");
        container.Run("--seccomp-trace", "--format", "json").ShouldExit(7).Error.Should().Contain("\"program\": \"busybox\"").And.Contain("\"count\": 1");
    }

    [Fact]
    public void Execve_Refused_IsTheErrorAndIsTold()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter("""{"names": ["execve"], "action": "SCMP_ACT_ERRNO", "errnoRet": 13}""")).Probe("exit", "0");
        string plain = container.Run().ShouldExit(1).Error;
        container.Run("--seccomp-trace").ShouldExit(1).Error.Should().EndWith(plain).And.Contain("execve (59) on x86_64");
    }

    [Fact]
    public void NothingRefused_IsSaid() =>
        NewContainer().Set("/linux/seccomp", Filter()).Probe("exit", "5").Run("--seccomp-trace").ShouldExit(5).Error.Should().Be("seccomp: no call was refused\n");

    [Fact]
    public void WhereItCannotWatch_IsAnError()
    {
        NewContainer().Run("--seccomp-trace").ShouldFailWith("/linux/seccomp: is missing", "--seccomp-trace").Error.Should().NotContain("no call was refused", "nothing has run");
        var filter = Filter("""{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}""");
        filter["listenerPath"] = "/nosuch/agent";
        var container = NewContainer().Set("/linux/seccomp", filter);
        container.Run("--seccomp-trace").ShouldFailWith("/linux/seccomp/syscalls/0/action", "SCMP_ACT_NOTIFY");
        container.Run("--seccomp-trace", "--detach").ShouldFailWith("--seccomp-trace", "--detach");
        container.Run("--seccomp-trace=/nosuch/file").ShouldFailWith("cannot open --seccomp-trace");
    }
}
