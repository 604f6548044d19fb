using System.Diagnostics;
using OciRun.Runtime.Security;

namespace OciRun.Runtime.Tests.Security;

/// <summary>A process that a profile ends has ended, whatever it does about SIGSYS and whatever /proc says of it.</summary>
public sealed class SeccompCallerTests : IDisposable
{
    private const int Killed = 128 + 9, EndedBySigsys = 128 + 31;

    private readonly List<Process> _processes = [];

    [Fact]
    public void End_Program_IsOfSigsys()
    {
        var process = Start("exec sleep 60");
        using var caller = SeccompCaller.Read(process.Id);
        caller.TakesSigsys.Should().BeTrue();
        caller.End().Should().BeFalse();
        caller.Ensure().Should().BeFalse();
        Status(process).Should().Be(EndedBySigsys);
    }

    [Fact]
    public void End_ProgramThatIgnoresSigsys_IsOfSigkill()
    {
        var process = Start("trap '' SYS; echo; exec sleep 60");
        using var caller = SeccompCaller.Read(process.Id);
        caller.TakesSigsys.Should().BeFalse();
        caller.End().Should().BeTrue();
        Status(process).Should().Be(Killed);
    }

    [Fact]
    public void Ensure_ProgramThatIgnoresSigsysSinceItWasRead_EndsIt()
    {
        var process = Start("trap '' SYS; echo; exec sleep 60");
        using var caller = SeccompCaller.Read(process.Id) with { TakesSigsys = true };
        caller.End().Should().BeFalse();
        caller.Ensure().Should().BeTrue();
        Status(process).Should().Be(Killed);
    }

    [Fact]
    public void End_SignalThatHasNoThread_IsOfSigkill()
    {
        var process = Start("exec sleep 60");
        using var caller = SeccompCaller.Read(process.Id) with { Thread = Environment.ProcessId };
        caller.End().Should().BeTrue();
        Status(process).Should().Be(Killed);
    }

    [Fact]
    public void End_ProcessThatProcHides_IsOfSigkill()
    {
        var process = Start("exec sleep 60");
        using var caller = new SeccompCaller(process.Id, process.Id, null, "?", TakesSigsys: false);
        caller.End().Should().BeTrue();
        Status(process).Should().Be(Killed);
    }

    public void Dispose() => _processes.ForEach(static process =>
    {
        process.Kill();
        process.Dispose();
    });

    /// <summary>A shell that has done what stands before its exec.</summary>
    private Process Start(string script)
    {
        var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", script.Contains("echo") ? script : "echo; " + script]) { RedirectStandardOutput = true })!;
        _processes.Add(process);
        process.StandardOutput.ReadLine();
        return process;
    }

    private static int Status(Process process)
    {
        process.WaitForExit(5000).Should().BeTrue("it was ended");
        return process.ExitCode;
    }
}
