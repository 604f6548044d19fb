using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>
/// Turns a failed step into words: where in config.json it came from, what was being done, what the kernel said, what can be done about it.
/// </summary>
internal static class StageErrors
{
    private const string UnableToStart = "unable to start container process: ";

    internal static ContainerException Explain(PlanStep step, StageFailure detail, Errno errno, string text)
    {
        text = Quoting.Escape(text);
        string message = step.Op switch
        {
            PlanOp.Lookup or PlanOp.Exec => Exec(step, detail, errno, text),
            PlanOp.Hook => Hook(step, detail, (int)errno, text),
            _ => Prefix(step) + Reason(step, detail, errno, text) + Hint(step, detail, errno),
        };
        return new ContainerException(CodeOf(step, detail, errno), message) { Place = step.Place, Call = CallOf(step.Op), Errno = errno };
    }

    private static string Prefix(PlanStep step) => (step.Place is null ? "" : step.Place + ": ") + (step.What ?? step.Op.ToString()) + ": ";

    private static string Reason(PlanStep step, StageFailure detail, Errno errno, string text)
    {
        string described = ErrnoText.Describe(errno);
        return detail switch
        {
            StageFailure.Resolve => $"cannot resolve {Quoted(text)} inside the root filesystem: {described}",
            StageFailure.Create => $"cannot create {Quoted(text)} inside the root filesystem: {described}",
            StageFailure.NotPlain => $"must be mounted on ordinary directory, but there is a symbolic link or something else on the way to {Quoted(text)}",
            StageFailure.OnProc => $"the target {Quoted(text)} lies inside a proc filesystem, which must not be covered",
            StageFailure.Kind => $"{Quoted(text)} is not what it should be: {described}",
            StageFailure.Option => $"the filesystem refuses the option {text}: {described}",
            StageFailure.Outside => "current working directory is outside of container mount namespace root -- possible container breakout detected",
            StageFailure.DeadInit => "container not running: the init process of the pid namespace to join has ended",
            StageFailure.Plan => $"the init stage does not understand its plan (step {step.Op}, {text})",
            _ => CallOf(step.Op) + ": " + described + (text.Length > 0 ? $" ({text})" : ""),
        };
    }

    private static string Hint(PlanStep step, StageFailure detail, Errno errno) => (step.Op, detail, errno) switch
    {
        (PlanOp.FsOpen, _, Errno.ENODEV) => step.S0 is "bind" or "none" or ""
            ? "; a bind mount is asked for by the option \"bind\" or \"rbind\", the type alone does not make one"
            : "; this kernel does not know that filesystem type; a bind mount needs the option \"bind\" or \"rbind\"",
        (PlanOp.FsMount, _, Errno.EPERM) when step.What?.Contains("\"proc\"", StringComparison.Ordinal) == true =>
            "; in a user namespace a new procfs needs a pid namespace of its own, and a procfs outside that is not partly covered; or bind the host's /proc",
        (PlanOp.FsMount or PlanOp.FsOpen, _, Errno.EPERM) => "; in a user namespace only some filesystem types may be mounted, and only in namespaces that it owns",
        (PlanOp.TreeAttr or PlanOp.Remount, _, Errno.EPERM) =>
            "; flags that the source has on the host (ro, nosuid, nodev, noexec, noatime) are locked in a user namespace: do not ask for their opposite",
        (PlanOp.TreeAttr, _, Errno.EINVAL) when (step.Flags & StepFlags.AttrIdmap) != 0 => "; the source's filesystem does not support id-mapped mounts on this kernel",
        (PlanOp.Tree, StageFailure.Call, Errno.EINVAL) when (step.Flags & StepFlags.TreeRecursive) == 0 =>
            "; mounts below it are locked in a user namespace and cannot be left out: use \"rbind\"",
        (PlanOp.Tree, StageFailure.Call, Errno.ENOENT) => "; the source of a bind mount must exist",
        (PlanOp.Unmount, StageFailure.Call, Errno.EINVAL) => "; nothing is mounted there, or the kernel has locked it to what it covers",
        (PlanOp.Unmount, StageFailure.Call, Errno.EBUSY) => "; it is the container's root",
        (PlanOp.Unshare, _, Errno.ENOSPC) => "; a limit in /proc/sys/user/max_*_namespaces is reached",
        (PlanOp.Unshare, _, Errno.EPERM) =>
            "; unprivileged user namespaces may be disabled here (sysctl kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)",
        (PlanOp.SetNamespace, _, Errno.EINVAL) => "; the file is of another kind of namespace, or is one that we are in already",
        (PlanOp.MakeNode, _, Errno.EEXIST) => "; the file that is there is not that device",
        (PlanOp.MakeNode, _, Errno.EPERM) => "; making device nodes needs CAP_MKNOD and a device cgroup that allows it",
        (PlanOp.ProcWrite, StageFailure.Call, Errno.ENOENT) when step.Place == "/process/apparmorProfile" => "; the profile is not loaded (apparmor_parser -r FILE loads one)",
        (PlanOp.ProcWrite, _, Errno.ENOENT) => "; this kernel does not have it",
        (PlanOp.Seccomp, _, Errno.EINVAL) => "; the kernel refuses the filter or one of its flags",
        (PlanOp.Pivot, _, Errno.EINVAL) => "; a root filesystem on the initial ramfs needs --no-pivot",
        (PlanOp.Scheduler, _, Errno.EPERM) =>
            "; real-time and deadline policies and a nice value below 0 need CAP_SYS_NICE, and where the kernel has RT_GROUP_SCHED real-time policies also a budget: "
            + "linux.resources.cpu.realtimeRuntime on cgroup v1; on v2, which gives no cgroup one, the boot parameter rt_group_sched=0",
        (PlanOp.Scheduler, _, Errno.EBUSY) => "; the processors have no bandwidth left for this runtime and period",
        (PlanOp.IoPriority, _, Errno.EPERM) => "; IOPRIO_CLASS_RT needs CAP_SYS_NICE or CAP_SYS_ADMIN",
        (PlanOp.MemoryPolicy, _, Errno.EINVAL) => "; a node is not online (/sys/devices/system/node/online) or not in the container's cpuset, or this kernel does not know the mode",
        (PlanOp.ResourceLimit, _, Errno.EPERM) => "; raising a hard limit needs CAP_SYS_RESOURCE",
        _ => "",
    };

