namespace OciRun.Conformance.Documents.Runtime;

/// <summary>runtime.md, State and Query State.</summary>
internal static class StateTests
{
    [Clause("runtime.state.ociVersion")]
    public static void OciVersion_IsAVersion(Sandbox box)
    {
        string? version = (string?)box.NewContainer().Create().State()["ociVersion"];
        Check.That(version is not null && version.Split('-', '+')[0].Split('.') is { Length: 3 } numbers && numbers.All(n => int.TryParse(n, out _)), $"ociVersion is {version}, no semantic version");
    }

    [Clause("runtime.state.id")]
    public static void Id_IsTheContainers(Sandbox box)
    {
        var container = box.NewContainer().Create();
        Check.Equal(container.Id, (string?)container.State()["id"], "id");
    }

    [Clause("runtime.state.status", "runtime.state.status.created", "runtime.state.status.values")]
    public static void Status_AfterCreate_IsCreated(Sandbox box) => Check.Equal("created", box.NewContainer().Create().Status, "status");

    [Clause("runtime.state.status.creating")]
    [Reading("the hooks are steps 3 to 5, so `created` (after step 2) can be meant as well")]
    public static void Status_ForHooksDuringCreate_IsCreating(Sandbox box)
    {
        string file = box.File("state.json");
        box.NewContainer().Hook("createRuntime", $"cat > {file}").Create();
        Check.Equal("creating", (string?)JsonNode.Parse(File.ReadAllText(file))!["status"], "status in the state for a createRuntime hook");
    }

    [Clause("runtime.state.status.running")]
    public static void Status_WhileTheProgramRuns_IsRunning(Sandbox box) =>
        Check.Equal("running", box.NewContainer().Waiting().Create().Start().WaitFor("ready").Status, "status");

    [Clause("runtime.state.status.stopped")]
    public static void Status_AfterTheProgram_IsStopped(Sandbox box) => box.NewContainer().Create().Start().WaitStopped();

    [Clause("runtime.state.status.additional")]
    public static void Status_OfAnOrdinaryLife_HasNoOtherValues(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Create();
        string[] seen = [container.Status, container.Start().WaitFor("ready").Status, container.KillAndWait().Status];
        Check.Sequence(["created", "running", "stopped"], seen, "the list of values");
    }

    [Clause("runtime.state.pid")]
    public static void Pid_CreatedAndRunning_IsTheContainerProcess(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Create();
        int created = container.Pid;
        Check.That(Host.Namespace("mnt", created) != Host.Namespace("mnt"), $"pid {created} is in the host's mount namespace");
        Check.Equal(created, container.Start().WaitFor("ready").Pid, "pid after start");
        Check.That(container.Proc("cmdline").StartsWith("/bin/probe\0", StringComparison.Ordinal), $"pid {created} is not the program");
    }

    [Row("runtime.state.pid.runtimeHooks", "prestart")]
    [Row("runtime.state.pid.runtimeHooks", "createRuntime")]
    [Row("runtime.state.pid.runtimeHooks", "poststart")]
    public static void Pid_ForHooksOfTheRuntimeNamespace_IsTheHosts(Sandbox box, string kind)
    {
        string file = box.File("state.json");
        var container = box.NewContainer().Hook(kind, $"cat > {file}").Waiting().Create();
        int pid = container.Pid;
        container.Start();
        Check.Equal(pid, (int?)JsonNode.Parse(File.ReadAllText(file))!["pid"], $"pid in the state for a {kind} hook");
    }

    [Row("runtime.state.pid.containerHooks", "createContainer")]
    [Row("runtime.state.pid.containerHooks", "startContainer")]
    public static void Pid_ForHooksOfTheContainerNamespace_IsTheContainers(Sandbox box, string kind)
    {
        var container = box.NewContainer().Mount("/log", box.Directory, "none", "bind").Waiting();
        container.Hook(kind, $"cat > {(kind == "startContainer" ? "/log" : box.Directory)}/state.json").Create().Start().WaitFor("ready");
        Check.Equal(1, (int?)JsonNode.Parse(File.ReadAllText(box.File("state.json")))!["pid"], $"pid in the state for a {kind} hook");
    }

    [Clause("runtime.state.bundle")]
    public static void Bundle_GivenRelative_IsAbsolute(Sandbox box)
    {
        var container = box.NewContainer();
        container.WriteConfig();
        box.Call("create", "--bundle", "./" + container.Id, container.Id).ShouldSucceed();
        Check.Equal(container.Bundle, (string?)container.State()["bundle"], "bundle");
    }

    [Clause("runtime.state.annotations")]
    public static void Annotations_AreThoseOfTheConfig(Sandbox box)
    {
        var container = box.NewContainer().Set("/annotations", new JsonObject { ["com.example.a"] = "one", ["com.example.empty"] = "" }).Create();
        var annotations = container.State()["annotations"];
        Check.Equal("one", (string?)annotations?["com.example.a"], "the annotation com.example.a");
        Check.Equal("", (string?)annotations?["com.example.empty"], "the annotation com.example.empty");
    }

    [Clause("runtime.state.annotations.none")]
    public static void Annotations_WhenThereAreNone_AreAbsentOrEmpty(Sandbox box)
    {
        var state = box.NewContainer().Create().State();
        Check.That(!state.TryGetPropertyValue("annotations", out var annotations) || annotations is JsonObject { Count: 0 }, $"annotations is {annotations?.ToJsonString() ?? "null"}");
    }

    [Clause("runtime.state.schema")]
    public static void State_HasTheTypesOfTheSchema(Sandbox box)
    {
        var state = box.NewContainer().Set("/annotations", new JsonObject { ["a.b"] = "c" }).Create().State();
        foreach (string name in new[] { "ociVersion", "id", "status", "bundle" })
            Check.That(state[name]?.GetValueKind() == System.Text.Json.JsonValueKind.String, $"{name} is no string");
        Check.That(state["pid"]?.GetValueKind() == System.Text.Json.JsonValueKind.Number && (long)state["pid"]! >= 0, "pid is no natural number");
        Check.That(state["annotations"] is null or JsonObject, "annotations is no object");
        Check.That(state["annotations"] is not JsonObject map || map.All(p => p.Value?.GetValueKind() == System.Text.Json.JsonValueKind.String), "an annotation is no string");
    }

    [Clause("runtime.state.op.noId")]
    public static void State_WithoutId_IsAnError(Sandbox box) => box.Call("state").ShouldFail("no id was given");

    [Clause("runtime.state.op.missing")]
    public static void State_OfNoContainer_IsAnError(Sandbox box) => box.Call("state", box.Token + "-none").ShouldFail("there is no such container");

    [Clause("runtime.state.op.state")]
    public static void State_HasEveryRequiredProperty(Sandbox box)
    {
        var state = box.NewContainer().Create().State();
        foreach (string name in new[] { "ociVersion", "id", "status", "pid", "bundle" })
            Check.That(state[name] is not null, $"the state has no {name}");
    }
}
