namespace OciRun.Integration;

/// <summary>--trace (U17): the times of all steps, in the form of Chrome's traces, as a part of the caller's trace.</summary>
public sealed class TraceTests : IntegrationTest
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = "b7ad6b7169203331";

    public TraceTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has --trace");

    [Fact]
    public void Run_HasTheStepsOfRuntimeAndStage()
    {
        var container = NewContainer().Set("/linux/seccomp", new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW" }).Probe("exit", "7");
        var trace = Traced(container, 7, "run");
        string[] names = [.. Spans(trace).Select(span => (string)span["name"]!)];
        names.Should().Contain(["ocirun run", "read config.json and judge it", "start the stage", "the program runs", "delete the container", "mount \"proc\" on \"/proc\"", "load the system call filter"]);
        var root = Spans(trace).Single(span => (string)span["name"]! == "ocirun run");
        double begin = (double)root["ts"]!, end = begin + (double)root["dur"]!;
        Math.Abs(begin / 1e6 - DateTimeOffset.UtcNow.ToUnixTimeSeconds()).Should().BeLessThan(60, "microseconds since the epoch");
        foreach (var span in Spans(trace))
        {
            ((double)span["ts"]!).Should().BeGreaterThanOrEqualTo(begin, (string)span["name"]!);
            ((double)span["dur"]!).Should().BeGreaterThanOrEqualTo(0, (string)span["name"]!);
            ((double)span["ts"]! + (double)span["dur"]!).Should().BeLessThanOrEqualTo(end + 1000, (string)span["name"]!);
        }
        Spans(trace).Where(span => (string)span["cat"]! == "stage").Select(span => (double)span["ts"]!).Should().BeInAscendingOrder("the stage does one step after the other");
        Spans(trace).Single(span => (string)span["name"]! == "load the system call filter")["args"]!["place"]!.ToString().Should().Be("/linux/seccomp");
    }

    [Fact]
    public void Run_InAUserNamespaceWithOffsetsOfTime_HasAllOfItsProcesses()
    {
        var container = NewContainer().UserNamespace().Add("/linux/namespaces", new JsonObject { ["type"] = "time" }).Set("/linux/timeOffsets", new JsonObject { ["monotonic"] = new JsonObject { ["secs"] = 1000 } }).Probe("exit", "0");
        var trace = Traced(container, 0, "run");
        Spans(trace).Where(span => (string)span["cat"]! == "stage").Select(span => (int)span["tid"]!).Distinct().Should().HaveCount(2, "the first process and the init");
        Spans(trace).Should().Contain(span => (string)span["name"]! == "answer the stage: Map");
        var root = Spans(trace)[0];
        Spans(trace).Should().OnlyContain(span => (double)span["ts"]! >= (double)root["ts"]!, "a time namespace does not move our clock");
    }

    [Fact]
    public void Hook_IsPartOfTheCallersTrace()
    {
        string seen = Path.Combine(Sandbox.Directory, "seen");
        var hook = (string line, params string[] env) => new JsonObject
        {
            ["path"] = "/bin/sh",
            ["args"] = new JsonArray("sh", "-c", line),
            ["env"] = new JsonArray([.. env]),
        };
        var container = NewContainer().Probe("exit", "0").Set("/hooks", new JsonObject
        {
            ["createRuntime"] = new JsonArray(hook($"echo $TRACEPARENT $X > {seen}", "X=y")),
            ["poststop"] = new JsonArray(hook($"echo $TRACEPARENT >> {seen}", "TRACEPARENT=mine")),
        });
        var trace = Traced(container, 0, "run");
        ((string)trace["otherData"]!["traceId"]!).Should().Be(Trace);
        ((string)trace["otherData"]!["parentSpanId"]!).Should().Be(Parent);
        string span = (string)Spans(trace).Single(one => ((string)one["name"]!).StartsWith("createRuntime hook", StringComparison.Ordinal))["args"]!["spanId"]!;
        File.ReadAllLines(seen).Should().Equal($"00-{Trace}-{span}-01 y", "mine");
    }

    [Fact]
    public void Hook_WithoutEnvironment_HasOurs()
    {
        string seen = Path.Combine(Sandbox.Directory, "seen");
        var hook = new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"echo $MARK $TRACEPARENT > {seen}") };
        var container = NewContainer().Probe("exit", "0").Set("/hooks", new JsonObject { ["createRuntime"] = new JsonArray(hook) });
        Traced(container, 0, "run");
        File.ReadAllText(seen).Should().StartWith($"of ours 00-{Trace}-").And.NotContain(Parent, "it is a part of us, not of our caller");
    }

    [Fact]
    public void File_IsNotForOthers_AndHoldsNoEnvironment()
    {
        var container = NewContainer().Probe("exit", "0").Set("/process/env", new JsonArray("PASSWORD=hunter2"));
        Traced(container, 0, "run").ToJsonString().Should().NotContain("hunter2");
        File.GetUnixFileMode(TraceOf(container)).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void Directory_LinkInThePlaceOfTheFile_IsNotFollowed()
    {
        string directory = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "traces")).FullName, victim = Path.Combine(Sandbox.Directory, "victim");
        File.WriteAllText(victim, "whole");
        // The shell becomes ocirun, so that its number is known before.
        string line = $"ln -s {victim} {directory}/ocirun-version-$$.json; exec {RuntimeUnderTest.Path} --trace {directory} version";
        Sandbox.Program("/bin/sh", "-c", line).Run().ShouldExit(0);
        File.ReadAllText(victim).Should().Be("whole");
        Directory.GetFiles(directory).Should().HaveCount(2).And.ContainSingle(file => file.EndsWith("-1.json", StringComparison.Ordinal));
    }

    [Fact]
    public void Verbs_OfOneContainer_EachHaveAFileInADirectory()
    {
        string directory = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "traces")).FullName;
        var container = NewContainer().Probe("signals", "TERM");
        container.Verb("run"); // writes config.json
        void Run(int code, params string[] words) => Sandbox.Runtime(["--root", container.StateRoot, "--trace", directory, .. words]).Run().ShouldExit(code);
        Run(0, "create", "--bundle", container.Bundle, container.Id);
        Run(0, "start", container.Id);
        Run(3, "exec", container.Id, "/bin/probe", "exit", "3");
        Run(0, "delete", "--force", container.Id);
        var traces = Directory.GetFiles(directory).ToDictionary(file => Path.GetFileName(file).Split('-')[1], file => JsonNode.Parse(File.ReadAllText(file))!);
        traces.Keys.Should().BeEquivalentTo("create", "start", "exec", "delete");
        Spans(traces["create"]).Should().Contain(span => (string)span["name"]! == "mount \"proc\" on \"/proc\"").And.NotContain(span => (string)span["name"]! == "wait for start");
        Spans(traces["exec"]).Should().Contain(span => (string)span["cat"]! == "stage").And.Contain(span => (string)span["name"]! == "the program runs");
        Spans(traces["delete"]).Should().Contain(span => (string)span["name"]! == "end the init");
    }

    [Fact]
    public void Failure_IsTracedToo()
    {
        var container = NewContainer().Set("/process/cwd", "nowhere");
        var trace = Traced(container, 1, "run");
        Spans(trace).Select(span => (string)span["name"]!).Should().Equal("ocirun run", "read config.json and judge it");
        Sandbox.Runtime(["--trace", "/nosuch/file", "version"]).Run().ShouldExit(1).Error.Should().Contain("cannot open --trace");
    }

    private string TraceOf(Container container) => Path.Combine(Sandbox.Directory, $"trace-{container.Id}.json");

    private JsonNode Traced(Container container, int code, string verb)
    {
        string file = TraceOf(container);
        container.Verb(verb); // writes config.json
        var command = Sandbox.Runtime(["--root", container.StateRoot, "--trace", file, verb, "--bundle", container.Bundle, container.Id]);
        command.Env("TRACEPARENT", $"00-{Trace}-{Parent}-01").Env("MARK", "of ours").Run().ShouldExit(code);
        return JsonNode.Parse(File.ReadAllText(file))!;
    }

    private static List<JsonNode> Spans(JsonNode trace) => [.. trace["traceEvents"]!.AsArray().Where(one => (string)one!["ph"]! == "X").Select(one => one!)];
}
