using System.Globalization;

namespace OciRun.Integration;

/// <summary>checkpoint and restore by a criu that works (C34, C35): Debian 12's does not on newer kernels.</summary>
public sealed class CheckpointTests : IntegrationTest
{
    private const string Counter = "i=0; while :; do i=$((i+1)); echo $i >/dev/shm/new; mv /dev/shm/new /dev/shm/count; sleep 0.05; done";

    public CheckpointTests()
    {
        Assert.SkipWhen(Criu.Fault.Length > 0, Criu.Fault);
    }

    private string Images => Path.Combine(Sandbox.Directory, "images");

    private Container Counting(Container? container = null)
    {
        container = Started((container ?? NewContainer()).Args("/bin/sh", "-c", Counter));
        Wait.Until(() => Count(container) > 2, "it counts");
        return container;
    }

    /// <summary>The streams of a container that is checkpointed are /dev/null: our files would be written anew, and criu wants those that it knows.</summary>
    private static Container Started(Container container)
    {
        container.Create(container.Verb("run", "--detach", "--bundle", container.Bundle, container.Id).Redirect(">/dev/null 2>&1")).ShouldExit(0);
        return container;
    }

    private static int Count(Container container)
    {
        string file = $"/proc/{container.Pid}/root/dev/shm/count";
        return File.Exists(file) ? int.Parse(File.ReadAllText(file), CultureInfo.InvariantCulture) : 0;
    }

    private void Checkpoint(Container container, params string[] options) => container.Verb("checkpoint", ["--image-path", Images, .. options, container.Id]).Run().ShouldExit(0);

    private Command RestoreCommand(Container container, params string[] options) =>
        container.Verb("restore", ["--image-path", Images, "--bundle", container.Bundle, .. options, container.Id]);

    private void Restore(Container container, params string[] options) => container.Create(RestoreCommand(container, ["--detach", .. options])).ShouldExit(0);

    [Fact]
    public void Restore_Twice_GoesOnWhereItWas()
    {
        var container = Counting();
        for (int round = 0; round < 2; round++)
        {
            int before = Count(container);
            Checkpoint(container);
            container.TryState().ShouldFailWith("does not exist");
            Restore(container);
            container.Status.Should().Be("running");
            Count(container).Should().BeGreaterThanOrEqualTo(before);
            int restored = Count(container);
            Wait.Until(() => Count(container) > restored, "it goes on counting");
        }

        container.Exec([], "cat", "/dev/shm/count").ShouldExit(0);
        container.Kill("KILL").WaitStopped().Delete();
    }

    [Fact]
    public void Checkpoint_LeaveRunning_GoesOn()
    {
        var container = Counting();
        int pid = container.Pid;
        Checkpoint(container, "--leave-running");
        container.Pid.Should().Be(pid);
        int count = Count(container);
        Wait.Until(() => Count(container) > count, "it goes on counting");
    }

    [Fact]
    public void Checkpoint_Paused_IsRestoredRunning()
    {
        var container = Counting();
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        int count = Count(container);
        Checkpoint(container);
        Restore(container);
        container.Status.Should().Be("running");
        Wait.Until(() => Count(container) > count, "it goes on counting");
    }

    [Fact]
    public void Restore_Foreground_PassesTheExitStatusOnAndDeletes()
    {
        var container = Started(NewContainer().Args("/bin/sh", "-c", "while [ ! -e /dev/shm/go ]; do sleep 0.05; done; exit 7"));
        Checkpoint(container);
        using var running = RestoreCommand(container).Start();
        Wait.Until(() => running.HasExited || (container.TryState() is { ExitCode: 0 } state && state.Output.Contains("running", StringComparison.Ordinal)), "it is restored");
        if (running.HasExited)
            running.Wait().ShouldExit(7);
        File.WriteAllText($"/proc/{container.Pid}/root/dev/shm/go", "");
        running.Wait(TimeSpan.FromSeconds(60 * Wait.Factor)).ShouldExit(7);
        container.TryState().ShouldFailWith("does not exist");
    }

    [ClaimFact("a log that is appended to is another one after the restore; runc's checkpoint fails")]
    public void Restore_AppendedFile_IsThatOfTheRestore()
    {
        string first = Path.Combine(Sandbox.Directory, "first"), second = Path.Combine(Sandbox.Directory, "second");
        var container = NewContainer().Args("/bin/sh", "-c", "while :; do echo tick; sleep 0.05; done");
        container.Create(container.Verb("run", "--detach", "--bundle", container.Bundle, container.Id).Redirect($">>'{first}' 2>&1")).ShouldExit(0);
        Wait.Until(() => File.ReadAllText(first).Length > 0, "it writes");
        Checkpoint(container);
        container.Create(RestoreCommand(container, "--detach").Redirect($">>'{second}' 2>&1")).ShouldExit(0);
        Wait.Until(() => File.ReadAllText(second).Contains("tick", StringComparison.Ordinal), "it writes to the other one");
    }

