using OciRun.Linux;
using OciRun.Runtime.Criu;

namespace OciRun.Runtime.Tests.Criu;

/// <summary>Requests and answers by the numbers of CRIU's rpc.proto.</summary>
public sealed class CriuMessageTests
{
    private static readonly SafeFd s_images = new(7, owns: false), s_work = new(8, owns: false);

    private static List<string> Options(CriuOptions options)
    {
        var request = new CriuRequest(CriuRequestType.Dump);
        request.AddCommon(options, s_images, s_work, "dump.log", hasCgroup: true);
        var outer = new ProtobufReader(request.Serialize());
        var found = new List<string>();
        while (outer.Next())
        {
            var inner = new ProtobufReader(outer.Field == 2 ? outer.Bytes : default);
            while (inner.Next())
            {
                found.Add(inner.Bytes.IsEmpty ? $"{inner.Field}={inner.Number}" : $"{inner.Field}=\"{System.Text.Encoding.UTF8.GetString(inner.Bytes)}\"");
            }
        }

        return found;
    }

    [Fact]
    public void AddCommon_NoOptions_SendsDirectoriesLogAndDefaults() =>
        Options(new CriuOptions("/i")).Should().BeEquivalentTo(
            "1=7", "17=8", "9=4", "10=\"dump.log\"", "12=1", "50=1", "4=0", "5=0", "7=0", "8=0", "16=0", "48=0", "52=0", "34=6");

    [Fact]
    public void AddCommon_AllOptions_SendsEach() =>
        Options(new CriuOptions("/i")
        {
            TcpEstablished = true,
            TcpClose = true,
            ExternalUnixSockets = true,
            ShellJob = true,
            FileLocks = true,
            AutoDedup = true,
            LazyPages = true,
            EmptyNetwork = true,
            ManageCgroups = "strict",
            NetworkLock = "nftables",
        }).Should().Contain(["4=1", "5=1", "7=1", "8=1", "16=1", "48=1", "52=1", "34=5", "38=1073741824", "64=2"]);

    [Theory]
    [InlineData("softly", null)]
    [InlineData(null, "ebtables")]
    public void AddCommon_UnknownWord_IsRefused(string? cgroups, string? network)
    {
        Action send = () => Options(new CriuOptions("/i") { ManageCgroups = cgroups, NetworkLock = network });
        send.Should().Throw<ContainerException>().Which.Code.Should().Be(ErrorCode.Usage);
    }

    [Fact]
    public void Serialize_FeatureCheck_AsksForBoth() =>
        Convert.ToHexString(new CriuRequest(CriuRequestType.FeatureCheck).Serialize()).Should().Be("08092A0408011001");

    [Fact]
    public void NotifyAnswer_Failure_SaysSo() => Convert.ToHexString(CriuRequest.NotifyAnswer(success: false)).Should().Be("08061800");

    [Fact]
    public void Parse_Notification_GivesScriptAndPid()
    {
        CriuResponse response = CriuResponse.Parse(Convert.FromHexString("080610012A110A0C706F73742D726573746F726510C801"));
        (response.Type, response.Success, response.Script, response.Pid).Should().Be((CriuRequestType.Notify, true, "post-restore", 200));
    }

    [Fact]
    public void Parse_Version_IsOneNumber() => CriuResponse.Parse(Convert.FromHexString("080A10015206080410022001")).Version.Should().Be(40201);

    [Fact]
    public void Parse_Failure_HasItsWords()
    {
        CriuResponse response = CriuResponse.Parse([0x08, 1, 0x10, 0, 0x4a, 3, (byte)'b', (byte)'a', (byte)'d']);
        (response.Success, response.Error).Should().Be((false, "bad"));
    }

    [Fact]
    public void LastError_OfALog_IsTheReasonAndNotThatItFailed() =>
        CriuImages.LastError("(00.1) Error (criu/a.c:1): first\n(00.2) Error (criu/b.c:2): the reason\n(00.3) fine\n(00.4) Error (criu/c.c:3): what came of it\n(00.5) Error (criu/cr-dump.c:1975): Dumping FAILED.\n(00.6) Error (criu/d.c:4): later\n"u8)
            .Should().Be("Error (criu/b.c:2): the reason; Error (criu/c.c:3): what came of it");

    [Fact]
    public void LastError_OfNothingElse_IsThatItFailed() => CriuImages.LastError("(00.4) Error (criu/x.c:9): Restoring FAILED."u8).Should().Be("Error (criu/x.c:9): Restoring FAILED.");
}
