namespace OciRun.Integration;

/// <summary>Which descriptors the program has: 0-2, and others only on request (S27, C53, C54, X12).</summary>
public sealed class DescriptorTests : IntegrationTest
{
    private string Text(string name, string content)
    {
        string path = Path.Combine(Sandbox.Directory, name);
        File.WriteAllText(path, content);
        return path;
    }

    private static Command RunCommand(Container container, params string[] options) => container.Verb("run", ["--bundle", container.Bundle, .. options, container.Id]);

    [Fact]
    public void Descriptors_Default_AreThree()
    {
        NewContainer().Report().Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2]);
    }

    [Fact]
    public void Descriptors_CallerHasMore_TheyAreNotPassed()
    {
        var container = NewContainer().Probe("report");
        string file = Text("file", "x");
        RunCommand(container).Redirect($"3<'{file}' 7<'{file}' 9<'{file}'").Run().ShouldExit(0).Probe.Report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2]);
    }

    [Fact]
    public void Create_CallerClosedAllThree_NothingIsWrittenIntoTheState()
    {
        var container = NewContainer().Probe("sleep", "60");
        container.Create(container.Verb("create", "--bundle", container.Bundle, container.Id).Redirect("0<&- 1>&- 2>&-")).ShouldExit(0);
        container.Status.Should().Be("created");
    }

    [Fact]
    public void PreserveFds_TheFirstOnes_ArePassed()
    {
        var container = NewContainer().Probe("report");
        string three = Text("three", "x"), four = Text("four", "x"), five = Text("five", "x");
        var seen = RunCommand(container, "--preserve-fds", "2").Redirect($"3<'{three}' 4<'{four}' 5<'{five}'").Run().ShouldExit(0).Probe.Report.Descriptors;
        seen.Keys.Should().BeEquivalentTo([0, 1, 2, 3, 4]);
        seen[3].Should().EndWith("three");
        seen[4].Should().EndWith("four");
    }

    [ClaimFact("C53, C54: the sum of both numbers is checked, beyond 31 bits too")]
    public void ListenFdsAndPreserveFds_SumIsTooLarge_Fails()
    {
        var container = NewContainer().Probe("exit", "0");
        RunCommand(container, "--preserve-fds", "2147483647").ListenFds(1).Run().ShouldFailWith("2147483648 descriptors from 3 on");
    }

    [Fact]
    public void PreserveFds_NotOpen_Fails()
    {
        var container = NewContainer().Probe("report");
        var result = RunCommand(container, "--preserve-fds", "40").Run();
        result.ExitCode.Should().NotBe(0);
        result.Output.Should().BeEmpty();
    }

    [Fact]
    public void ListenFds_ArePassedWithTheirVariables()
    {
        var container = NewContainer().Probe("report");
        string three = Text("three", "x");
        var report = RunCommand(container).Redirect($"3<'{three}'").ListenFds(1, "web").Run().ShouldExit(0).Probe.Report;
        report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2, 3]);
        report.Env("LISTEN_FDS").Should().Be("1");
        report.Env("LISTEN_PID").Should().Be("1");
    }

    [Fact]
    public void ListenFds_OfAnotherProcess_AreIgnored()
    {
        var container = NewContainer().Probe("report");
        string three = Text("three", "x");
        var report = RunCommand(container).Redirect($"3<'{three}'").Env("LISTEN_FDS", "1").Env("LISTEN_PID", "1").Run().ShouldExit(0).Probe.Report;
        report.Descriptors.Keys.Should().BeEquivalentTo([0, 1, 2]);
        report.Env("LISTEN_FDS").Should().BeNull();
    }

    [Fact]
    public void ListenFdsAndPreserveFds_BothArePassed()
    {
        var container = NewContainer().Probe("report");
        string three = Text("three", "x"), four = Text("four", "x");
        var seen = RunCommand(container, "--preserve-fds", "1").Redirect($"3<'{three}' 4<'{four}'").ListenFds(1).Run().ShouldExit(0).Probe.Report.Descriptors;
        seen.Keys.Should().BeEquivalentTo([0, 1, 2, 3, 4]);
    }

    [ClaimTheory("STAGE.md, to settle early 4: a caller with closed streams; runc's own descriptors land there")]
    [InlineData("0<&-")]
    [InlineData("2>&-")]
    [InlineData("0<&- 2>&-")]
    public void Descriptors_CallerClosedAStream_NothingOfOursIsInItsPlace(string closed)
    {
        var container = NewContainer().Probe("report");
        var seen = RunCommand(container).Redirect(closed).Run().ShouldExit(0).Probe.Report.Descriptors;
        seen.Keys.Should().BeSubsetOf([0, 1, 2]);
        seen.Where(d => d.Key != 1).Should().OnlyContain(d => d.Value == "/dev/null" || d.Value.Contains("cmd.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(11)]
    public void Cwd_ThroughADescriptor_DoesNotLeaveTheRoot(int number)
    {
        // CVE-2024-21626: a leaked descriptor of a host directory as the working directory.
        var container = NewContainer().Set("/process/cwd", $"/proc/self/fd/{number}").Probe("report");
        var result = RunCommand(container).Redirect("5</ 7</ 8</sys/fs/cgroup").Run();
        if (result.ExitCode == 0)
            result.Probe.Report.Text("cwd").Should().StartWith("/").And.NotContain("unreachable");
        else
            result.Output.Should().BeEmpty();
    }
}
