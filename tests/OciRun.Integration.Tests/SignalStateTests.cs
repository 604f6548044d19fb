namespace OciRun.Integration;

/// <summary>Every disposition default and the mask empty at execve, whatever the caller or the runtime's language did (C64).</summary>
public sealed class SignalStateTests : IntegrationTest
{
    [Fact]
    public void Signals_Default_NothingIsBlockedIgnoredOrCaught()
    {
        var report = NewContainer().Report();
        report.Mask("SigBlk").Should().Be(0);
        report.Mask("SigIgn").Should().Be(0);
        report.Mask("SigCgt").Should().Be(0);
        report.Mask("SigPnd").Should().Be(0);
    }

    [ClaimTheory("C63, C64: a caller's ignored signals do not reach the program; runc hands them on")]
    [InlineData("HUP", 1)]
    [InlineData("INT", 2)]
    [InlineData("PIPE", 13)]
    [InlineData("TERM", 15)]
    public void Signals_CallerIgnores_ProgramHasTheDefault(string signal, int number)
    {
        var container = NewContainer().Probe("report");
        container.Verb("list");
        var result = Sandbox.Program("sh", "-c", $"trap '' {signal}; exec \"$0\" \"$@\"", RuntimeUnderTest.Path,
            "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(0);
        (result.Probe.Report.Mask("SigIgn") >> (number - 1) & 1).Should().Be(0);
    }

    [Fact]
    public void Signals_CallerIgnoresChild_RunStillKnowsTheStatus()
    {
        var container = NewContainer().Probe("exit", "42");
        container.Verb("list");
        Sandbox.Program("sh", "-c", "trap '' CHLD; exec \"$0\" \"$@\"", RuntimeUnderTest.Path,
            "--root", container.StateRoot, "run", "--bundle", container.Bundle, container.Id).Run().ShouldExit(42);
    }

    [Fact]
    public void Run_SignalToTheRuntime_ReachesTheProgram()
    {
        var container = NewContainer().Probe("signals", "TERM", "9");
        using var run = container.Verb("run", "--bundle", container.Bundle, container.Id).Start();
        Wait.Until(() => run.Output.Contains("ready", StringComparison.Ordinal), "the program is ready");
        foreach (string signal in new[] { "HUP", "USR1", "USR2", "INT" })
        {
            Sandbox.Program("sh", "-c", $"kill -{signal} {run.Pid}").Run().ShouldExit(0);
            Wait.Until(() => run.Output.Contains($"SIG{signal}: received", StringComparison.Ordinal), signal + " arrives");
        }
        Sandbox.Program("sh", "-c", $"kill -TERM {run.Pid}").Run().ShouldExit(0);
        run.Wait().ShouldExit(9);
    }

    [Fact]
    public void Created_Waiting_TermEndsIt()
    {
        var container = NewContainer().Probe("sleep", "60").Create();
        container.Kill("TERM").WaitStopped();
        container.Delete();
    }
}
