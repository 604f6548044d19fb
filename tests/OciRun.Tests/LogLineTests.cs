using System.Text;
using System.Text.Json;
using OciRun.Cli;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Tests;

public sealed class LogLineTests
{
    private static readonly DateTime s_time = new(2026, 1, 2, 15, 4, 5, 678, DateTimeKind.Utc);

    private static readonly Failure s_failure = Failure.From(
        new ContainerException(ErrorCode.Mount, "mounts[3] (/a\"b): mount: invalid argument (EINVAL)") { Place = "/mounts/3", Call = "mount", Errno = Errno.EINVAL });

    [Fact]
    public void Error_Json_IsOneObjectWithRuncsKeysFirst() =>
        Encoding.UTF8.GetString(LogLine.Error(json: true, s_failure, ["first", "second"], s_time)).Should().Be(
            """{"level":"error","msg":"mounts[3] (/a\"b): mount: invalid argument (EINVAL)","time":"2026-01-02T15:04:05Z","code":"mount-failed","place":"/mounts/3","call":"mount","errno":"EINVAL","warnings":["first","second"]}"""
            + "\n");

    [Fact]
    public void Error_JsonWithoutDetails_LeavesTheKeysOut() =>
        Encoding.UTF8.GetString(LogLine.Error(json: true, Failure.From(new ContainerException(ErrorCode.ContainerMissing, "container does not exist")), [], s_time))
            .Should().Be("""{"level":"error","msg":"container does not exist","time":"2026-01-02T15:04:05Z","code":"container-missing"}""" + "\n");

    [Fact]
    public void Error_Text_IsLogfmtWithWarningsBefore() =>
        Encoding.UTF8.GetString(LogLine.Error(json: false, s_failure, ["first"], s_time)).Should().Be(
            """
            time="2026-01-02T15:04:05Z" level=warning msg="first"
            time="2026-01-02T15:04:05Z" level=error msg="mounts[3] (/a\"b): mount: invalid argument (EINVAL)" code=mount-failed place="/mounts/3" call=mount errno=EINVAL

            """);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Error_TextOfAContainer_CannotForgeALine(bool json)
    {
        var failure = new Failure(ErrorCode.Hook, "hook said: \n{\"level\":\"error\",\"msg\":\"forged\"}\n\x1b[2J");

        string line = Encoding.UTF8.GetString(LogLine.Error(json, failure, ["bad\nwarning"], s_time));

        line.TrimEnd('\n').Split('\n').Should().HaveCount(json ? 1 : 2);
        line.Where(c => c != '\n').Should().NotContain(c => char.IsControl(c));
    }

    [Fact]
    public void Error_JsonMessage_ReadsBackWithoutControlCharacters()
    {
        byte[] line = LogLine.Error(json: true, new Failure(ErrorCode.Hook, "a\nb\u202e"), [], s_time);

        JsonDocument.Parse(line).RootElement.GetProperty("msg").GetString().Should().Be("a\\nb\\u202e");
    }

    [Fact]
    public void Warning_Formats_AreThoseOfErrors()
    {
        Encoding.UTF8.GetString(LogLine.Warning(json: true, "w", s_time)).Should().Be("""{"level":"warning","msg":"w","time":"2026-01-02T15:04:05Z"}""" + "\n");
        Encoding.UTF8.GetString(LogLine.Warning(json: false, "w", s_time)).Should().Be("time=\"2026-01-02T15:04:05Z\" level=warning msg=\"w\"\n");
    }

    [Fact]
    public void Debug_Line_HasMicrosecondsAndProcess() =>
        Encoding.UTF8.GetString(LogLine.Debug("a\nb", s_time)).Should().Be($"2026-01-02T15:04:05.678000Z [{Environment.ProcessId}] a\\nb\n");

    [Fact]
    public void From_UnexpectedException_IsInternalAndNamesTheType() =>
        Failure.From(new InvalidOperationException("x")).Should().Be(new Failure(ErrorCode.Internal, "internal error: InvalidOperationException: x"));

    [Fact]
    public void From_FailureOfAStaticProperty_IsWhatFailed() =>
        Failure.From(new TypeInitializationException("Processes", new LinuxException("open", "\"/proc/self/uid_map\"", Errno.EMFILE))).Should()
            .Be(Failure.From(new LinuxException("open", "\"/proc/self/uid_map\"", Errno.EMFILE)));
}
