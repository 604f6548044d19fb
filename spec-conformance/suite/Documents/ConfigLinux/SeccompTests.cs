using System.Globalization;
using System.Runtime.InteropServices;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: seccomp's actions, rules and arguments.</summary>
internal static class SeccompTests
{
    // More than what the probe, busybox and a runtime between its filter and execve(2) call; acct and flock are not among them.
    private static readonly string[] s_usual =
    [
        "access", "arch_prctl", "bind", "brk", "capget", "capset", "chdir", "clock_getres", "clock_gettime", "clock_nanosleep", "clone", "clone3", "close", "close_range", "connect",
        "dup", "dup2", "dup3", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd2", "execve", "execveat", "exit", "exit_group",
        "faccessat", "faccessat2", "fchdir", "fchmod", "fchown", "fcntl", "fstat", "fstatfs", "futex", "getcwd", "getdents64", "getegid", "geteuid", "getgid", "getgroups", "getpgid",
        "getpgrp", "getpid", "getppid", "getrandom", "getresgid", "getresuid", "getrlimit", "getsid", "getsockname", "getsockopt", "gettid", "getuid", "ioctl", "keyctl", "kill", "lseek",
        "lstat", "madvise", "membarrier", "mincore", "mmap", "mount", "mprotect", "mremap", "munmap", "nanosleep", "newfstatat", "open", "openat", "openat2", "pipe", "pipe2", "pivot_root",
        "poll", "ppoll", "prctl", "pread64", "prlimit64", "pselect6", "pwrite64", "read", "readlink", "readlinkat", "readv", "recvfrom", "recvmsg", "restart_syscall", "rseq",
        "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "sched_getaffinity", "sched_yield", "seccomp", "select", "sendmsg", "sendto",
        "set_robust_list", "set_tid_address", "setgid", "setgroups", "setpgid", "setresgid", "setresuid", "setrlimit", "setsid", "setsockopt", "setuid", "shutdown", "sigaltstack", "socket",
        "stat", "statfs", "statx", "sysinfo", "tgkill", "tkill", "umask", "umount2", "uname", "unlink", "unlinkat", "wait4", "waitid", "write", "writev",
    ];

    internal static JsonObject Rule(string name, string action) => new() { ["names"] = Container.List(name), ["action"] = action };

    private static JsonObject Rule(string name, string action, uint errnoRet)
    {
        var rule = Rule(name, action);
        rule["errnoRet"] = errnoRet;
        return rule;
    }

    private static Container With(Sandbox box, JsonObject rule, string defaultAction = "SCMP_ACT_ALLOW") =>
        box.NewContainer().Set("/linux/seccomp", new JsonObject { ["defaultAction"] = defaultAction, ["syscalls"] = new JsonArray(rule) });

    // What acct(NULL) answers in the container.
    private static string Acct(Container container)
    {
        string number = Syscalls.Number("acct");
        return container.RunProbe("syscall", number)["syscall " + number];
    }

    private static JsonObject AllowUsual()
    {
        var rule = Rule("read", "SCMP_ACT_ALLOW");
        rule["names"] = Container.List(s_usual);
        return rule;
    }

    [Clause("config-linux.seccomp.defaultAction")]
    public static void DefaultAction_IsThatOfCallsWithoutARule(Sandbox box) => Check.Equal("EPERM", Acct(With(box, AllowUsual(), "SCMP_ACT_ERRNO")), "the answer to a call without a rule");

    [Row("config-linux.seccomp.defaultAction", "absent")]
    [Row("config-linux.seccomp.defaultAction", "SCMP_ACT_NO_SUCH")]
    public static void DefaultAction_AbsentOrUnknown_IsAnError(Sandbox box, string action)
    {
        var container = With(box, Rule("acct", "SCMP_ACT_ERRNO"), action);
        if (action == "absent")
            container.Remove("/linux/seccomp/defaultAction");
        container.ShouldNotRun($"defaultAction is {action}");
    }

