using System.Security.Cryptography;
using static Tmds.Linux.LibC;

namespace OciRun.Integration;

/// <summary>What others can reach of the runtime's own processes, and what the program inherits of them (rows X1, X2, X12, X22, X37, X54-X58).</summary>
public sealed class SecurityProcTests : IntegrationTest
{
    private const int GetSeals = 1034, SealWrite = 8;
    private static readonly string[] s_allCapabilities = ["CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_DAC_READ_SEARCH", "CAP_FOWNER", "CAP_KILL", "CAP_SETGID", "CAP_SETUID",
        "CAP_SETPCAP", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SYS_CHROOT", "CAP_SYS_PTRACE", "CAP_SYS_ADMIN", "CAP_MKNOD", "CAP_AUDIT_WRITE"];

    private static string Probe => Path.Combine(Assets.Rootfs, "bin/probe");

    private static string Sha256() => Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(RuntimeUnderTest.Path)));

    private static Container Powerful(Container container)
    {
        foreach (string set in new[] { "bounding", "effective", "permitted" })
            container.Capabilities(set, s_allCapabilities);
        return container.Set("/process/noNewPrivileges", false);
    }

    private static unsafe int Seals(string path)
    {
        int fd;
        fixed (byte* p = System.Text.Encoding.UTF8.GetBytes(path + "\0"))
            fd = open(p, O_RDONLY | O_CLOEXEC);
        Assert.True(fd >= 0, path + " opens");
        int seals = fcntl(fd, GetSeals);
        _ = close(fd);
        return seals;
    }

    // --- X1

    [Fact]
    [Trait("Row", "X1")]
    public void X1_StageInTheNamespacesOfAContainer_CannotBeReachedByItsRoot()
    {
        // Root of the first container has every capability over its user namespace, and sees the init of the second one come and wait.
        var first = Powerful(NewContainer().UserNamespace()).Probe("spy", $"{4 * Wait.Factor}").Create();
        first.Start().WaitFor("ready");
        var second = NewContainer().RemoveNamespace("pid").Probe("exit", "0");
        foreach (string type in new[] { "pid", "user" })
            second.Add("/linux/namespaces", new JsonObject { ["type"] = type, ["path"] = $"/proc/{first.Pid}/ns/{type}" });
        if (!RuntimeUnderTest.IsOurs)
            second.Set("/linux/uidMappings", first.Config["linux"]!["uidMappings"]!.DeepClone()).Set("/linux/gidMappings", first.Config["linux"]!["gidMappings"]!.DeepClone());
        int waiting = 0;
        while (first.Status == "running")
        {
            if (second.TryCreate().ExitCode == 0 && first.Status == "running")
            {
                waiting++;
                Thread.Sleep(50);
            }
            second.TryDelete("--force").ShouldExit(0);
        }
        waiting.Should().BePositive("the second container was there to be looked at");
        string[] lines = first.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int looks = int.Parse(lines[^1].Split(' ')[^1], System.Globalization.CultureInfo.InvariantCulture);
        looks.Should().BePositive("it has seen the processes of the second");
        lines[1..^1].Should().BeEmpty("nothing of them may be open to it (CVE-2016-9962)");
    }

    // --- X2, X38

    [Fact]
    [Trait("Row", "X2")]
    [Trait("Row", "X38")]
    public void X2_X38_WaitingInit_IsASealedCopy()
    {
        string before = Sha256();
        var container = NewContainer().Probe("exit", "0").Create();
        string exe = $"/proc/{container.Pid}/exe";
        string image = File.ResolveLinkTarget(exe, returnFinalTarget: false)!.FullName;
        image.Should().NotBe(RuntimeUnderTest.Path);
        if (RuntimeUnderTest.IsOurs)
        {
            image.Should().Contain("memfd:");
            container.Proc("maps").Should().NotContain(RuntimeUnderTest.Path).And.NotContain("libc.so", "no library of the host or the container may be loaded");
        }
        if (image.Contains("memfd:", StringComparison.Ordinal)) // runc 1.1 may have bound itself read-only instead
            (Seals(exe) & SealWrite).Should().Be(SealWrite);
        Sandbox.Program("sh", "-c", $"echo x >> {exe}").Run().ExitCode.Should().NotBe(0);
        container.TryDelete("--force").ShouldExit(0);
        Sha256().Should().Be(before);
    }

    [Fact]
    [Trait("Row", "X2")]
    public void X2_EntryPointIsTheRuntimeItself_BinaryIsUnchanged()
    {
        // The program "#!/proc/self/exe" makes the kernel run what the init was; a program that holds it tries to write to it afterwards.
        string before = Sha256();
        var container = NewContainer().Set("/root/readonly", false)
            .WriteFile("/evil", "#!/proc/self/exe\n", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute)
            .Args("/evil", "init");
        container.Run();
        container.Args("sh", "-c", "for p in /proc/[0-9]*; do echo x >> $p/exe; done 2>/dev/null; /evil; true").Run();
        Sha256().Should().Be(before);
        Sandbox.Runtime("--version").Run().ShouldExit(0);
    }

    // --- X12

    [Fact]
    [Trait("Row", "X12")]
    public void X12_CwdThroughAnyDescriptor_IsInsideOrRefused()
    {
        // CVE-2024-21626: a descriptor of the host that the init has open while it waits, or that it inherited.
        int refused = 0;
        for (int n = 3; n <= 24; n++)
        {
            var container = NewContainer().Set("/process/cwd", (n % 2 == 0 ? "/proc/self/fd/" : "/proc/1/fd/") + n).Probe("report", "+", "readlink", "/proc/self/cwd");
            var result = container.Verb("run", "--bundle", container.Bundle, container.Id).Redirect("5</ 7</ 8</sys/fs/cgroup").Run();
            if (result.ExitCode == 0)
            {
                result.Probe.Report.Text("cwd").Should().StartWith("/").And.NotContain("unreachable");
                result.Probe.Report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2]);
            }
            else
            {
                refused++;
                result.Output.Should().BeEmpty();
            }
        }
        refused.Should().BePositive();
    }

    [ClaimFact("X53: the waiting init has no descriptor of the host, its caller's neither; runc holds its start fifo and what it inherited")]
    [Trait("Row", "X53")]
    public void X53_WaitingInit_HoldsNothingOfTheHost()
    {
        var container = NewContainer().Mount("/data", Sandbox.Directory, "bind", "bind").Probe("exit", "0");
        container.Create(container.Verb("create", "--bundle", container.Bundle, container.Id).Redirect("5</ 7</etc/passwd")).ShouldExit(0);
        // By the mount that a descriptor is of: none of those that the host has. Sockets, pipes and memory files are of mounts that nobody sees.
        var host = File.ReadAllLines("/proc/self/mountinfo").Select(l => l.Split(' ')[0]).ToHashSet();
        foreach (string info in Directory.GetFiles($"/proc/{container.Pid}/fdinfo").Where(f => Path.GetFileName(f) is not ("0" or "1" or "2")))
        {
            string mount = File.ReadAllLines(info).Single(l => l.StartsWith("mnt_id:", StringComparison.Ordinal)).Split('\t')[1];
            host.Should().NotContain(mount, "{0} is {1}", info, File.ResolveLinkTarget(info.Replace("fdinfo", "fd", StringComparison.Ordinal), false)?.FullName);
        }
        File.Exists($"/proc/{container.Pid}/root/bin/probe").Should().BeTrue();
        File.Exists($"/proc/{container.Pid}/cwd/bin/probe").Should().BeTrue();
    }

    // --- X22, X8

    [Fact]
    [Trait("Row", "X22")]
    public void X22_NoCapabilities_NoneAreLeft()
    {
        var report = NewContainer().Remove("/process/capabilities").Report();
        foreach (string set in new[] { "CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd" })
            report.Mask(set).Should().Be(0, set);
    }

    // --- X37

    [Fact]
    [Trait("Row", "X37")]
    public void X37_UnprivilegedUserNamespace_SetgroupsIsDenied()
    {
        var container = NewContainer().Remove("/linux/resources").Remove("/linux/cgroupsPath").RemoveNamespace("network").RemoveNamespace("cgroup").Probe("read", "/proc/self/setgroups");
        var mounts = container.Config["mounts"]!.AsArray();
        foreach (var mount in mounts.ToArray().Where(m => (string)m!["destination"]! is "/sys" or "/sys/fs/cgroup"))
            mounts.Remove(mount);
        ((JsonObject)mounts.Single(m => (string)m!["destination"]! == "/dev/pts")!)["options"] = new JsonArray("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620");
        container.Add("/linux/namespaces", new JsonObject { ["type"] = "user" }).Set("/process/rlimits", new JsonArray());
        foreach (string kind in new[] { "uidMappings", "gidMappings" })
            container.Add("/linux/" + kind, new JsonObject { ["containerID"] = 0, ["hostID"] = 1000, ["size"] = 1 });
        Sandbox.Program("chown", "-R", "1000:1000", Sandbox.Directory).Run().ShouldExit(0);
        container.Verb("list");
        string state = Path.Combine(Sandbox.Directory, "rootless");
        Sandbox.Program("install", "-d", "-o", "1000", "-g", "1000", "-m", "0700", state).Run().ShouldExit(0);
        var result = Sandbox.Program("setpriv", "--reuid=1000", "--regid=1000", "--clear-groups", RuntimeUnderTest.Path, "--root", state, "run", "--bundle", container.Bundle, container.Id)
            .Env("XDG_RUNTIME_DIR", state).Run().ShouldExit(0);
        result.Probe.Content("/proc/self/setgroups").Should().Be("deny\n", "a process could else drop a group that a file denies access to (CVE-2014-8989)");
    }

    // --- X54

    [Fact]
    [Trait("Row", "X54")]
    public void X54_Pivot_NothingOfTheOldRootIsBelow()
    {
        var answers = Powerful(NewContainer()).RunProbe("read", "/proc/self/mountinfo", "+", "ls", "/", "+", "umount", "/", "+", "ls", "/..");
        answers["ls /"].Should().NotContain("boot").And.Contain("proc");
        answers["ls /.."].Should().Be(answers["ls /"], "below the root there is nothing to come to light");
        answers.Content("/proc/self/mountinfo").TrimEnd().Split('\n').Select(l => MountInfo.Parse(l).Target).Should().NotContain(t => t.Contains("ocirun-tests", StringComparison.Ordinal));
    }

    [Fact]
    [Trait("Row", "X54")]
    public void X54_NoPivot_HostIsNotVisible()
    {
        var container = Powerful(NewContainer()).Probe("ls", "/", "+", "ls", "/..", "+", "report");
        var answers = container.Run("--no-pivot").ShouldExit(0).Probe;
        answers["ls /"].Should().NotContain("boot").And.Contain("proc");
        answers["ls /.."].Should().Be(answers["ls /"]);
        answers.Report.Mounts.Where(m => m.Type is "proc").Should().OnlyContain(m => m.Target.StartsWith("/proc", StringComparison.Ordinal), "no view of the host's procfs is left");
    }

    // --- X55, X56, X57

    private static JsonObject Profile(string action, params (string Action, string[] Names)[] rules)
    {
        var calls = new JsonArray();
        foreach (var (ruled, names) in rules)
            calls.Add(new JsonObject { ["names"] = new JsonArray([.. names.Select(n => (JsonNode)n)]), ["action"] = ruled });
        return new JsonObject { ["defaultAction"] = action, ["architectures"] = new JsonArray("SCMP_ARCH_X86_64"), ["syscalls"] = calls };
    }

    [ClaimFact("X55: the filter is loaded last: nothing but execve and the program's own calls happen under it; runc closes descriptors and writes to a fifo after it")]
    [Trait("Row", "X55")]
    public void X55_FilterKillsAllButExecve_ProgramRuns()
    {
        var container = NewContainer().Set("/linux/seccomp", Profile("SCMP_ACT_KILL_PROCESS", ("SCMP_ACT_ALLOW", ["execve", "exit", "exit_group"]))).Args("/bin/tiny");
        container.Create().Start().WaitStopped();
        container.Delete();
        container.Run().ShouldExit(0);
    }

    [Fact]
    [Trait("Row", "X56")]
    public void X56_OtherAbisOfTheMachine_AreDeniedToo()
    {
        var profile = Profile("SCMP_ACT_ALLOW", ("SCMP_ACT_ERRNO", ["getppid"]));
        NewContainer().Set("/linux/seccomp", profile.DeepClone()).RunProbe("syscall", "110")["syscall 110"].Should().Be("EPERM");
        // 20 is getpid for i386, and writev where int 0x80 is one more way to the same calls (User Mode Linux).
        var native = Sandbox.Program(Probe, "int80", "20", "-1").Run();
        Assert.SkipUnless(native.Output.Contains(": ok", StringComparison.Ordinal), "this kernel has no 32-bit ABI; the 64-bit part of the test has passed");
        // getppid is 64 for i386, and 110 with bit 30 for x32: a filter that looks at the number only would let both through.
        NewContainer().Set("/linux/seccomp", profile.DeepClone()).Probe("int80", "64").Run().ExitCode.Should().Be(128 + 31);
        var x32 = NewContainer().Set("/linux/seccomp", profile.DeepClone()).Probe("syscall", "0x4000006e").Run();
        x32.Output.Should().NotContain(": ok");
    }

    [Fact]
    [Trait("Row", "X57")]
    public void X57_CallerHasNoNewPrivs_StageStillRuns()
    {
        var container = NewContainer().Probe("report");
        container.Wrapped(["setpriv", "--no-new-privs"], "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0).Probe.Report.Status("NoNewPrivs").Should().Be("1");
    }

    // --- X58

    [Fact]
    [Trait("Row", "X58")]
    public void X58_EnvironmentOfTheCaller_ReachesNeitherStageNorProgram()
    {
        var container = NewContainer().Probe("report", "+", "sleep", "30");
        string[] expected = [.. container.Config["process"]!["env"]!.AsArray().Select(e => (string)e!)];
        var command = container.Verb("create", "--bundle", container.Bundle, container.Id).Env("LEAK", "1").Env("LD_PRELOAD", "/no/such/library.so")
            .Env("LD_LIBRARY_PATH", "/no/such").Env("DOTNET_gcServer", "1").Env("COMPlus_gcServer", "1").Env("DOTNET_EnableDiagnostics", "1").Env("GLIBC_TUNABLES", "glibc.malloc.check=1");
        container.Create(command).ShouldExit(0);
        if (RuntimeUnderTest.IsOurs)
            container.Proc("environ").Should().BeEmpty("the stage needs none");
        container.Start().WaitFor("\n}\n");
        new ProbeOutput(container.Output).Report.List("env").Where(e => !e.StartsWith("HOME=", StringComparison.Ordinal)).Should().BeEquivalentTo(expected);
    }
}
