namespace OciRun.Integration;

/// <summary>ocirun seccomp dump and explain (U7): what a profile does with a call, by the compiled filter; and that a container meets just that.</summary>
public sealed class SeccompVerbTests : IntegrationTest
{
    public SeccompVerbTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has seccomp");

    private static JsonObject Filter() => (JsonObject)JsonNode.Parse("""
        {
          "defaultAction": "SCMP_ACT_ALLOW",
          "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86"],
          "syscalls": [
            {"names": ["mkdir"], "action": "SCMP_ACT_ERRNO", "errnoRet": 61},
            {"names": ["personality"], "action": "SCMP_ACT_ERRNO", "args": [{"index": 0, "value": 8, "op": "SCMP_CMP_EQ"}]},
            {"names": ["chroot"], "action": "SCMP_ACT_KILL_PROCESS"}
          ]
        }
        """)!;

    [Fact]
    public void Explain_Call_IsWhatTheContainerGets()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter());
        container.RunProbe("mkdir", "/dev/shm/x", "+", "syscall", "135", "8", "+", "syscall", "135", "0")["mkdir /dev/shm/x"].Should().Be("ENODATA");
        Explain(container, "mkdir").Output.Should().Match("mkdir on x86_64 (83): SCMP_ACT_ERRNO (ENODATA)\n    by the rule: /linux/seccomp/syscalls/0 (config.json:*)\n*does the same\n");
        Explain(container, "135", "8").Output.Should().StartWith("personality(8) on x86_64 (135): SCMP_ACT_ERRNO (EPERM) where arg0 == 8\n");
        Explain(container, "personality", "0").Output.Should().StartWith("personality(0) on x86_64 (135): SCMP_ACT_ALLOW\n    no rule applies: /linux/seccomp/defaultAction");
        Explain(container, "personality").Output.Should().Contain("depends on its arguments\n  SCMP_ACT_ERRNO (EPERM) where arg0 == 8\n").And.Contain("  SCMP_ACT_ALLOW else\n");
        Explain(container, "--arch", "x86", "mkdir").Output.Should().StartWith("mkdir on x86 (39): SCMP_ACT_ERRNO (ENODATA)\n");
        Explain(container, "--arch", "SCMP_ARCH_AARCH64", "mkdirat").Output.Should().Contain("SCMP_ACT_KILL").And.Contain("not for this architecture");
    }

    [Fact]
    public void Explain_Json_HasPlaceAndLineOfTheRule()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter());
        var answer = JsonNode.Parse(Explain(container, "--format", "json", "personality", "-1").Output)!;
        ((string)answer["call"]!).Should().Be("personality");
        ((string)answer["arguments"]![0]!).Should().Be("0xffffffffffffffff");
        var outcome = answer["outcomes"]!.AsArray().Should().ContainSingle().Subject!;
        ((string)outcome["reason"]!).Should().Be("default");
        outcome = JsonNode.Parse(Explain(container, "--format", "json", "chroot").Output)!["outcomes"]![0]!;
        ((string)outcome["action"]!).Should().Be("SCMP_ACT_KILL_PROCESS");
        ((string)outcome["place"]!).Should().Be("/linux/seccomp/syscalls/2");
        string[] lines = File.ReadAllLines(Path.Combine(container.Bundle, "config.json"));
        lines[..(int)outcome["line"]!].Should().NotContain(line => line.Contains("chroot"), "the rule begins above its names");
    }

    [Fact]
    public void Dump_Architecture_IsTheProgramThatIsLoaded()
    {
        var container = NewContainer().Set("/linux/seccomp", Filter());
        string all = Verb(container, "dump").ShouldExit(0).Output;
        all.Should().Contain("instructions for x86_64, x86").And.Contain("; mkdir\n").And.Contain("; SCMP_ACT_ERRNO (ENODATA)\n");
        var one = JsonNode.Parse(Verb(container, "dump", "--arch", "x86", "--format", "json").ShouldExit(0).Output)!;
        int count = (int)one["instructionCount"]!;
        one["instructions"]!.AsArray().Count.Should().BeLessThan(count);
        all.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line[0] != '#').Should().BeLessThanOrEqualTo(count).And.BeGreaterThan(one["instructions"]!.AsArray().Count);
    }

    [Fact]
    public void Faults_AreNamed()
    {
        var container = NewContainer();
        Verb(container, "dump").ShouldExit(1).Error.Should().Contain("/linux/seccomp: is missing");
        container.Set("/linux/seccomp", Filter());
        Verb(container, "explain", "mkdirr").ShouldExit(1).Error.Should().Contain("knows no system call \"mkdirr\"");
        Verb(container, "explain", "mkdir", "x").ShouldExit(1).Error.Should().Contain("\"x\" is no argument");
        Verb(container, "explain", "--arch", "z80", "mkdir").ShouldExit(1).Error.Should().Contain("\"z80\" is no architecture");
        Verb(container, "dump", "--arch", "arm").ShouldExit(1).Error.Should().Contain("not for arm: it has x86_64, x86");
    }

    private CommandResult Explain(Container container, params string[] words) => Verb(container, "explain", words).ShouldExit(0);

    private CommandResult Verb(Container container, string verb, params string[] words)
    {
        File.WriteAllText(Path.Combine(container.Bundle, "config.json"), container.Config.ToJsonString(new() { WriteIndented = true })); // with lines to find
        return Sandbox.Runtime(["seccomp", verb, "--bundle", container.Bundle, .. words]).Run();
    }
}
