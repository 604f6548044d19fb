using System.Diagnostics;
using System.Net.Sockets;

namespace OciRun.Integration;

/// <summary>Ends that nobody planned: the runtime killed at any moment (C61, S13), and callers who start it in an unusual state.</summary>
public sealed class CrashTests : IntegrationTest
{
    private static string Probe => Path.Combine(Assets.Rootfs, "bin/probe");

    /// <summary>Everything that a create makes: terminal aside, with a user namespace the opener too.</summary>
    private Container Everything(bool userNamespace)
    {
        var container = NewContainer().Probe("sleep", "300").Mount("/tmp", Sandbox.Directory, "bind", "rbind");
        if (userNamespace)
            container.UserNamespace();
        return container.Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/true" })
            .Add("/hooks/createContainer", new JsonObject { ["path"] = "/bin/true" });
    }

    private static void NothingIsLeft(Container container)
    {
        string[] found = [];
        Wait.Until(() => (found = [.. Leftovers(container)]).Length == 0, "all of it is gone");
        found.Should().BeEmpty();
    }

    private static IEnumerable<string> Leftovers(Container container)
    {
        if (Directory.Exists(Path.Combine(container.StateRoot, container.Id)))
            yield return "state directory";
        foreach (string hierarchy in Directory.GetDirectories("/sys/fs/cgroup").Append("/sys/fs/cgroup"))
        {
            if (Directory.Exists(hierarchy + "/" + container.Id))
                yield return hierarchy;
        }
        foreach (string line in File.ReadLines("/proc/self/mountinfo").Where(l => l.Contains(container.Id, StringComparison.Ordinal)))
            yield return line;
    }

