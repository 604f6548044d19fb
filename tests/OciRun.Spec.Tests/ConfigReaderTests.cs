using System.Text;

namespace OciRun.Spec.Tests;

/// <summary>Reading: what is accepted, and that every fault is named with its place.</summary>
public sealed class ConfigReaderTests
{
    [Fact]
    public void Read_WithByteOrderMark_Reads()
    {
        ConfigReader.Read([0xEF, 0xBB, 0xBF, .. "{\"ociVersion\":\"1.0.0\"}"u8]).OciVersion.Should().Be("1.0.0");
    }

    [Fact]
    public void ReadForExec_Config_LeavesOutWhatOnlyCreateNeeds()
    {
        var config = ConfigReader.ReadForExec("""
            {"mounts":[{"destination":5}],"hooks":{"prestart":7},"process":{"cwd":"/x"},"annotations":{"a":"b"},"ociVersion":"1.0.2",
             "linux":{"resources":{"devices":[0]},"devices":[1],"namespaces":[{"type":"pid"}],"seccomp":{"defaultAction":"SCMP_ACT_ALLOW"},"uidMappings":[]}}
            """u8);
        config.Mounts.Should().BeNull();
        config.Hooks.Should().BeNull();
        config.Linux!.Resources.Should().BeNull();
        config.Linux.Devices.Should().BeNull();
        config.Process!.Cwd.Should().Be("/x");
        config.Annotations.Should().Contain("a", "b");
        config.OciVersion.Should().Be("1.0.2");
        config.Linux.Namespaces.Should().ContainSingle();
        config.Linux.Seccomp.Should().NotBeNull();
        config.Linux.UidMappings.Should().BeEmpty();
    }

    [Fact]
    public void ReadForExec_NoConfig_IsAFault()
    {
        var act = () => ConfigReader.ReadForExec("{\"process\":5}"u8);
        act.Should().Throw<InvalidConfigException>();
    }

    [Theory]
    [InlineData("{\"unknown\":{\"a\":[1,{}],\"a\":null},\"windows\":{\"x\":1},\"hostname\":\"h\"}")]
    [InlineData("{\"Hostname\":5,\"hostname\":\"h\"}")]
    [InlineData("{\"hostname\":\"h\",\"process\":null,\"mounts\":null}")]
    [InlineData("{\"hostname\":\"h\",\"process\":{\"noNewPrivileges\":null,\"args\":[\"/dev/null\", \" null \"]}}")]
    public void Read_WithUnknownOrAbsent_Ignores(string json) => Read(json).Hostname.Should().Be("h");

    [Theory]
    [InlineData("", "", "json-syntax", "the document is empty", 1, 1)]
    [InlineData("  \n", "", "json-syntax", "the document is empty", 2, 1)]
    [InlineData("{]", "", "json-syntax", "unexpected \"]\"", 1, 2)]
    [InlineData("{\"hostname\": \"a\",\n}", "", "json-syntax", "no comma after the last entry", 2, 1)]
    [InlineData("{\"hostname\": \"a\"\n\"domainname\": 1}", "", "json-syntax", "a comma is missing before it", 2, 1)]
    [InlineData("{// x\n}", "", "json-syntax", "no comments", 1, 2)]
    [InlineData("{'a':1}", "", "json-syntax", "double quotes", 1, 2)]
    [InlineData("{\"hostname\": \"a\nb\"}", "/hostname", "json-syntax", "cannot hold a line break", 1, 16)]
    [InlineData("{\"process\": {\"args\": [\"a\"", "/process/args", "json-syntax", "ends too early", 1, 26)]
    [InlineData("{} x", "", "json-syntax", "the end of the document", 1, 4)]
    [InlineData("{}{}", "", "json-syntax", "the end of the document", 1, 3)]
    [InlineData("null", "", "unexpected-null", "expected an object, got null", 1, 1)]
    [InlineData("[]", "", "wrong-type", "expected an object, got an array", 1, 1)]
    [InlineData("{\"hostname\":5}", "/hostname", "wrong-type", "expected a string, got 5: write it in quotes", 1, 13)]
    [InlineData("{\"process\":{\"user\":{\"uid\":\"0\"}}}", "/process/user/uid", "wrong-type", "expected an unsigned 32-bit integer, got \"0\": write it without quotes", 1, 27)]
    [InlineData("{\"process\":{\"user\":{\"uid\":-1}}}", "/process/user/uid", "out-of-range", "(0 to 4294967295), got -1", 1, 27)]
    [InlineData("{\"process\":{\"user\":{\"uid\":4294967296}}}", "/process/user/uid", "out-of-range", "got 4294967296", 1, 27)]
    [InlineData("{\"process\":{\"user\":{\"uid\":1.0}}}", "/process/user/uid", "wrong-type", "without fraction", 1, 27)]
    [InlineData("{\"process\":{\"user\":{\"uid\":null}}}", "/process/user/uid", "unexpected-null", "got null", 1, 27)]
    [InlineData("{\"process\":{\"args\":[\"a\", null]}}", "/process/args/1", "unexpected-null", "expected a string, got null", 1, 26)]
    [InlineData("{\"process\":{\"args\":\"sh\"}}", "/process/args", "wrong-type", "expected an array, got \"sh\": write it in brackets", 1, 20)]
    [InlineData("{\"linux\":{\"sysctl\":{\"a/b~c\":null}}}", "/linux/sysctl/a~1b~0c", "unexpected-null", "got null", 1, 29)]
    [InlineData("{\"process\":{\"rlimits\":[{\"type\":\"RLIMIT_CPU\",\"soft\":1}]}}", "/process/rlimits/0/hard", "missing", "is missing: expected an unsigned 64-bit integer", 1, 24)]
    [InlineData("{\"hostname\":\"a\",\"hostname\":\"b\"}", "/hostname", "duplicate-name", "appears twice", 1, 17)]
    [InlineData("{\"annotations\":{\"k\":\"a\",\n\"k\":\"b\"}}", "/annotations/k", "duplicate-name", "appears twice", 2, 1)]
    [InlineData("{\"hostname\":\"\\ud800\"}", "/hostname", "json-encoding", "surrogate", 1, 13)]
    [InlineData("{\"linux\":{\"resources\":{\"blockIO\":{\"weight\":70000}}}}", "/linux/resources/blockIO/weight", "out-of-range", "0 to 65535", 1, 44)]
    [InlineData("{\"linux\":{\"resources\":{\"memory\":{\"limit\":9223372036854775808}}}}", "/linux/resources/memory/limit", "out-of-range", "64-bit", 1, 42)]
    public void Read_WithFault_NamesPlaceAndFault(string json, string path, string code, string message, int line, int column)
    {
        var findings = Faults(json);
        findings.Should().ContainSingle();
        findings[0].Path.Should().Be(path);
        findings[0].Code.Should().Be(code);
        findings[0].Message.Should().Contain(message);
        (findings[0].Line, findings[0].Column).Should().Be((line, column));
        findings[0].Level.Should().Be(FindingLevel.Must);
        findings[0].Clause.Should().MatchRegex("^(config|config-linux|bundle)\\.md#[a-z0-9-]+$");
    }

