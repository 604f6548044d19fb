namespace OciRun.Integration;

/// <summary>events and ps (C27, C31, C97, U22): what go-runc and containerd's shim read.</summary>
public sealed class EventsTests : IntegrationTest
{
    public EventsTests() => Assert.SkipWhen(RuntimeUnderTest.IsCrun, "crun has no events");

    private static JsonObject Parse(string line) => JsonNode.Parse(line)!.AsObject();

    [Fact]
    public void Stats_Running_HasWhatTheCgroupSays()
    {
        Assert.SkipUnless(CgroupView.Has("memory") && CgroupView.Has("pids"), "this machine has no memory and pids controllers for us");
        var container = NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 64 << 20 })
            .Set("/linux/resources/pids", new JsonObject { ["limit"] = 17 }).Args("/bin/sh", "-c", "while :; do :; done").RunDetached();
        JsonObject Stats() => Parse(container.Verb("events", "--stats", container.Id).Run().ShouldExit(0).Output);
        // A kernel may count by its clock's ticks.
        Wait.Until(() => (ulong)Stats()["data"]!["cpu"]!["usage"]!["total"]! > 0, "time of a processor has been counted");
        var stats = Stats();
        ((string)stats["type"]!, (string)stats["id"]!).Should().Be(("stats", container.Id));
        var data = stats["data"]!;
        ((ulong)data["memory"]!["usage"]!["limit"]!).Should().Be(64 << 20);
        ((ulong)data["memory"]!["usage"]!["usage"]!).Should().BeGreaterThan(0);
        ((ulong)data["memory"]!["raw"]!["pgfault"]!).Should().BeGreaterThan(0);
        ((ulong)data["pids"]!["limit"]!, (ulong)data["pids"]!["current"]!).Should().Be((17, 1));
        data["cpu"]!["usage"]!["kernel"].Should().NotBeNull();
    }

    [Fact]
    public void Events_UntilTheContainerEnds_ComeOneALine()
    {
        var container = NewContainer().Args("/bin/sleep", "100").RunDetached();
        using var events = container.Verb("events", "--interval", "50ms", container.Id).Start();
        Wait.Until(() => events.Output.Split('\n').Length > 3, "three statistics have come");
        container.Kill("KILL");
        events.Wait().ShouldExit(0).Output.TrimEnd('\n').Split('\n').Should().AllSatisfy(line => ((string)Parse(line)["type"]!).Should().Be("stats"));
    }

    [Fact]
    public void Events_OutOfMemory_IsTold()
    {
        Assert.SkipUnless(CgroupView.Has("memory"), "this machine has no memory controller for us");
        var container = NewContainer().Set("/linux/resources/memory", new JsonObject { ["limit"] = 16 << 20 })
            .Args("/bin/sh", "-c", "while [ ! -e /dev/shm/go ]; do sleep 0.05; done; /bin/probe memory 64; sleep 100").RunDetached();
        using var events = container.Verb("events", "--interval", "50ms", container.Id).Start();
        Wait.Until(() => events.Output.Contains("stats", StringComparison.Ordinal), "it watches");
        File.WriteAllText($"/proc/{container.Pid}/root/dev/shm/go", "");
        Wait.Until(() => events.Output.Contains("""{"type":"oom","id":""", StringComparison.Ordinal), "the kill is told");
        container.Kill("KILL");
        events.Wait();
    }

    [Fact]
    public void Events_Signal_EndsIt()
    {
        var container = NewContainer().Args("/bin/sleep", "100").RunDetached();
        using var events = container.Verb("events", "--interval", "20ms", container.Id).Start();
        Wait.Until(() => events.Output.Length > 0, "it watches");
        Sandbox.Program("sh", "-c", $"kill -TERM {events.Pid}").Run().ShouldExit(0);
        events.Wait(TimeSpan.FromSeconds(30)).ExitCode.Should().NotBe(0);
    }

    [Fact]
    public void Events_Stopped_IsAnError()
    {
        var container = NewContainer().Args("/bin/true").RunDetached().WaitStopped();
        container.Verb("events", "--stats", container.Id).Run().ShouldFailWith("not running");
    }

    [Fact]
    public void Ps_Json_IsAnArrayOfPids()
    {
        var container = NewContainer().Args("/bin/sh", "-c", "sleep 100 & exec sleep 100").RunDetached();
        Wait.Until(() => JsonNode.Parse(container.Verb("ps", "--format", "json", container.Id).Run().ShouldExit(0).Output)!.AsArray().Count == 2, "both are there");
        JsonNode.Parse(container.Verb("ps", "--format", "json", container.Id).Run().Output)!.AsArray().Select(n => (int)n!).Should().Contain(container.Pid);
    }

    [Fact]
    public void Ps_Table_HasTheContainersProcessesOnly()
    {
        var container = NewContainer().Args("/bin/sleep", "98765").RunDetached();
        string[] lines = container.Verb("ps", container.Id).Run().ShouldExit(0).Output.TrimEnd('\n').Split('\n');
        lines.Should().HaveCount(2);
        lines[0].Should().Contain("PID");
        lines[1].Should().Contain("98765");
        container.Verb("ps", container.Id, "-o", "pid,args").Run().ShouldExit(0).Output.Should().Contain($"{container.Pid} /bin/sleep 98765");
        container.Verb("ps", container.Id, "-o", "args").Run().ShouldFailWith("PID");
    }
}
