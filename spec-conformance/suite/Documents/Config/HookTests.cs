namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md, POSIX-platform hooks.</summary>
internal static class HookTests
{
    private static Container WithLog(Sandbox box) => box.NewContainer().Mount("/log", box.Directory, "none", "bind");

    private static string Log(Sandbox box, string kind) => kind == "startContainer" ? "/log/log" : box.File("log");

    private static string[] Lines(Sandbox box) => File.Exists(box.File("log")) ? File.ReadAllLines(box.File("log")) : [];

    // A whole life, so that every kind of hook has run.
    private static Container Live(Container container)
    {
        container.Waiting().Create().Start().WaitFor("ready");
        return container.KillAndWait().Delete();
    }

    [Row("config.hooks.path.absolute", "bin/sh")]
    [Row("config.hooks.path.absolute", "sh")]
    public static void Path_Relative_IsAnError(Sandbox box, string path) =>
        box.NewContainer().Add("/hooks/createRuntime", new JsonObject { ["path"] = path, ["args"] = Container.List("sh", "-c", "exit 0") }).ShouldNotBeCreated("the hook's path is relative");

    [Row("config.hooks.args")]
    [Row("config.hooks.env")]
    public static void ArgsAndEnv_AreTheHooks(Sandbox box)
    {
        var hook = new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = Container.List("name", "-c", $"printf '%s\\n' \"$0\" \"$1\" \"$A\" > {box.File("log")}", "zero", "one two"),
            ["env"] = Container.List("A=b=c"),
        };
        box.NewContainer().Add("/hooks/createRuntime", hook).Create();
        Check.Sequence(["zero", "one two", "b=c"], Lines(box), "the list of two arguments and a variable");
    }

    [Clause("config.hooks.timeout")]
    public static void Timeout_AbortsTheHook(Sandbox box)
    {
        var container = box.NewContainer().Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/sh", ["args"] = Container.List("sh", "-c", "exec sleep 300"), ["timeout"] = 1 });
        container.ShouldNotBeCreated("the hook took more than its second");
    }

    [Row("config.hooks.timeout.positive", 0)]
    [Row("config.hooks.timeout.positive", -1)]
    public static void Timeout_NotPositive_IsAnError(Sandbox box, int timeout) =>
        box.NewContainer().Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/sh", ["args"] = Container.List("sh", "-c", "exit 0"), ["timeout"] = timeout }).ShouldNotBeCreated("timeout is not greater than zero");

    [Row("config.hooks.order", "prestart")]
    [Row("config.hooks.order", "createRuntime")]
    [Row("config.hooks.order", "createContainer")]
    [Row("config.hooks.order", "startContainer")]
    [Row("config.hooks.order", "poststart")]
    [Row("config.hooks.order", "poststop")]
    public static void Hooks_OfAKind_RunInTheListedOrder(Sandbox box, string kind)
    {
        var container = WithLog(box);
        foreach (string word in new[] { "first", "second", "third" })
            container.Hook(kind, $"echo {word} >> {Log(box, kind)}");
        Live(container);
        Check.Sequence(["first", "second", "third"], Lines(box), "the list of hooks that ran");
    }

    [Row("config.hooks.state", "prestart")]
    [Row("config.hooks.state", "createRuntime")]
    [Row("config.hooks.state", "createContainer")]
    [Row("config.hooks.state", "startContainer")]
    [Row("config.hooks.state", "poststart")]
    [Row("config.hooks.state", "poststop")]
    public static void Hook_HasTheStateOnItsInput(Sandbox box, string kind)
    {
        var container = Live(WithLog(box).Hook(kind, $"cat > {Log(box, kind)}").Set("/annotations", new JsonObject { ["com.example.a"] = "b" }));
        var state = JsonNode.Parse(File.ReadAllText(box.File("log")))!;
        Check.Equal(container.Id, (string?)state["id"], "id");
        Check.Equal(container.Bundle, (string?)state["bundle"], "bundle");
        Check.Equal("b", (string?)state["annotations"]?["com.example.a"], "the annotation");
        Check.That(state["ociVersion"] is not null && state["status"] is not null, "ociVersion or status is absent");
    }

    [Row("config.hooks.prestart.path", "prestart")]
    [Row("config.hooks.createRuntime.path", "createRuntime")]
    [Row("config.hooks.createContainer.path", "createContainer")]
    [Row("config.hooks.startContainer.path", "startContainer")]
    [Row("config.hooks.poststart.path", "poststart")]
    [Row("config.hooks.poststop.path", "poststop")]
    public static void Path_IsResolvedWhereTheTextSays(Sandbox box, string kind)
    {
        // Only there: in the container's root for startContainer, on the host for the others.
        var container = WithLog(box);
        string script = $"#!/bin/sh\necho ran >> {Log(box, kind)}\n", path = kind == "startContainer" ? "/opt/hook" : box.File("hook");
        string file = kind == "startContainer" ? Path.Combine(container.Rootfs, "opt/hook") : path;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, script);
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
        Live(container.Add("/hooks/" + kind, new JsonObject { ["path"] = path }));
        Check.Sequence(["ran"], Lines(box), "what the hook wrote");
    }

    [Row("config.hooks.prestart.namespace", "prestart", false)]
    [Row("config.hooks.createRuntime.namespace", "createRuntime", false)]
    [Row("config.hooks.createContainer.namespace", "createContainer", true)]
    [Row("config.hooks.startContainer.namespace", "startContainer", true)]
    [Row("config.hooks.poststart.namespace", "poststart", false)]
    [Row("config.hooks.poststop.namespace", "poststop", false)]
    public static void Hook_IsInTheNamespacesThatTheTextSays(Sandbox box, string kind, bool inside)
    {
        string[] names = ["mnt", "net", "uts", "ipc"];
        var container = WithLog(box).Hook(kind, $"for n in {string.Join(' ', names)}; do readlink /proc/self/ns/$n; done >> {Log(box, kind)}").Waiting().Create();
        string[] wanted = [.. names.Select(n => Host.Namespace(n, inside ? container.Pid : 0))];
        container.Start().WaitFor("ready");
        container.KillAndWait().Delete();
        Check.Sequence(wanted, Lines(box), "the list of its namespaces");
    }

    [Row("config.hooks.prestart.when", "prestart")]
    [Row("config.hooks.createRuntime.when", "createRuntime")]
    [Row("config.hooks.createContainer.when", "createContainer")]
    public static void HookOfCreate_RunsAfterTheNamespacesAndBeforeThePivot(Sandbox box, string kind)
    {
        // The root of the container process is still the host's: the sandbox's directory is there by its own name. In the container's namespaces that is the hook's own root.
        string root = kind == "createContainer" ? "" : "/proc/$pid/root";
        string script = $"pid=$(sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p'); [ -d {root}{box.Directory} ] && echo before >> {box.File("log")}; readlink /proc/{(kind == "createContainer" ? "self" : "$pid")}/ns/net >> {box.File("log")}";
        box.NewContainer().Hook(kind, script).Create();
        string[] lines = Lines(box);
        Check.That(lines.Contains("before"), "the container's root has been changed already");
        Check.That(lines is [_, var net] && net != Host.Namespace("net"), "the container's network namespace has not been created yet");
    }

    [Row("config.hooks.prestart.before", "prestart", "createRuntime")]
    [Row("config.hooks.createContainer.after", "createRuntime", "createContainer")]
    public static void Kinds_RunInTheirOrder(Sandbox box, string first, string second)
    {
        box.NewContainer().Hook(second, $"echo {second} >> {box.File("log")}").Hook(first, $"echo {first} >> {box.File("log")}").Create();
        Check.Sequence([first, second], Lines(box), "the list of hooks that ran");
    }

    [Clause("config.hooks.startContainer.when")]
    public static void StartContainerHook_RunsBeforeTheProgram(Sandbox box)
    {
        var container = WithLog(box).Hook("startContainer", "echo hook >> /log/log").Args("sh", "-c", "echo program >> /log/log").Create();
        Check.Sequence([], Lines(box), "after create the list of what ran");
        container.Start().WaitStopped();
        Check.Sequence(["hook", "program"], Lines(box), "the list of what ran");
    }

    [Clause("config.hooks.poststart.when")]
    public static void PoststartHook_RunsAfterTheProgramWasExecuted(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Hook("poststart", $"pid=$(sed -n 's/.*\"pid\": *\\([0-9]*\\).*/\\1/p'); tr '\\0' ' ' < /proc/$pid/cmdline > {box.File("log")}").Create();
        Check.That(Lines(box).Length == 0, "it ran during create");
        container.Start();
        Check.That(Lines(box).Length == 1, "start returned before it ran");
        Check.Equal("/bin/probe signals TERM", Lines(box)[0].Trim(), "the command line of the container process at that time");
    }

    [Clause("config.hooks.poststop.when")]
    public static void PoststopHook_RunsAfterTheContainerIsGone(Sandbox box)
    {
        var container = box.NewContainer();
        string query = $"timeout 10 {box.Runtime.Path} --root {box.StateRoot} state {container.Id} >/dev/null 2>&1";
        container.Hook("poststop", $"if {query}; then echo there; else echo gone; fi > {box.File("log")}").Create().Start().WaitStopped();
        Check.Sequence([], Lines(box), "before delete the list of hooks that ran");
        container.Delete();
        Check.Sequence(["gone"], Lines(box), "whether the container was there while the hook ran");
    }
}
