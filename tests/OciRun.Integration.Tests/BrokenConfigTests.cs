using System.Text;

namespace OciRun.Integration;

/// <summary>Bad input (S1-S5, S13, S25, C71): each broken config ends create with status 1 and one clear line, and leaves nothing behind; the sandbox looks for that.</summary>
public sealed class BrokenConfigTests : IntegrationTest
{
    // A pointer, the JSON put there ("-": taken away), and what the error has to name. runc's words where it refuses the same thing.
    public static TheoryData<string, string, string> Values => new()
    {
        { "/root", "-", "root" },
        { "/root", "\"rootfs\"", "/root" },
        { "/root/path", "-", "/root/path" },
        { "/root/path", "\"\"", "/root/path" },
        { "/root/path", "\"nosuchdir\"", "nosuchdir" },
        { "/root/path", "\"config.json\"", "config.json" },
        { "/root/readonly", "\"yes\"", "/root/readonly" },
        { "/process/args", "[]", "/process/args" },
        { "/process/args", "\"sh\"", "/process/args" },
        { "/process/args", "[\"\"]", "exec" },
        { "/process/args", "[\"/bin/nosuchprogram\"]", "/bin/nosuchprogram" },
        { "/process/args", "[\"sh\\u0000x\"]", "/process/args/0" },
        { "/process/cwd", "-", "/process/cwd" },
        { "/process/cwd", "\"bin\"", "/process/cwd" },
        { "/process/cwd", "\"/bin/probe\"", "/bin/probe" },
        { "/process/env", "[\"NOEQUALS\"]", "/process/env/0" },
        { "/process/user/uid", "-1", "/process/user/uid" },
        { "/process/user/uid", "4294967295", "/process/user/uid" },
        { "/process/user/uid", "\"root\"", "/process/user/uid" },
        { "/process/rlimits/0/type", "\"RLIMIT_NOSUCH\"", "RLIMIT_NOSUCH" },
        { "/process/rlimits/0/soft", "4096", "/process/rlimits/0" },
        { "/process/oomScoreAdj", "1001", "/process/oomScoreAdj" },
        { "/process/apparmorProfile", "\"no-such-profile\"", "/process/apparmorProfile" },
        { "/mounts/0", "{\"type\": \"proc\"}", "/mounts/0/destination" },
        { "/mounts/0", "{\"destination\": \"/tmp\", \"type\": \"bind\", \"source\": \"/etc\"}", "\"bind\"" },
        { "/mounts/3", "{\"destination\": \"/mnt\", \"source\": \"/nosuchsource\", \"options\": [\"bind\"]}", "/nosuchsource" },
        { "/mounts/3", "{\"destination\": \"/dev/shm\", \"type\": \"tmpfs\", \"source\": \"shm\", \"options\": [\"nosuchoption\"]}", "nosuchoption" },
        { "/mounts/3", "{\"destination\": \"/dev/shm\", \"type\": \"nosuchfs\", \"source\": \"shm\"}", "nosuchfs" },
        { "/mounts/3", "{\"destination\": \"/proc/self\", \"type\": \"tmpfs\", \"source\": \"tmpfs\"}", "/proc" },
        { "/mounts/3/options", "{}", "/mounts/3/options" },
        { "/hostname", "\"a-name-that-is-longer-than-the-sixty-four-bytes-that-the-kernel-allows\"", "/hostname" },
        { "/hooks", "{\"createRuntime\": [{\"path\": \"bin/true\"}]}", "/hooks/createRuntime/0/path" },
        { "/hooks", "{\"createRuntime\": [{\"path\": \"/nosuchhook\"}]}", "/nosuchhook" },
        { "/hooks", "{\"createContainer\": [{\"path\": \"/nosuchhook\"}]}", "/nosuchhook" },
        { "/hooks", "{\"prestart\": [{\"path\": \"/bin/true\", \"timeout\": 0}]}", "/hooks/prestart/0/timeout" },
        { "/annotations", "{\"a\": 1}", "/annotations/a" },
        { "/linux/namespaces/0/type", "\"nosuch\"", "nosuch" },
        { "/linux/namespaces/0", "{\"type\": \"mount\"}", "mount" },
        { "/linux/namespaces/0", "{\"type\": \"pid\", \"path\": \"/nosuch/ns\"}", "/nosuch/ns" },
        { "/linux/namespaces/0", "{\"type\": \"pid\", \"path\": \"/etc/passwd\"}", "/etc/passwd" },
        { "/linux/namespaces/0", "{\"type\": \"user\"}", "/linux/uidMappings" },
        { "/linux/devices", "[{\"path\": \"/dev/x\", \"type\": \"q\", \"major\": 1, \"minor\": 3}]", "/linux/devices/0/type" },
        { "/linux/resources/pids", "{\"limit\": \"many\"}", "/linux/resources/pids/limit" },
        { "/linux/resources/memory", "{\"limit\": 67108864, \"swap\": 1048576}", "/linux/resources/memory/swap" },
        { "/linux/resources/cpu", "{\"cpus\": \"0-zero\"}", "/linux/resources/cpu/cpus" },
        { "/linux/resources/cpu", "{\"cpus\": \"4000\"}", "cpu" },
        { "/linux/resources/unified", "{\"../cgroup.procs\": \"1\"}", "cgroup.procs" },
        { "/linux/sysctl", "{\"kernel.panic\": \"1\"}", "kernel.panic" },
        { "/linux/sysctl", "{\"net.ipv4.nosuchparameter\": \"1\"}", "nosuchparameter" },
        { "/linux/rootfsPropagation", "\"none\"", "/linux/rootfsPropagation" },
        { "/linux/seccomp", "{\"defaultAction\": \"SCMP_ACT_NOSUCH\"}", "SCMP_ACT_NOSUCH" },
    };

