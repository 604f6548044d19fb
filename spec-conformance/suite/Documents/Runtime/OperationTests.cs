using System.Diagnostics;

namespace OciRun.Conformance.Documents.Runtime;

/// <summary>runtime.md, Start, Kill, Delete.</summary>
internal static class OperationTests
{
    [Clause("runtime.scope.operations", "runtime.operations")]
    public static void Operations_AllOfThem_WorkOnOneContainer(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Create();
        container.State();
        container.Start().WaitFor("ready").TryKill("TERM").ShouldSucceed();
        container.WaitStopped().Delete();
        container.TryState().ShouldFail("it was deleted");
    }

    [Row("runtime.start.noId", "start")]
    [Row("runtime.kill.noId", "kill")]
    [Row("runtime.delete.noId", "delete")]
    public static void Operation_WithoutId_IsAnError(Sandbox box, string verb) => box.Call(verb).ShouldFail("no id was given");

    [Clause("runtime.start.notCreated")]
    public static void Start_OfARunningContainer_IsAnErrorAndChangesNothing(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Create().Start().WaitFor("ready");
        int pid = container.Pid;
        container.TryStart().ShouldFail("it runs already");
        Check.Equal("running", container.Status, "status");
        Check.Equal(pid, container.Pid, "pid");
    }

    [Row("runtime.start.notCreated")]
    public static void Start_OfAStoppedContainer_IsAnErrorAndChangesNothing(Sandbox box)
    {
        var container = box.NewContainer().Create().Start().WaitStopped();
        container.TryStart().ShouldFail("it has stopped");
        Check.Equal("stopped", container.Status, "status");
    }

    [Row("runtime.start.program")]
    [Row("runtime.lifecycle.program")]
    public static void Start_RunsTheProgramWithItsArguments(Sandbox box)
    {
        var container = box.NewContainer().Probe("report", "one", "two words", "").Create().Start().WaitStopped();
        Check.Sequence(["one", "two words", ""], new ProbeOutput(container.Output).Report.List("args"), "the program's list of arguments");
    }

    [Clause("runtime.start.noProcess")]
    public static void Start_WithoutProcess_IsAnError(Sandbox box)
    {
        var container = box.NewContainer().Remove("/process");
        container.TryCreate().ShouldSucceed();
        container.TryStart().ShouldFail("process is not set");
    }

    [Row("runtime.kill.signal", "TERM", "running")]
    [Row("runtime.kill.signal", "SIGUSR1", "running")]
    [Row("runtime.kill.signal", "2", "running")]
    [Row("runtime.kill.signal", "KILL", "created")]
    public static void Kill_SendsTheSignal(Sandbox box, string signal, string status)
    {
        var container = box.NewContainer().Probe("signals", signal == "2" ? "INT" : signal, "42").Create();
        if (status == "running")
            container.Start().WaitFor("ready");
        container.TryKill(signal).ShouldSucceed();
        container.WaitStopped();
        string name = signal switch { "TERM" => "SIGTERM", "2" => "SIGINT", _ => signal };
        Check.That(status == "created" || container.Output.Contains(name + ": received", StringComparison.Ordinal), $"the program did not get {name} but said \"{container.Output}\"");
    }

    [Clause("runtime.kill.neither")]
    public static void Kill_OfAStoppedContainer_IsAnErrorAndChangesNothing(Sandbox box)
    {
        var container = box.NewContainer().Create().Start().WaitStopped();
        container.TryKill("TERM").ShouldFail("it has stopped");
        Check.Equal("stopped", container.Status, "status");
    }

    [Row("runtime.delete.notStopped", "created")]
    [Row("runtime.delete.notStopped", "running")]
    public static void Delete_OfOneThatIsNotStopped_IsAnErrorAndChangesNothing(Sandbox box, string status)
    {
        var container = box.NewContainer().Waiting().Create();
        if (status == "running")
            container.Start().WaitFor("ready");
        int pid = container.Pid;
        container.TryDelete().ShouldFail($"it is {status}");
        Check.Equal(status, container.Status, "status");
        Check.Equal(pid, container.Pid, "pid");
    }