    [ClaimFact("what could not be restored is not ended")]
    public void Checkpoint_OrdinaryFile_IsRefused()
    {
        var container = NewContainer().Args("/bin/sleep", "600").RunDetached();
        container.Verb("checkpoint", "--image-path", Images, container.Id).Run().ShouldFailWith("descriptor 1 is the host's file", "appending");
        container.Status.Should().Be("running");
    }

    [Fact]
    public void Restore_Pipes_AreThoseOfTheRestore()
    {
        var container = NewContainer().Args("/bin/sh", "-c", "while :; do echo tick; sleep 0.05; done");
        container.TryState().ShouldFailWith("does not exist"); // config.json is written
        string runtime = $"'{RuntimeUnderTest.Path}' --root '{container.StateRoot}'";
        using var first = Sandbox.Program("sh", "-c", $"({runtime} run -d --bundle '{container.Bundle}' {container.Id} 2>/dev/null) | cat").Start();
        Wait.Until(() => first.Output.Contains("tick", StringComparison.Ordinal), "it writes to the pipe");
        Checkpoint(container);
        File.ReadAllText(Path.Combine(Images, "descriptors.json")).Should().Contain("pipe:[");
        using var second = Sandbox.Program("sh", "-c", $"({runtime} restore -d --image-path '{Images}' --bundle '{container.Bundle}' {container.Id} 2>/dev/null) | cat").Start();
        Wait.Until(() => second.Output.Contains("tick", StringComparison.Ordinal), "it writes to the new pipe");
        container.Verb("delete", "--force", container.Id).Run().ShouldExit(0);
    }

    [Fact]
    public void Restore_Terminal_MasterComesToTheConsoleSocket()
    {
        string path = Path.Combine(Sandbox.Directory, "tty.sock");
        var container = NewContainer().Set("/process/terminal", true).Args("sh", "-c", "while read line; do echo \"got $line\"; done");
        using (var socket = new ConsoleSocket(path))
        {
            container.Create("--console-socket", path).Start();
            using var master = socket.Receive();
            master.Write("one\n"u8);
            TerminalMaster.ReadUntil(master, "got one");
            Checkpoint(container);
        }

        File.Delete(path);
        using (var socket = new ConsoleSocket(path))
        {
            Restore(container, "--console-socket", path);
            using var master = socket.Receive();
            master.Write("two\n"u8);
            TerminalMaster.ReadUntil(master, "got two");
        }
    }

