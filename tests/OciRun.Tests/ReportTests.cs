using System.Text;
using System.Text.Json;
using OciRun.Cli;
using OciRun.Runtime;

namespace OciRun.Tests;

public sealed class ReportTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-report").FullName;
    private readonly MemoryStream _standardError = new();

    private string Log => Path.Join(_directory, "log");

    private string DebugLog => Path.Join(_directory, "debug");

    private string StandardError => Encoding.UTF8.GetString(_standardError.ToArray());

    private Report Open(GlobalSettings settings) => Report.Open(settings, _standardError.Write);

    [Fact]
    public void Fail_WithJsonLog_WritesOneObjectAndOnePlainLine()
    {
        using (var report = Open(new GlobalSettings { Log = Log, JsonLog = true }))
        {
            report.Diagnostics.Warn("first");
            report.Diagnostics.Warn("second");
            report.Fail(new ContainerException(ErrorCode.Mount, "cannot mount"));
        }

        StandardError.Should().Be("cannot mount\n");
        var log = JsonDocument.Parse(File.ReadAllText(Log)).RootElement;
        log.GetProperty("msg").GetString().Should().Be("cannot mount");
        log.GetProperty("warnings").EnumerateArray().Select(warning => warning.GetString()).Should().Equal("first", "second");
    }

    [Fact]
    public void Fail_WithoutLog_WritesOnlyTheError()
    {
        using var report = Open(new GlobalSettings());
        report.Diagnostics.Warn("permission denied");

        report.Fail(new ContainerException(ErrorCode.Mount, "cannot mount"));

        StandardError.Should().Be("cannot mount\n");
    }

    [Fact]
    public void Fail_JsonFormatWithoutLog_WritesTheObjectToStandardError()
    {
        using var report = Open(new GlobalSettings { JsonLog = true });

        report.Fail(new ContainerException(ErrorCode.Mount, "cannot mount"));

        JsonDocument.Parse(StandardError).RootElement.GetProperty("code").GetString().Should().Be("mount-failed");
    }

    [Fact]
    public void Fail_LogExists_IsAppended()
    {
        File.WriteAllText(Log, "before\n");

        using (var report = Open(new GlobalSettings { Log = Log }))
        {
            report.Fail(new ContainerException(ErrorCode.Mount, "cannot mount"));
        }

        File.ReadAllLines(Log).Should().HaveCount(2).And.HaveElementAt(0, "before");
    }

    [Fact]
    public void Open_NewLog_HasMode0644()
    {
        using (Open(new GlobalSettings { Log = Log }))
        {
            File.GetUnixFileMode(Log).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        }
    }

    [Fact]
    public void Open_LogCannotBeOpened_Throws()
    {
        var opening = () => Open(new GlobalSettings { Log = Path.Join(_directory, "missing/log") });

        opening.Should().Throw<ContainerException>().WithMessage("cannot open --log: *missing/log*(ENOENT)");
    }

    [Fact]
    public void Fail_DiskFull_StillTellsTheErrorOnStandardError()
    {
        using var report = Open(new GlobalSettings { Log = "/dev/full", JsonLog = true });

        report.Fail(new ContainerException(ErrorCode.Mount, "cannot mount"));

        StandardError.Should().StartWith("cannot mount; cannot write the log either: ").And.Contain("ENOSPC");
    }

    [Theory]
    [InlineData(false, "warning: w\n")]
    [InlineData(true, "")]
    public void Succeed_WithoutLog_WarnsOnStandardErrorUnlessTheVerbIsQuiet(bool quiet, string expected)
    {
        using var report = Open(new GlobalSettings());
        report.Diagnostics.Warn("w");

        report.Succeed(quiet);

        StandardError.Should().Be(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Succeed_WithLog_WarnsThereOnly(bool quiet)
    {
        using (var report = Open(new GlobalSettings { Log = Log, JsonLog = true }))
        {
            report.Diagnostics.Warn("w");
            report.Succeed(quiet);
        }

        StandardError.Should().BeEmpty();
        JsonDocument.Parse(File.ReadAllText(Log)).RootElement.GetProperty("level").GetString().Should().Be("warning");
    }

    [Fact]
    public void Succeed_NoWarnings_LeavesBothEmpty()
    {
        using (var report = Open(new GlobalSettings { Log = Log, JsonLog = true }))
        {
            report.Succeed(quiet: false);
        }

        StandardError.Should().BeEmpty();
        File.ReadAllText(Log).Should().BeEmpty();
    }

    [Fact]
    public void Succeed_LogLevelError_DropsWarnings()
    {
        using var report = Open(new GlobalSettings { LogWarnings = false });
        report.Diagnostics.Warn("w");

        report.Succeed(quiet: false);

        StandardError.Should().BeEmpty();
    }

    [Fact]
    public void Debug_WithDebugLog_IsWrittenAtOnceAndNeverToTheLog()
    {
        using var report = Open(new GlobalSettings { Log = Log, JsonLog = true, Debug = true, DebugLog = DebugLog });

        report.Diagnostics.Debug("step one");

        File.ReadAllText(DebugLog).Should().EndWith("] step one\n");
        File.ReadAllText(Log).Should().BeEmpty();
        StandardError.Should().BeEmpty();
    }

    [Fact]
    public void Debug_WithoutAnyFile_GoesToStandardError()
    {
        using var report = Open(new GlobalSettings { Debug = true });

        report.Diagnostics.Debug("step one");

        StandardError.Should().EndWith("] step one\n");
    }

    [Fact]
    public void Debug_WithLogButNoDebugLog_IsNotMade()
    {
        using var report = Open(new GlobalSettings { Log = Log, Debug = true });

        report.Diagnostics.DebugEnabled.Should().BeFalse("standard error of create belongs to the container, and the log to the one error");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Fail_UnexpectedException_ShowsTheStackOnlyInDebug(bool debug)
    {
        using var report = Open(new GlobalSettings { Debug = debug });
        try
        {
            throw new InvalidOperationException("broken");
        }
        catch (InvalidOperationException exception)
        {
            report.Fail(exception);
        }

        StandardError.Contains("   at ", StringComparison.Ordinal).Should().Be(debug);
        StandardError.Should().EndWith("internal error: InvalidOperationException: broken\n");
    }

    public void Dispose()
    {
        Directory.Delete(_directory, recursive: true);
        _standardError.Dispose();
    }
}