    [Fact]
    public void Read_WithManyFaults_NamesAll()
    {
        var findings = Faults("""
            {
                "process": { "cwd": 1, "user": { "uid": "0", "gid": [] }, "args": [ true, "é", {} ] },
                "mounts": {},
                "hostname": "x"
                "linux"
            }
            """);
        findings.Select(f => f.Path).Should().Equal("/process/cwd", "/process/user/uid", "/process/user/gid", "/process/args/0", "/process/args/2", "/mounts", "");
        findings[4].Column.Should().Be(84, "columns count characters");
        findings[^1].Line.Should().Be(5);
    }

    [Fact]
    public void Read_WithInvalidUtf8_NamesTheByte()
    {
        var findings = Faults([.. "{\n\"hostname\":\"é"u8, 0xFF, .. "\"}"u8]);
        findings.Should().ContainSingle().Which.Should().BeEquivalentTo(new { Code = "json-encoding", Line = 2, Column = 14 });
    }

    [Fact]
    public void Read_WithThousandFaults_StopsCollecting()
    {
        string json = "{\"process\":{\"args\":[" + string.Join(',', Enumerable.Repeat("1", 100_000)) + "]}}";
        Faults(json).Should().HaveCount(200);
    }

    [Fact]
    public void Read_WithDeepNesting_Refuses()
    {
        Faults("{\"unknown\":" + new string('[', 100) + new string(']', 100) + "}").Should().ContainSingle().Which.Message.Should().Contain("nested too deeply");
    }

    [Fact]
    public void Read_WithForeignControlCharacters_QuotesThem()
    {
        var exception = Record.Exception(() => Read("{\"process\":{\"terminal\":\"a\\nb\u202e\"}}")).Should().BeOfType<InvalidConfigException>().Subject;
        exception.Message.Should().NotContainAny("\n", "\u202e").And.Contain("/process/terminal (line 1, column 24): expected true or false");
    }

    [Fact]
    public void Inspect_WithUnknownProperty_SuggestsTheNearest()
    {
        var findings = ConfigReader.Inspect("{\"Hostname\":\"a\",\"process\":{\"agrs\":[]},\"linux\":{\"namespace\":[]},\"quite-other\":1}"u8);
        findings.Select(f => (f.Path, f.Suggestion, f.Level)).Should().Equal(
            ("/Hostname", "hostname", FindingLevel.Should),
            ("/process/agrs", "args", FindingLevel.Should),
            ("/linux/namespace", "namespaces", FindingLevel.Should),
            ("/quite-other", null, FindingLevel.Should));
    }

    [Theory]
    [InlineData("", 1, 1)]
    [InlineData("/a", 2, 6)]
    [InlineData("/a/1", 3, 5)]
    [InlineData("/a/1/x~1y~0z", 3, 15)]
    [InlineData("/a/7/b", 2, 6)]
    [InlineData("/b/missing", 4, 15)]
    [InlineData("/nothing", 1, 1)]
    public void Locate_Pointer_GivesTheValueOrTheNearestAround(string pointer, int line, int column)
    {
        string json = "{\n\"a\": [\"é\",\n    {\"x/y~z\": 1}],\n\"é\": {}, \"b\": {}}";
        ConfigReader.Locate(Encoding.UTF8.GetBytes(json), pointer).Should().Be((line, column));
    }

    private static RuntimeConfig Read(string json) => ConfigReader.Read(Encoding.UTF8.GetBytes(json));

    private static IReadOnlyList<Finding> Faults(string json) => Faults(Encoding.UTF8.GetBytes(json));

    private static IReadOnlyList<Finding> Faults(byte[] json) =>
        Record.Exception(() => ConfigReader.Read(json)).Should().BeOfType<InvalidConfigException>().Subject.Findings;
}