    [Fact]
    public void Restore_MountsMasksAndLimits_AreThereAgain()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName;
        File.WriteAllText(Path.Combine(source, "file"), "hello");
        var container = NewContainer().Set("/root/readonly", true)
            .Mount("/data", source, null, "rbind", "ro").Mount("/etc/one", Path.Combine(source, "file"), null, "bind")
            .Set("/linux/maskedPaths", new JsonArray("/proc/timer_list", "/proc/acpi"))
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 50 });
        Counting(container);
        string[] before = Mounts(container);
        string cgroup = container.Proc("cgroup");
        Checkpoint(container);
        Restore(container);
        Mounts(container).Should().BeEquivalentTo(before);
        container.Proc("cgroup").Should().Be(cgroup);
        container.Exec([], "cat", "/data/file", "/etc/one").ShouldExit(0).Output.Should().Be("hellohello");
    }

    /// <summary>What is mounted where, with which flags; without the numbers, which are others.</summary>
    private static string[] Mounts(Container container) => [.. container.Proc("mountinfo").Split('\n').Select(static line => string.Join(' ', line.Split(' ')[3..6]))];

    [Fact]
    public void Restore_JoinedNetwork_IsTheSameNamespace()
    {
        using var holder = Sandbox.Program("unshare", "--net", "sleep", "600").Start();
        string path = $"/proc/{holder.Pid}/ns/net", own = new FileInfo("/proc/self/ns/net").LinkTarget!;
        Wait.Until(() => new FileInfo(path).LinkTarget is { } link && link != own, "the namespace is there");
        var container = NewContainer().RemoveNamespace("network").Add("/linux/namespaces", new JsonObject { ["type"] = "network", ["path"] = path });
        Counting(container);
        Checkpoint(container);
        Restore(container);
        new FileInfo($"/proc/{container.Pid}/ns/net").LinkTarget.Should().Be(new FileInfo(path).LinkTarget);
        container.Verb("delete", "--force", container.Id).Run().ShouldExit(0);
        holder.Kill();
    }

    [Fact]
    public void Restore_Hooks_ArePrestartAndCreateRuntimeAndAtTheCheckpointPoststop()
    {
        string log = Path.Combine(Sandbox.Directory, "hooks");
        var container = NewContainer();
        foreach (string kind in (string[])["prestart", "createRuntime", "createContainer", "poststart", "poststop"])
        {
            container.Add("/hooks/" + kind, new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"cat >/dev/null; echo {kind} >>'{log}'") });
        }

        Counting(container);
        File.Delete(log);
        Checkpoint(container);
        File.ReadAllText(log).Should().Be("poststop\n");
        Restore(container);
        File.ReadAllText(log).Should().Be("poststop\nprestart\ncreateRuntime\n");
    }

    [Fact]
    public void Restore_ExecsClock_IsThatOfTheContainer()
    {
        var container = Counting();
        Checkpoint(container);
        Restore(container);
        container.Exec([], "readlink", "/proc/self/ns/time").ShouldExit(0).Output.Trim().Should().Be(new FileInfo($"/proc/{container.Pid}/ns/time").LinkTarget);
    }

    [ClaimFact("X31: a link that was put into the root filesystem after the checkpoint leads nothing out of it")]
    public void Restore_LinkPutThereSince_IsRefused()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName, outside = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "outside")).FullName;
        var container = Counting(NewContainer().Mount("/data", source, null, "bind"));
        Checkpoint(container);
        Directory.Delete(Path.Combine(container.Rootfs, "data"));
        Directory.CreateSymbolicLink(Path.Combine(container.Rootfs, "data"), outside);
        RestoreCommand(container, "--detach").Run().ShouldFailWith("will not mount on \"/data\"", "symbolic link");
        container.TryState().ShouldFailWith("does not exist");
    }

    [Fact]
    public void Restore_LinkOfTheImage_IsTheSameMount()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName;
        var container = NewContainer().Mount("/link/data", source, null, "bind");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "real"));
        Directory.CreateSymbolicLink(Path.Combine(container.Rootfs, "link"), "/real");
        Counting(container);
        Checkpoint(container);
        Restore(container);
        container.Proc("mountinfo").Should().Contain(" /real/data ");
    }

    [Fact]
    public void Restore_Refused_LeavesNothingAndNamesTheLog()
    {
        var container = Counting();
        Checkpoint(container);
        File.Delete(Path.Combine(Images, "core-1.img"));
        RestoreCommand(container, "--detach").Run().ShouldFailWith("criu failed: Error (", "its log is", "restore.log");
        container.TryState().ShouldFailWith("does not exist");
    }

    [Fact]
    public void Checkpoint_Refused_GoesOnAndNamesTheLog()
    {
        // A file of the host at another descriptor than the three is none that we can name to criu.
        var container = NewContainer().Args("/bin/sh", "-c", Counter);
        container.Create(container.Verb("run", "--detach", "--preserve-fds", "1", "--bundle", container.Bundle, container.Id).Redirect(">/dev/null 2>&1 3</etc/hostname")).ShouldExit(0);
        Wait.Until(() => Count(container) > 2, "it counts");
        container.Verb("checkpoint", "--image-path", Images, container.Id).Run().ShouldFailWith("criu failed: Error (", "dump.log");
        int count = Count(container);
        Wait.Until(() => Count(container) > count, "it goes on counting");
    }

    [Fact]
    public void Podman_CheckpointAndRestore_GoOn()
    {
        Assert.SkipUnless(Sandbox.Program("sh", "-c", "command -v podman").Run().ExitCode == 0, "podman is not installed");
        string store = Path.Combine(Sandbox.Directory, "podman");
        string[] podman =
        [
            "podman", "--root", store + "/root", "--runroot", store + "/run", "--tmpdir", store + "/tmp", "--storage-driver", "vfs", "--cgroup-manager=cgroupfs", "--runtime", RuntimeUnderTest.Path,
        ];
        Sandbox.Program("sh", "-c", $"tar -C '{Assets.Rootfs}' -c . | {string.Join(' ', podman)} import - localhost/p:1").Run().ShouldExit(0);
        string name = Sandbox.Token + "-p";
        try
        {
            Sandbox.Program([.. podman, "run", "-d", "--name", name, "--network", "none", "--ulimit", "nofile=1000:1000", "--ulimit", "nproc=1000:1000", "localhost/p:1", "sh", "-c", "i=0; while :; do i=$((i+1)); echo n$i; sleep 0.1; done"]).Run().ShouldExit(0);
            for (int round = 0; round < 2; round++)
            {
                Sandbox.Program([.. podman, "container", "checkpoint", name]).Run().ShouldExit(0);
                int lines = Lines(podman, name);
                Sandbox.Program([.. podman, "container", "restore", name]).Run().ShouldExit(0);
                Wait.Until(() => Lines(podman, name) > lines, "it goes on writing");
            }
        }
        finally
        {
            Sandbox.Program([.. podman, "rm", "-f", "-t", "0", name]).Run();
        }
    }

    private int Lines(string[] podman, string name) => Sandbox.Program([.. podman, "logs", name]).Run().ShouldExit(0).Output.Split('\n').Length;
}
