namespace OciRun.Integration;

/// <summary>`run` in the foreground: output, input and exit status (C22, C70).</summary>
public sealed class RunTests : IntegrationTest
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(42)]
    [InlineData(255)]
    public void Run_ProgramExits_StatusIsTheProgramsOwn(int status)
    {
        NewContainer().Probe("exit", $"{status}").Run().ShouldExit(status);
    }

    [Theory]
    [InlineData("KILL", 137)]
    [InlineData("TERM", 143)]
    public void Run_ProgramEndsBySignal_StatusIs128PlusSignal(string signal, int status)
    {
        // pid 1 is immune to what it does not handle: the signal comes from outside.
        var container = NewContainer().Probe("sleep", "60");
        using var run = container.Verb("run", "--bundle", container.Bundle, container.Id).Start();
        Wait.Until(() => container.TryState() is { ExitCode: 0 } s && s.Output.Contains("\"running\"", StringComparison.Ordinal), "the container runs");
        int pid = container.Pid;
        Sandbox.Program("sh", "-c", $"kill -{signal} {pid}").Run().ShouldExit(0);
        if (signal == "TERM")
        {
            run.HasExited.Should().BeFalse("TERM is ignored by a pid 1 without a handler");
            Sandbox.Program("sh", "-c", $"kill -KILL {pid}").Run().ShouldExit(0);
            status = 137;
        }
        run.Wait().ShouldExit(status);
    }

    [Fact]
    public void Run_StandardStreams_AreTheCallers()
    {
        var container = NewContainer().Args("sh", "-c", "cat; echo err >&2");
        var result = container.Verb("run", "--bundle", container.Bundle, container.Id).Input("some text\n").Run().ShouldExit(0);
        result.Output.Should().Be("some text\n");
        result.Error.Should().Be("err\n");
    }

    [Fact]
    public void Run_ProgramSeesItself_AsPidOneInItsOwnNamespaces()
    {
        var report = NewContainer().Report();
        report.Process("pid").Should().Be(1);
        report.Text("hostname").Should().Be("test");
        report.Text("cwd").Should().Be("/");
    }
}