    [Row("config-linux.seccomp.defaultErrnoRet", "SCMP_ACT_ERRNO", 5, "EIO")]
    [Row("config-linux.seccomp.defaultErrnoRet", "SCMP_ACT_TRACE", 5, "ENOSYS")]
    public static void DefaultErrnoRet_IsTheAnswer(Sandbox box, string action, int number, string answer)
    {
        // Of a call that would be traced, the kernel says ENOSYS where no tracer is.
        Check.Equal(answer, Acct(With(box, AllowUsual(), action).Set("/linux/seccomp/defaultErrnoRet", number)), "the answer to a call without a rule");
    }

    [Row("config-linux.seccomp.defaultErrnoRet.unsupported", "SCMP_ACT_ALLOW")]
    [Row("config-linux.seccomp.defaultErrnoRet.unsupported", "SCMP_ACT_LOG")]
    public static void DefaultErrnoRet_OfAnotherAction_IsAnError(Sandbox box, string action) =>
        With(box, Rule("acct", "SCMP_ACT_ERRNO"), action).Set("/linux/seccomp/defaultErrnoRet", 5).ShouldNotRun($"{action} takes no errno");

    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_X86")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_X86_64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_X32")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_ARM")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_AARCH64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPS")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPS64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPS64N32")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPSEL")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPSEL64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_MIPSEL64N32")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_PPC")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_PPC64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_PPC64LE")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_S390")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_S390X")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_PARISC")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_PARISC64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_RISCV64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_LOONGARCH64")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_M68K")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_SH")]
    [Row("config-linux.seccomp.architectures", "SCMP_ARCH_SHEB")]
    public static void Architecture_IsKnown(Sandbox box, string name)
    {
        Check.Needs(!s_bigEndian.Contains(name[10..]), "has another byte order than this machine, and one filter cannot hold both (seccomp_arch_add(3))");
        With(box, Rule("acct", "SCMP_ACT_ERRNO")).Set("/linux/seccomp/architectures", Container.List(name)).Run().ShouldSucceed();
    }

    private static readonly string[] s_bigEndian = ["MIPS", "MIPS64", "MIPS64N32", "PPC", "PPC64", "S390", "S390X", "PARISC", "PARISC64", "M68K", "SHEB"];

    [Clause("config-linux.seccomp.architectures")]
    public static void Architecture_OfTheMachinesOtherAbi_IsFiltered(Sandbox box)
    {
        Check.Needs(RuntimeInformation.ProcessArchitecture == Architecture.X64, "only x86-64 has an ABI that the probe can call");
        // acct is 51 on i386, and wants CAP_SYS_PACCT. User Mode Linux has no such ABI: there it is another call.
        Check.Needs(box.NewContainer().RunProbe("int80", "51")["int80 51"] == "EPERM", "this kernel has no 32-bit ABI");
        var container = With(box, Rule("acct", "SCMP_ACT_ERRNO", 5)).Set("/linux/seccomp/architectures", Container.List("SCMP_ARCH_X86_64", "SCMP_ARCH_X86"));
        Check.Equal("EIO", container.RunProbe("int80", "51")["int80 51"], "the answer to the call in the 32-bit ABI");
    }

    [Clause("config-linux.seccomp.architectures")]
    public static void Architecture_Unknown_IsAnError(Sandbox box) =>
        With(box, Rule("acct", "SCMP_ACT_ERRNO")).Set("/linux/seccomp/architectures", Container.List("SCMP_ARCH_NO_SUCH")).ShouldNotRun("the architecture is unknown");

    [Row("config-linux.seccomp.flags", "SECCOMP_FILTER_FLAG_TSYNC")]
    [Row("config-linux.seccomp.flags", "SECCOMP_FILTER_FLAG_LOG")]
    [Row("config-linux.seccomp.flags", "SECCOMP_FILTER_FLAG_SPEC_ALLOW")]
    public static void Flag_IsTaken(Sandbox box, string flag) =>
        Check.Equal("EIO", Acct(With(box, Rule("acct", "SCMP_ACT_ERRNO", 5)).Set("/linux/seccomp/flags", Container.List(flag))), "the answer to the call");

    [Clause("config-linux.seccomp.flags")]
    public static void Flag_WaitKillable_IsTakenWithAListener(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var container = With(box, Rule("acct", "SCMP_ACT_NOTIFY")).Set("/linux/seccomp/listenerPath", agent.Path).Set("/linux/seccomp/flags", Container.List("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"));
        container.Waiting().Create().Start().WaitFor("ready");
        Check.That(agent.Receive().State.Count > 0, "the state is empty");
    }

    [Clause("config-linux.seccomp.flags")]
    public static void Flag_Unknown_IsAnError(Sandbox box) =>
        With(box, Rule("acct", "SCMP_ACT_ERRNO")).Set("/linux/seccomp/flags", Container.List("SECCOMP_FILTER_FLAG_NO_SUCH")).ShouldNotRun("the flag is unknown");

    [Row("config-linux.seccomp.names", "absent")]
    [Row("config-linux.seccomp.names", "empty")]
    public static void Names_NoEntry_IsAnError(Sandbox box, string what)
    {
        var rule = Rule("acct", "SCMP_ACT_ERRNO");
        if (what == "absent")
            rule.Remove("names");
        else
            rule["names"] = new JsonArray();
        With(box, rule).ShouldNotRun($"names is {what}");
    }

    [Clause("config-linux.seccomp.names")]
    public static void Names_AreAllInTheRule(Sandbox box)
    {
        var rule = Rule("acct", "SCMP_ACT_ERRNO", 5);
        rule["names"] = Container.List("flock", "acct");
        string acct = Syscalls.Number("acct"), flock = Syscalls.Number("flock");
        var said = With(box, rule).RunProbe("syscall", acct, "+", "syscall", flock, "99", "8");
        Check.Equal("EIO EIO", $"{said["syscall " + acct]} {said["syscall " + flock]}", "the answers to the calls");
    }

    [Row("config-linux.seccomp.action", "SCMP_ACT_KILL", 159)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_KILL_PROCESS", 159)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_KILL_THREAD", 159)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_TRAP", 159)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_ERRNO", 0)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_TRACE", 0)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_LOG", 0)]
    [Row("config-linux.seccomp.action", "SCMP_ACT_ALLOW", 0)]
    public static void Action_IsTaken(Sandbox box, string action, int status)
    {
        string number = Syscalls.Number("acct");
        bool isAllow = action == "SCMP_ACT_ALLOW";
        var container = isAllow ? With(box, AllowUsual(), "SCMP_ACT_ERRNO") : With(box, Rule("acct", action));
        if (isAllow)
            container.Add("/linux/seccomp/syscalls", Rule("acct", action));
        // A child makes the call: the signal that ends it is seen by the shell, whatever a runtime says of that of the init.
        var result = container.Args("sh", "-c", $"/bin/probe syscall {number}; echo status $?").Run().ShouldSucceed();
        Check.That(result.Output.Contains($"status {status}", StringComparison.Ordinal), $"the program that makes the call ends otherwise: {result.Output.Trim()}");
        string wanted = action switch { "SCMP_ACT_ERRNO" => "EPERM", "SCMP_ACT_TRACE" => "ENOSYS", _ => "" };
        if (wanted.Length > 0)
            Check.Equal(wanted, result.Probe["syscall " + number], "the answer to the call");
        else if (status == 0)
            Check.Equal(Acct(box.NewContainer()), result.Probe["syscall " + number], "the answer to the call");
    }

    [Clause("config-linux.seccomp.action")]
    public static void Action_Notify_WaitsForTheListener(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        string number = Syscalls.Number("acct");
        var container = With(box, Rule("acct", "SCMP_ACT_NOTIFY")).Set("/linux/seccomp/listenerPath", agent.Path).Probe("syscall", number).Create().Start();
        agent.Receive();
        // Nobody holds the notifier any more: seccomp_unotify(2) says ENOSYS.
        container.WaitFor($"syscall {number}: ENOSYS");
    }

    [Row("config-linux.seccomp.action", "absent")]
    [Row("config-linux.seccomp.action", "SCMP_ACT_NO_SUCH")]
    public static void Action_AbsentOrUnknown_IsAnError(Sandbox box, string action)
    {
        var rule = Rule("acct", action);
        if (action == "absent")
            rule.Remove("action");
        With(box, rule).ShouldNotRun($"the action is {action}");
    }

    [Row("config-linux.seccomp.errnoRet", 5, "EIO")]
    [Row("config-linux.seccomp.errnoRet", 38, "ENOSYS")]
    public static void ErrnoRet_IsTheAnswer(Sandbox box, int number, string answer) => Check.Equal(answer, Acct(With(box, Rule("acct", "SCMP_ACT_ERRNO", (uint)number))), "the answer to the call");

    [Clause("config-linux.seccomp.errnoRet.default")]
    public static void ErrnoRet_Unset_IsEperm(Sandbox box) => Check.Equal("EPERM", Acct(With(box, Rule("acct", "SCMP_ACT_ERRNO"))), "the answer to the call");

    [Row("config-linux.seccomp.errnoRet.unsupported", "SCMP_ACT_KILL_PROCESS")]
    [Row("config-linux.seccomp.errnoRet.unsupported", "SCMP_ACT_TRAP")]
    [Row("config-linux.seccomp.errnoRet.unsupported", "SCMP_ACT_LOG")]
    public static void ErrnoRet_OfAnotherAction_IsAnError(Sandbox box, string action) => With(box, Rule("acct", action, 5)).ShouldNotRun($"{action} takes no errno");

    [Row("config-linux.seccomp.args.index", 0, "SCMP_CMP_EQ", 99UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.index", 1, "SCMP_CMP_EQ", 8UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.index", 1, "SCMP_CMP_EQ", 99UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.value", 0, "SCMP_CMP_EQ", 98UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.value", 5, "SCMP_CMP_EQ", ulong.MaxValue, 0UL, "99 8 0 0 0 18446744073709551615", true)]
    [Row("config-linux.seccomp.args.value", 5, "SCMP_CMP_EQ", 4294967295UL, 0UL, "99 8 0 0 0 18446744073709551615", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_NE", 98UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_NE", 99UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_LT", 100UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_LT", 99UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_LE", 99UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_LE", 98UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_GE", 99UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_GE", 100UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_GT", 98UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_GT", 99UL, 0UL, "99 8", false)]
    [Row("config-linux.seccomp.args.op", 0, "SCMP_CMP_MASKED_EQ", 3UL, 3UL, "99 8", true)]
    [Row("config-linux.seccomp.args.valueTwo", 0, "SCMP_CMP_MASKED_EQ", 4UL, 0UL, "99 8", true)]
    [Row("config-linux.seccomp.args.valueTwo", 0, "SCMP_CMP_MASKED_EQ", 4UL, 4UL, "99 8", false)]
    public static void Argument_IsCompared(Sandbox box, int index, string op, ulong value, ulong valueTwo, string words, bool matches)
    {
        var rule = Rule("flock", "SCMP_ACT_ERRNO", 5);
        var argument = new JsonObject { ["index"] = index, ["value"] = value, ["op"] = op };
        if (op == "SCMP_CMP_MASKED_EQ")
            argument["valueTwo"] = valueTwo;
        rule["args"] = new JsonArray(argument);
        string number = Syscalls.Number("flock");
        // There is no descriptor 99.
        string answer = With(box, rule).RunProbe(["syscall", number, .. words.Split(' ')])["syscall " + number];
        Check.Equal(matches ? "EIO" : "EBADF", answer, string.Create(CultureInfo.InvariantCulture, $"the answer to flock({words.Replace(" ", ", ", StringComparison.Ordinal)})"));
    }

    [Clause("config-linux.seccomp.args.op")]
    public static void Op_Unknown_IsAnError(Sandbox box)
    {
        var rule = Rule("flock", "SCMP_ACT_ERRNO");
        rule["args"] = new JsonArray(new JsonObject { ["index"] = 0, ["value"] = 1, ["op"] = "SCMP_CMP_NO_SUCH" });
        With(box, rule).ShouldNotRun("the operator is unknown");
    }

    [Clause("config-linux.seccomp.args.index")]
    public static void Index_SeventhArgument_IsAnError(Sandbox box)
    {
        var rule = Rule("flock", "SCMP_ACT_ERRNO");
        rule["args"] = new JsonArray(new JsonObject { ["index"] = 6, ["value"] = 1, ["op"] = "SCMP_CMP_EQ" });
        With(box, rule).ShouldNotRun("a system call has six arguments");
    }
}