    /// <summary>The texts of runc that engines know, then a hint (U1, C75, C82).</summary>
    private static string Exec(PlanStep step, StageFailure detail, Errno errno, string text)
    {
        string program = step.S0 as string ?? (step.S0 as string[])?[0] ?? "";
        string start = UnableToStart + "exec: " + Quoting.Quote(program) + ": ";
        return detail switch
        {
            StageFailure.NotFound => start + "executable file not found in $PATH",
            StageFailure.Interpreter => start + ErrnoText.Standard(errno) + "; " + Interpreter(errno, text),
            StageFailure.Format => start + ErrnoText.Standard(errno) + "; the file is " + Format(text),
            StageFailure.Kind => start + ErrnoText.Standard(errno) + $"; {Quoted(text)} is a directory",
            StageFailure.NoExec => start + ErrnoText.Standard(errno) + $"; {Quoted(text)} lies on a mount with the option noexec",
            _ => start + (errno == Errno.ENOENT ? "stat " + Quoting.Escape(program) + ": " : "") + ErrnoText.Standard(errno) + ExecHint(errno, program, text),
        };
    }

    private static string Interpreter(Errno errno, string text) => text.EndsWith("\\r", StringComparison.Ordinal)
        ? $"its first line names the interpreter {Quoted(text)}: the file has Windows line ends (CRLF)"
        : $"the interpreter that it names, {Quoted(text)}, " + (errno == Errno.ENOENT
            ? "is not in the container (a script's #! line, or the loader of another C library)"
            : "cannot be executed (a script's #! line, or the loader)");

    /// <summary>"machine 183" of elf.h with the name that people know.</summary>
    private static string Format(string text)
    {
        const string Machine = "machine ";
        if (!text.StartsWith(Machine, StringComparison.Ordinal))
        {
            return text;
        }

        string name = text[Machine.Length..] switch
        {
            "3" => "i386",
            "8" => "mips",
            "20" => "ppc",
            "21" => "ppc64",
            "22" => "s390x",
            "40" => "arm",
            "62" => "amd64",
            "183" => "arm64",
            "243" => "riscv64",
            "258" => "loong64",
            var number => "ELF machine " + number,
        };
        return $"a program for another architecture ({name}), and no emulator is registered in binfmt_misc";
    }

    private static string ExecHint(Errno errno, string program, string text)
    {
        string file = text.Length > 0 && text != program ? Quoted(text) : "it";
        return errno == Errno.EACCES ? $"; {file} has no execute permission for this user, or a directory on the way is closed to it" : "";
    }

