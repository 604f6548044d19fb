namespace OciRun.Integration;

/// <summary>The system call filter through the whole way: actions, arguments, the stub for new calls, the agent (S187-S197, S85).</summary>
public sealed class SeccompTests : IntegrationTest
{
    private const int Personality = 135, FutureCall = 9999;

    private static JsonObject Rule(string action, string name, int? errno = null, params JsonObject[] conditions)
    {
        var rule = new JsonObject { ["names"] = new JsonArray(name), ["action"] = action };
        if (errno is not null)
            rule["errnoRet"] = errno;
        if (conditions.Length > 0)
            rule["args"] = new JsonArray([.. conditions]);
        return rule;
    }

    private static JsonObject Condition(int index, ulong value, string op, ulong valueTwo = 0) =>
        new() { ["index"] = index, ["value"] = value, ["valueTwo"] = valueTwo, ["op"] = op };

    private static JsonObject Filter(string defaultAction, params JsonObject[] rules) =>
        new() { ["defaultAction"] = defaultAction, ["syscalls"] = new JsonArray([.. rules]) };

    private static string Call(int number) => "syscall " + number;

    private Container With(JsonObject filter) => NewContainer().Set("/linux/seccomp", filter);

    [Theory]
    [InlineData(null, "EPERM")]
    [InlineData(22, "EINVAL")]
    public void Errno_Rule_IsWhatTheProgramGets(int? errno, string seen)
    {
        With(Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "personality", errno))).RunProbe("syscall", "135", "0")[Call(Personality)].Should().Be(seen);
    }

    [Theory]
    [InlineData("SCMP_CMP_EQ", 8ul, 0ul, "8", "EPERM")]
    [InlineData("SCMP_CMP_EQ", 8ul, 0ul, "0", "ok")]
    [InlineData("SCMP_CMP_NE", 8ul, 0ul, "0", "EPERM")]
    [InlineData("SCMP_CMP_GT", 7ul, 0ul, "8", "EPERM")]
    [InlineData("SCMP_CMP_GT", 8ul, 0ul, "8", "ok")]
    [InlineData("SCMP_CMP_MASKED_EQ", 8ul, 8ul, "8", "EPERM")]
    [InlineData("SCMP_CMP_MASKED_EQ", 8ul, 8ul, "0", "ok")]
    public void Args_Condition_DecidesTheCall(string op, ulong value, ulong valueTwo, string argument, string seen)
    {
        With(Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "personality", null, Condition(0, value, op, valueTwo))))
            .RunProbe("syscall", "135", argument)[Call(Personality)].Should().Be(seen);
    }

    [Fact]
    public void Kill_Rule_EndsTheProgramWithSigsys() =>
        With(Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_KILL_PROCESS", "personality"))).Probe("syscall", "135", "0").Run().ExitCode.Should().Be(128 + 31);

    [Fact]
    public void Names_Unknown_AreSkipped() =>
        With(Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "nosuchcall"), Rule("SCMP_ACT_ERRNO", "personality"))).RunProbe("syscall", "135", "0")[Call(Personality)]
            .Should().Be("EPERM");

    // glibc falls back from clone3 and its like only on ENOSYS (runc#2151).
    [Fact]
    public void DefaultErrno_CallNewerThanTheProfile_IsEnosys()
    {
        Assert.SkipWhen(RuntimeUnderTest.IsCrun, "crun leaves this to the profile");
        // What has a higher number than all the calls of the profile is newer; what is below and not listed is refused.
        var names = new JsonArray("access", "arch_prctl", "brk", "capget", "capset", "chdir", "close", "close_range", "dup2", "execve", "exit", "exit_group", "fchdir", "fchown", "fcntl",
            "fstat", "fstatfs", "futex", "getdents64", "getpid", "getppid", "getuid", "ioctl", "lseek", "mmap", "mprotect", "munmap", "newfstatat", "openat", "openat2", "prctl", "pread64",
            "read", "readlink", "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "seccomp", "set_robust_list", "set_tid_address", "rseq", "prlimit64", "getrandom", "setgid", "setgroups",
            "setuid", "stat", "statx", "uname", "write", "writev", "epoll_pwait2", "epoll_ctl", "epoll_pwait", "nanosleep", "tgkill", "gettid", "sigaltstack");
        var filter = Filter("SCMP_ACT_ERRNO", new JsonObject { ["names"] = names, ["action"] = "SCMP_ACT_ALLOW" });
        filter["architectures"] = new JsonArray("SCMP_ARCH_X86_64"); // runc has the stub only for architectures that are named
        var said = With(filter).RunProbe("syscall", "9999", "+", "syscall", "135", "0");
        said[Call(FutureCall)].Should().Be("ENOSYS");
        said[Call(Personality)].Should().Be("EPERM");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Filter_WithAndWithoutNoNewPrivileges_IsLoadedAndCapabilitiesAreTheConfigs(bool noNewPrivileges)
    {
        var report = With(Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "personality"))).Set("/process/noNewPrivileges", noNewPrivileges).Report();
        report.Status("Seccomp").Should().Be("2");
        (report.Mask("CapEff") >> 21 & 1).Should().Be(0, "CAP_SYS_ADMIN was only kept for the filter");
    }

    [Fact]
    public void Notify_Agent_GetsTheDescriptorAndTheState()
    {
        string path = Path.Combine(Sandbox.Directory, "agent.sock");
        using var agent = new ConsoleSocket(path);
        var filter = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "mkdirat"), Rule("SCMP_ACT_NOTIFY", "mkdir"));
        filter["listenerPath"] = path;
        filter["listenerMetadata"] = "some words";
        var container = With(filter).Probe("mkdir", "/dev/shm/x", "+", "signals", "TERM").Create().Start();
        using (agent.Receive())
        {
            var state = JsonNode.Parse(agent.Payload)!;
            ((string)state["fds"]![0]!).Should().Be("seccompFd");
            ((string)state["metadata"]!).Should().Be("some words");
            ((int)state["pid"]!).Should().Be(container.Pid);
            ((string)state["state"]!["id"]!).Should().Be(container.Id);
            ((string)state["state"]!["bundle"]!).Should().Be(container.Bundle);
            ((string)state["state"]!["status"]!).Should().Be("creating");
        }
        // An agent that goes away leaves the calls unanswered: the kernel says ENOSYS.
        container.WaitFor("mkdir /dev/shm/x: ENOSYS");
    }

    [Fact]
    public void Notify_AgentMissing_Fails()
    {
        var filter = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "mkdirat"));
        filter["listenerPath"] = "/nosuch/agent.sock";
        With(filter).Probe("exit", "0").Run().ShouldExit(1).Error.Should().Contain("/nosuch/agent.sock");
    }

    [Fact]
    public void Notify_ProcessOfExec_IsItsOwnAndTheContainerRuns()
    {
        using var agent = new ConsoleSocket(Path.Combine(Sandbox.Directory, "agent.sock"));
        var filter = Filter("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "mkdir"), Rule("SCMP_ACT_NOTIFY", "mkdirat"));
        filter["listenerPath"] = agent.Path;
        filter["listenerMetadata"] = "pid @PID@";
        var container = With(filter).Set("/annotations", new JsonObject { ["x"] = "@PID@" }).Probe("signals", "TERM").Create().Start();
        agent.Receive().Dispose();
        using var exec = container.ExecCommand([], "/bin/probe", "signals", "TERM", "0").Start();
        using (agent.Receive())
        {
            var state = JsonNode.Parse(agent.Payload)!;
            ((string)state["state"]!["status"]!).Should().Be("running");
            ((int)state["state"]!["pid"]!).Should().Be(container.Pid);
            ((int)state["pid"]!).Should().NotBe(container.Pid);
            File.ReadAllText($"/proc/{(int)state["pid"]!}/cgroup").Should().Contain(container.Id);
            ((string)state["state"]!["annotations"]!["x"]!).Should().Be("@PID@");
            ((string)state["metadata"]!).Should().Be("pid @PID@");
        }
        exec.Kill();
    }
}
