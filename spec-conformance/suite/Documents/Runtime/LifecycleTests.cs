namespace OciRun.Conformance.Documents.Runtime;

/// <summary>runtime.md, Lifecycle: the hooks' steps.</summary>
internal static class LifecycleTests
{
    // startContainer hooks and the program write to a bind mount of the sandbox's directory, the others to the directory itself.
    private static string Log(Sandbox box, string kind) => kind is "startContainer" or "program" ? "/log/log" : box.File("log");

    private static string[] Lines(Sandbox box) => File.Exists(box.File("log")) ? File.ReadAllLines(box.File("log")) : [];

    private static Container WithLog(Sandbox box) => box.NewContainer().Mount("/log", box.Directory, "none", "bind");

    [Row("runtime.lifecycle.prestart", "prestart", "create")]
    [Row("runtime.lifecycle.createRuntime", "createRuntime", "create")]
    [Row("runtime.lifecycle.createContainer", "createContainer", "create")]
    [Row("runtime.lifecycle.startContainer", "startContainer", "start")]
    [Row("runtime.lifecycle.poststart", "poststart", "start")]
    [Row("runtime.lifecycle.poststop", "poststop", "delete")]
    public static void Hook_IsInvokedByItsOperation(Sandbox box, string kind, string operation)
    {
        var container = WithLog(box).Hook(kind, $"echo {kind} >> {Log(box, kind)}").Waiting().Create();
        Check.Sequence(operation == "create" ? [kind] : [], Lines(box), "after create the list of hooks that ran");
        container.Start().WaitFor("ready");
        Check.Sequence(operation == "delete" ? [] : [kind], Lines(box), "after start the list of hooks that ran");
        container.KillAndWait().Delete();
        Check.Sequence([kind], Lines(box), "after delete the list of hooks that ran");
    }

    [Row("runtime.lifecycle.prestart.fails", "prestart")]
    [Row("runtime.lifecycle.createRuntime.fails", "createRuntime")]
    [Row("runtime.lifecycle.createContainer.fails", "createContainer")]
    public static void HookOfCreate_Fails_CreateFailsAndTheContainerIsDestroyed(Sandbox box, string kind)
    {
        var container = WithLog(box).Hook(kind, "exit 7").Hook("poststop", $"echo poststop >> {Log(box, "poststop")}").Waiting();
        container.ShouldNotBeCreated($"a {kind} hook failed");
        IsGone(box, container);
    }

    [Row("runtime.lifecycle.startContainer.fails", "startContainer")]
    [Row("runtime.lifecycle.poststart.fails", "poststart")]
    public static void HookOfStart_Fails_StartFailsAndTheContainerIsDestroyed(Sandbox box, string kind)
    {
        var container = WithLog(box).Hook(kind, "exit 7").Hook("poststop", $"echo poststop >> {Log(box, "poststop")}").Waiting().Create();
        container.TryStart().ShouldFail($"a {kind} hook failed");
        Check.That(kind != "startContainer" || !container.Output.Contains("ready", StringComparison.Ordinal), "the program ran although a startContainer hook failed");
        Check.That(container.TryState().ExitCode != 0, "start failed, yet there is still a container: it was not destroyed");
        IsGone(box, container);
    }

    private static void IsGone(Sandbox box, Container container)
    {
        Check.Eventually(() => box.Ours().Count == 0, "the container was not stopped: a process is left");
        Check.Eventually(() => Host.CgroupsNamed(container.Id).Count == 0, "the container was not destroyed: a cgroup is left");
        Check.Sequence(["poststop"], Lines(box), "the list of poststop hooks that ran after the failure (step 13)");
    }

    [Clause("runtime.lifecycle.poststop.fails")]
    public static void PoststopHook_Fails_TheOthersRunAndDeleteSucceeds(Sandbox box)
    {
        var container = WithLog(box);
        foreach (string script in new[] { "echo first", "exit 7", "echo third" })
            container.Hook("poststop", script.StartsWith("echo", StringComparison.Ordinal) ? $"{script} >> {box.File("log")}" : script);
        container.Create().Start().WaitStopped();
        container.TryDelete().ShouldSucceed();
        Check.Sequence(["first", "third"], Lines(box), "the list of the other poststop hooks that ran");
        container.TryState().ShouldFail("it was deleted");
    }
}