    private static string Hook(PlanStep step, StageFailure detail, int status, string text)
    {
        string how = detail switch
        {
            StageFailure.Hook => WaitStatus.Describe(status),
            StageFailure.Timeout => string.Create(CultureInfo.InvariantCulture, $"killed after its timeout of {step.N0} s"),
            _ => ErrnoText.Describe((Errno)status),
        };
        return Prefix(step) + how + (text.Length > 0 ? ": " + text.TrimEnd() : "");
    }

    private static string Quoted(string escaped) => "\"" + escaped + "\"";

    private static string CodeOf(PlanStep step, StageFailure detail, Errno errno) => step.Op switch
    {
        PlanOp.Rootfs => errno is Errno.ENOENT or Errno.ENOTDIR ? ErrorCode.RootfsMissing : ErrorCode.Mount,
        PlanOp.Lookup => detail == StageFailure.NotFound || errno == Errno.ENOENT ? ErrorCode.ExecNotFound : ErrorCode.ExecFailed,
        PlanOp.Exec => errno == Errno.ENOENT ? ErrorCode.ExecNotFound : ErrorCode.ExecFailed,
        PlanOp.Hook => ErrorCode.Hook,
        PlanOp.Seccomp => ErrorCode.Seccomp,
        PlanOp.Console => ErrorCode.Console,
        PlanOp.MakeNode or PlanOp.Symlink => ErrorCode.Device,
        PlanOp.IdMaps or PlanOp.Become => ErrorCode.IdMapping,
        PlanOp.SetNamespace or PlanOp.SetNamespaceDeferred or PlanOp.Unshare or PlanOp.Fork or PlanOp.TimeOffsets or PlanOp.TimeOffsetsOpen => ErrorCode.Namespace,
        PlanOp.Keyring or PlanOp.NoNewPrivs or PlanOp.Credentials or PlanOp.CapsAgain => ErrorCode.Security,
        PlanOp.ProcWrite => step.Place?.StartsWith("/linux/sysctl", StringComparison.Ordinal) == true ? ErrorCode.Process : ErrorCode.Security,
        >= PlanOp.Propagation and <= PlanOp.MakeDirectory or PlanOp.Pivot or PlanOp.RootAttr or PlanOp.ReadonlyPath or PlanOp.MaskPath or PlanOp.Unmount => ErrorCode.Mount,
        _ => detail == StageFailure.Plan ? ErrorCode.Internal : ErrorCode.Process,
    };

    private static string CallOf(PlanOp op) => op switch
    {
        PlanOp.SetNamespace or PlanOp.SetNamespaceDeferred => "setns",
        PlanOp.Fork or PlanOp.Opener => "clone",
        PlanOp.Unshare => "unshare",
        PlanOp.Become => "setresuid",
        PlanOp.Propagation => "mount",
        PlanOp.Rootfs or PlanOp.Tree => "open_tree",
        PlanOp.FsOpen => "fsopen",
        PlanOp.FsSet => "fsconfig",
        PlanOp.FsMount => "fsmount",
        PlanOp.TreeAttr or PlanOp.AttachedAttr or PlanOp.RootAttr or PlanOp.Remount => "mount_setattr",
        PlanOp.Attach or PlanOp.ReadonlyPath or PlanOp.MaskPath => "move_mount",
        PlanOp.Unmount => "umount2",
        PlanOp.MakeNode => "mknodat",
        PlanOp.Symlink => "symlinkat",
        PlanOp.MakeDirectory => "mkdirat",
        PlanOp.Loopback => "ioctl",
        PlanOp.Pivot => "pivot_root",
        PlanOp.Console => "ioctl",
        PlanOp.Hostname => "sethostname",
        PlanOp.Domainname => "setdomainname",
        PlanOp.ProcWrite or PlanOp.TimeOffsets => "write",
        PlanOp.Keyring => "keyctl",
        PlanOp.Scheduler => "sched_setattr",
        PlanOp.IoPriority => "ioprio_set",
        PlanOp.MemoryPolicy => "set_mempolicy",
        PlanOp.Personality => "personality",
        PlanOp.ResourceLimit => "setrlimit",
        PlanOp.NoNewPrivs => "prctl",
        PlanOp.Credentials or PlanOp.CapsAgain => "capset",
        PlanOp.Chdir or PlanOp.ChdirFinal => "chdir",
        PlanOp.Seccomp => "seccomp",
        PlanOp.Lookup or PlanOp.Exec or PlanOp.Hook or PlanOp.Run => "execve",
        _ => op.ToString(),
    };
}