    [Clause("runtime.delete.resources", "runtime.lifecycle.destroyed")]
    public static void Delete_RemovesWhatCreateMade(Sandbox box)
    {
        string[] mounts = File.ReadAllLines("/proc/self/mountinfo");
        var container = box.NewContainer().Waiting().Create().Start().WaitFor("ready");
        Check.That(Host.CgroupsNamed(container.Id).Count > 0, "there is no cgroup of the name in cgroupsPath");
        container.KillAndWait().Delete();
        container.TryState().ShouldFail("it was deleted");
        Check.Eventually(() => Host.CgroupsNamed(container.Id).Count == 0, "a cgroup is left");
        Check.Equal(mounts.Length, File.ReadAllLines("/proc/self/mountinfo").Length, "the number of mounts of the host");
        Check.That(!Directory.Exists(box.StateRoot) || Directory.GetFileSystemEntries(box.StateRoot).All(e => !e.Contains(container.Id, StringComparison.Ordinal)), "the state root still names the container");
        Check.Sequence([], box.Ours(), "the list of processes that are left");
    }

    [Row("runtime.delete.foreign", "a bind mount's source")]
    [Row("runtime.delete.foreign", "a joined namespace")]
    [Row("runtime.delete.foreign", "a cgroup that was there before")]
    public static void Delete_LeavesWhatCreateHasNotMade(Sandbox box, string what)
    {
        var container = box.NewContainer();
        string cgroup = box.Host.CgroupPath("pids", container.Id);
        Process? holder = null;
        Directory.CreateDirectory(box.File("source"));
        if (what == "a bind mount's source")
            container.Mount("/mnt", box.File("source"), "none", "bind");
        else if (what == "a cgroup that was there before")
            Directory.CreateDirectory(cgroup);
        else
            container.Set("/linux/namespaces/1/path", NetworkNamespace(out holder));
        using (holder)
        {
            container.Create().Start().WaitStopped().Delete();
            Check.That(Directory.Exists(box.File("source")), "the source of the bind mount is gone");
            Check.That(what != "a cgroup that was there before" || Directory.Exists(cgroup), "the cgroup is gone");
            Check.That(holder is null || !holder.HasExited, "the process whose namespace was joined is gone");
            holder?.Kill();
        }
    }

    [Clause("runtime.delete.reuse")]
    public static void Delete_MakesTheIdFree(Sandbox box)
    {
        var container = box.NewContainer().Create().Start().WaitStopped().Delete();
        container.Create().Start().WaitStopped();
    }

    [Row("runtime.lifecycle.exit", "exiting")]
    [Row("runtime.lifecycle.exit", "erroring out")]
    [Row("runtime.lifecycle.exit", "crashing")]
    [Row("runtime.lifecycle.exit", "kill")]
    public static void Exit_OfAnyKind_MakesItStopped(Sandbox box, string how)
    {
        string[] words = how switch { "exiting" => ["exit", "0"], "erroring out" => ["exit", "3"], "crashing" => ["exit", "139"], _ => ["signals", "TERM"] };
        var container = box.NewContainer();
        container = how == "crashing" ? container.Args("sh", "-c", "ulimit -c 0; (sleep 0.1; kill -SEGV $$) & exec /bin/probe sleep 60") : container.Probe(words);
        if (how == "crashing")
            container.RemoveNamespace("pid");
        container.Create().Start();
        if (how == "kill")
            container.WaitFor("ready").TryKill("KILL").ShouldSucceed();
        container.WaitStopped();
    }

    // Held by a process of ours, which the caller ends.
    private static string NetworkNamespace(out Process holder)
    {
        holder = Process.Start("unshare", ["--net", "sleep", "60"]);
        int pid = holder.Id;
        Check.Eventually(() => Host.Namespace("net", pid) != Host.Namespace("net"), "unshare makes a network namespace");
        return $"/proc/{pid}/ns/net";
    }
}