    [Theory]
    [MemberData(nameof(Values))]
    public void Create_BrokenValue_OneClearLineAndNothingLeft(string pointer, string value, string named)
    {
        var container = NewContainer();
        if (value == "-")
            container.Remove(pointer);
        else
            container.Set(pointer, JsonNode.Parse(value));
        ShouldBeOneClearLine(container.TryCreate(), named);
    }

    public static TheoryData<string, string, string> ValuesThatOthersTake => new()
    {
        { "/linux/timeOffsets", "{\"monotonic\": {\"secs\": 1}}", "time" },
        { "/ociVersion", "-", "ociVersion" },
        { "/ociVersion", "\"one\"", "ociVersion" },
        { "/ociVersion", "\"2.0.0\"", "ociVersion" },
        { "/process/user/umask", "1000", "/process/user/umask" },
        { "/mounts/3", "{\"destination\": \"/mnt\", \"source\": \"/etc\", \"options\": [\"bind\", \"size=1m\"]}", "size=1m" },
        { "/annotations", "{\"\": \"x\"}", "/annotations" },
        { "/linux/uidMappings", "[{\"containerID\": 0, \"hostID\": 0, \"size\": 1}]", "user" },
        { "/linux/devices", "[{\"path\": \"/bin/probe\", \"type\": \"c\", \"major\": 1, \"minor\": 3}]", "/bin/probe" },
        { "/linux/resources/devices/0/access", "\"xyz\"", "xyz" },
        { "/linux/cgroupsPath", "\"/a/../../b\"", "cgroupsPath" },
        { "/linux/maskedPaths", "[\"proc/kcore\"]", "/linux/maskedPaths/0" },
        { "/linux/seccomp", "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [], \"action\": \"SCMP_ACT_ERRNO\"}]}", "/linux/seccomp/syscalls/0/names" },
        { "/linux/personality", "{\"domain\": \"DOS\"}", "DOS" },
    };

    [ClaimTheory("S4, S5, S93, S131, S140, S194: the specification wants an error, and runc 1.1 takes the value")]
    [MemberData(nameof(ValuesThatOthersTake))]
    public void Create_ValueThatOthersTake_OneClearLineAndNothingLeft(string pointer, string value, string named) =>
        Create_BrokenValue_OneClearLineAndNothingLeft(pointer, value, named);

    public static TheoryData<string, string> Texts => new()
    {
        { "", "config.json" },
        { "{", "config.json" },
        { "[]", "config.json" },
        { "null", "config.json" },
        { "{\"ociVersion\": \"1.0.2\",}", "line 1" },
        { "{\"ociVersion\": \"1.0.2\"} trailing", "config.json" },
        { "{\"ociVersion\": \"1.0.2\", \"ociVersion\": \"1.0.2\"}", "ociVersion" },
        { "{\"ociVersion\": \"\xff\"}", "config.json" },
    };

    [ClaimTheory("S2: texts that are no JSON object with single names; runc takes the last of two")]
    [MemberData(nameof(Texts))]
    public void Create_BrokenText_OneClearLineAndNothingLeft(string text, string named)
    {
        var container = NewContainer();
        var command = container.Verb("create", "--bundle", container.Bundle, container.Id);
        File.WriteAllBytes(Path.Combine(container.Bundle, "config.json"), Encoding.Latin1.GetBytes(text));
        ShouldBeOneClearLine(container.Create(command), named);
    }

    [Fact]
    public void Create_ConfigIsADirectory_NamesIt()
    {
        var container = NewContainer();
        var command = container.Verb("create", "--bundle", container.Bundle, container.Id);
        File.Delete(Path.Combine(container.Bundle, "config.json"));
        Directory.CreateDirectory(Path.Combine(container.Bundle, "config.json"));
        ShouldBeOneClearLine(container.Create(command), "config.json");
    }

    [Fact]
    public void Create_BundleMissing_NamesIt()
    {
        var container = NewContainer();
        ShouldBeOneClearLine(container.Create(container.Verb("create", "--bundle", "/nosuchbundle", container.Id)), "/nosuchbundle");
    }

    // Where runc prints more than one line (its log with levels), only the words are compared.
    private static void ShouldBeOneClearLine(CommandResult result, string named)
    {
        result.ShouldExit(1).Output.Should().BeEmpty();
        if (!RuntimeUnderTest.IsOurs)
        {
            result.Error.Should().NotBeEmpty();
            return;
        }
        result.Error.TrimEnd('\n').Should().NotContain("\n").And.NotContain("Exception").And.NotContain("   at ").And.Contain(named);
    }
}
