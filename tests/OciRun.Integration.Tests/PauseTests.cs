namespace OciRun.Integration;

/// <summary>pause and resume (C29), and what other verbs say of a paused container.</summary>
public sealed class PauseTests : IntegrationTest
{
    private const string Counter = "i=0; while :; do i=$((i+1)); echo $i >/dev/shm/count; done";

    private Container Running() => NewContainer().Args("/bin/sh", "-c", Counter).RunDetached();

    private static string Count(Container container) => File.ReadAllText($"/proc/{container.Pid}/root/dev/shm/count");

    [Fact]
    public void Pause_Running_StandsStillUntilResume()
    {
        var container = Running();
        Wait.Until(() => File.Exists($"/proc/{container.Pid}/root/dev/shm/count"), "it counts");
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        container.Status.Should().Be("paused");
        string before = Count(container);
        Thread.Sleep(100);
        Count(container).Should().Be(before);
        container.Verb("resume", container.Id).Run().ShouldExit(0);
        container.Status.Should().Be("running");
        Wait.Until(() => Count(container) != before, "it counts again");
    }

    [Fact]
    public void Pause_Paused_IsAnError()
    {
        var container = Running();
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        container.Verb("pause", container.Id).Run().ShouldFailWith("not running");
        container.Verb("resume", container.Id).Run().ShouldExit(0);
        container.Verb("resume", container.Id).Run().ShouldFailWith("not paused");
    }

    [ClaimFact("a resume that resumes nothing says so, and which cgroup it is; runc says nothing")]
    public void Resume_CgroupAboveIsFrozen_NamesIt()
    {
        var container = NewContainer();
        string name = container.Id + "-above";
        container.Set("/linux/cgroupsPath", $"/{name}/{container.Id}").Args("/bin/sleep", "100").RunDetached();
        string above = CgroupView.PathOf("freezer", name);
        (string file, string frozen, string thawed) = CgroupView.IsUnified ? ("cgroup.freeze", "1", "0") : ("freezer.state", "FROZEN", "THAWED");
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        File.WriteAllText(Path.Combine(above, file), frozen);
        try
        {
            container.Verb("resume", container.Id).Run().ShouldFailWith(above + " above it is: thaw that one");
            container.Status.Should().Be("paused");
        }
        finally
        {
            File.WriteAllText(Path.Combine(above, file), thawed);
        }

        Wait.Until(() => container.Status == "running", "its own cgroup is thawed already");
    }

    [Fact]
    public void Pause_Stopped_IsAnError()
    {
        var container = NewContainer().Args("/bin/true").RunDetached().WaitStopped();
        container.Verb("pause", container.Id).Run().ShouldFailWith("not running");
        container.Verb("resume", container.Id).Run().ShouldFailWith("not paused");
    }

    [Fact]
    public void Pause_Created_StartWaitsForNobody()
    {
        var container = NewContainer().Args("/bin/sleep", "100").Create();
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        container.Status.Should().Be("paused");
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the others hang here");
        container.TryStart().ShouldFailWith("paused");
        container.Verb("resume", container.Id).Run().ShouldExit(0);
        container.Status.Should().Be("created");
        container.Start().Status.Should().Be("running");
    }

    [Theory]
    [InlineData("kill", "KILL")]
    [InlineData("delete", "--force")]
    public void Pause_Paused_CanStillBeEnded(string verb, string word)
    {
        var container = Running();
        container.Verb("pause", container.Id).Run().ShouldExit(0);
        container.Verb(verb, verb == "kill" ? [container.Id, word] : [word, container.Id]).Run().ShouldExit(0);
        if (verb == "kill")
            container.WaitStopped();
        else
            container.TryState().ShouldFailWith("does not exist");
    }
}