    [ClaimTheory("C61: what a killed create has made is recorded before; runc 1.1 leaves its cgroups")]
    [InlineData(false)]
    [InlineData(true)]
    public void Create_KilledAtAnyMoment_DeleteForceRemovesEverything(bool userNamespace)
    {
        var container = Everything(userNamespace);
        // How long one takes here; kills are spread over that time, and a little more.
        var clock = Stopwatch.StartNew();
        container.Create();
        double whole = clock.Elapsed.TotalMilliseconds;
        container.TryDelete("--force").ShouldExit(0);
        var random = new Random(20210530);
        int killed = 0, finished = 0;
        clock.Restart();
        while (clock.Elapsed.TotalSeconds < 10)
        {
            using (var create = container.Verb("create", "--bundle", container.Bundle, container.Id).Start())
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * whole * 1.2));
                if (create.HasExited)
                {
                    finished++;
                }
                else
                {
                    killed++;
                    Kill(create.Pid);
                }
                create.Wait();
            }
            var deletion = container.TryDelete("--force");
            deletion.ShouldExit(0);
            NothingIsLeft(container);
        }
        TestContext.Current.SendDiagnosticMessage($"{killed} killed, {finished} had finished");
        killed.Should().BePositive();
        container.Create().Start().TryDelete("--force").ShouldExit(0);
    }

    [ClaimTheory("C61: what a killed create has made is recorded before; runc 1.1 leaves its cgroups")]
    [InlineData("createRuntime")]
    [InlineData("createContainer")]
    public void Create_KilledDuringAHook_DeleteForceRemovesEverything(string kind)
    {
        // A moment that can be met exactly: everything is made, nothing is recorded as complete.
        string ready = Path.Combine(Sandbox.Directory, "ready");
        var container = Everything(false).Add("/hooks/" + kind, new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $": {Sandbox.Token}-hook; echo > {ready}; exec sleep 5") });
        using (var create = container.Verb("create", "--bundle", container.Bundle, container.Id).Start())
        {
            Wait.Until(() => File.Exists(ready), "the hook runs");
            Kill(create.Pid);
            create.Wait();
        }
        container.TryDelete("--force").ShouldExit(0);
        NothingIsLeft(container);
    }

    [ClaimTheory("S13: a create that cannot leaves nothing")]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(10)]
    [InlineData(12)]
    public void Create_TooFewDescriptors_SaysSoAndLeavesNothing(int limit)
    {
        var container = NewContainer();
        container.Wrapped(["prlimit", $"--nofile={limit}:{limit}"], "create", "--bundle", container.Bundle, container.Id).Run().ShouldFailWith("too many open files");
        Leftovers(container).Should().BeEmpty();
    }

    [ClaimFact("STAGE: created or running is what the init says, not a file that start could have failed to write")]
    public void Start_DiesRightAfterItsWord_ProgramRunsAndIsDeleted()
    {
        for (int i = 0; i < 20; i++)
        {
            var container = NewContainer().Args("sh", "-c", "echo ran; exec sleep 60").Create();
            using (var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
            {
                socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(container.StateRoot, container.Id, "start.sock")));
                socket.Send("G"u8);
            }
            container.WaitFor("ran").Status.Should().Be("running");
            container.TryStart().ShouldFailWith("cannot start an already running container");
            container.TryDelete("--force").ShouldExit(0);
        }
    }

    [ClaimFact("STAGE: the first word counts; the second start is told that it runs already")]
    public void Start_AnotherOnesWordCameFirst_SaysThatItRuns()
    {
        // The init is stopped, so that both words wait for it.
        var container = NewContainer().Args("sh", "-c", "echo ran; exec sleep 60").Create();
        int pid = container.Pid;
        Signal(pid, 19);
        using (var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified))
        {
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(container.StateRoot, container.Id, "start.sock")));
            socket.Send("G"u8);
        }
        using var start = container.Verb("start", container.Id).Start();
        // recvmsg(2), of x86-64 and of arm64.
        Wait.Until(() => File.ReadAllText($"/proc/{start.Pid}/syscall").Split(' ')[0] is "47" or "212", "start waits for the answer");
        Signal(pid, 18);
        start.Wait().ShouldFailWith("cannot start an already running container");
        container.WaitFor("ran").Status.Should().Be("running");
    }

    [ClaimFact("STAGE: a connection that ends without the word is none")]
    public void Start_DiesBeforeItsWord_ContainerStaysCreated()
    {
        var container = NewContainer().Args("sh", "-c", "echo ran; exec sleep 60").Create();
        for (int i = 0; i < 30; i++)
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
            socket.Connect(new UnixDomainSocketEndPoint(Path.Combine(container.StateRoot, container.Id, "start.sock")));
            if (i % 3 == 0)
                socket.Send("x"u8);
        }
        container.Status.Should().Be("created");
        container.Start().WaitFor("ran").Status.Should().Be("running");
    }

    [Fact]
    public void Start_KilledAtAnyMoment_ContainerIsCreatedOrRunning()
    {
        var random = new Random(7);
        var clock = Stopwatch.StartNew();
        int created = 0, running = 0;
        var container = NewContainer().Args("sleep", "60");
        while (clock.Elapsed.TotalSeconds < 6)
        {
            container.Create();
            using (var start = container.Verb("start", container.Id).Start())
            {
                Thread.Sleep(TimeSpan.FromMilliseconds(random.NextDouble() * 25));
                if (!start.HasExited)
                    Kill(start.Pid);
                start.Wait();
            }
            // Its word may be on the way.
            string status = container.Status;
            status.Should().BeOneOf("created", "running");
            if (status == "created" && container.TryStart().ExitCode == 0)
                created++;
            else
                running++;
            container.Status.Should().Be("running");
            container.TryDelete("--force").ShouldExit(0);
        }
        TestContext.Current.SendDiagnosticMessage($"{created} were still created, {running} ran");
    }

    [Fact]
    public void Create_HarshCaller_WorksEveryTime()
    {
        // 0-2 closed, SIGCHLD ignored, every signal blocked: what a descriptor or a handler of ours could fall over. As many as twenty seconds allow, at most 1,000.
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "runc 1.1 fails with closed streams");
        var container = NewContainer().Args("/bin/tiny");
        container.Verb("list"); // writes config.json
        int count = 0;
        var clock = Stopwatch.StartNew();
        for (; count < 1000 && clock.Elapsed.TotalSeconds < 20; count++)
        {
            Harsh("create", "--bundle", container.Bundle, container.Id);
            if (count % 10 == 0)
            {
                foreach (string descriptor in Directory.GetFileSystemEntries($"/proc/{container.Pid}/fd").Where(f => Path.GetFileName(f) is "0" or "1" or "2"))
                    File.ResolveLinkTarget(descriptor, false)!.FullName.Should().Be("/dev/null");
                container.Proc("status").Should().MatchRegex("SigIgn:\\s0000000000000000");
            }
            Harsh("start", container.Id);
            Harsh("delete", "--force", container.Id);
        }
        TestContext.Current.SendDiagnosticMessage($"{count} creates in {clock.Elapsed.TotalSeconds:0.0} s");
        count.Should().BePositive();
    }

    /// <summary>Without standard error only the log says what was wrong.</summary>
    private void Harsh(params string[] words)
    {
        string log = Path.Combine(Sandbox.Directory, "log");
        var result = Sandbox.Program([Probe, "harsh", RuntimeUnderTest.Path, "--root", Sandbox.StateRoot, "--log", log, .. words]).Run();
        result.ExitCode.Should().Be(0, "{0}: {1}", words[0], File.Exists(log) ? File.ReadAllText(log) : "");
    }

    private static void Kill(int pid) => Signal(pid, 9);

    private static void Signal(int pid, int signal) => _ = Tmds.Linux.LibC.kill(pid, signal);
}
