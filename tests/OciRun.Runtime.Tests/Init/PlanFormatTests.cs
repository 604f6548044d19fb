using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Tests.Init;

/// <summary>src/native/plan.h and its twin in C# say the same, number by number.</summary>
public sealed class PlanFormatTests
{
    private static readonly string s_header = File.ReadAllText(Path.Combine(RepositoryRoot(), "src/native/plan.h"));

    private static readonly Dictionary<string, string> s_spelledOut = new()
    {
        ["Setns"] = "SetNamespace",
        ["SetnsDeferred"] = "SetNamespaceDeferred",
        ["Setsid"] = "SetSid",
        ["Mknod"] = "MakeNode",
        ["Mkdir"] = "MakeDirectory",
        ["Sched"] = "Scheduler",
        ["Ioprio"] = "IoPriority",
        ["Mempolicy"] = "MemoryPolicy",
        ["Rlimit"] = "ResourceLimit",
        ["SetnsDefer"] = "SetNamespaceDefer",
        ["StepSkipMissing"] = "SkipMissing",
        ["StepOptional"] = "Optional",
        ["StepWarn"] = "Warn",
        ["Noexec"] = "NoExec",
        ["StepFallback"] = "Fallback",
    };

    [Theory]
    [InlineData("plan_op", "OP_", typeof(PlanOp))]
    [InlineData("plan_message_type", "MSG_", typeof(StageMessageType))]
    [InlineData("plan_fail", "FAIL_", typeof(StageFailure))]
    public void Enum_Numbers_AreTheSame(string name, string prefix, Type twin)
    {
        Dictionary<string, long> native = ReadEnum(name, prefix);
        native.Should().NotBeEmpty();
        var managed = Enum.GetNames(twin).ToDictionary(n => n, n => Convert.ToInt64(Enum.Parse(twin, n), CultureInfo.InvariantCulture));
        managed.Should().BeEquivalentTo(native);
    }

    [Fact]
    public void StepFlags_Numbers_AreTheSame()
    {
        var flags = Regex.Matches(s_header, @"^#define ((?:STEP|SETNS|BECOME|TREE|ROOTFS|ATTR|ATTACH|REMOUNT|PROC|PIVOT|CONSOLE|SYNC|HOOK|SECCOMP|LOOKUP|COPY_UP|KEYRING)_\w+)\s+(0x[0-9a-f]+)", RegexOptions.Multiline);
        flags.Should().NotBeEmpty();
        foreach (Match flag in flags)
        {
            string name = Pascal(flag.Groups[1].Value);
            Enum.TryParse(name, out StepFlags value).Should().BeTrue($"{flag.Groups[1].Value} has a twin");
            ((int)value).Should().Be(Convert.ToInt32(flag.Groups[2].Value, 16), name);
        }
    }

    [Fact]
    public void Write_EmptyArgument_IsNotTheEndOfTheList()
    {
        byte[] plan = PlanWriter.Write([new PlanStep(PlanOp.Exec) { S0 = new[] { "", "b" } }], [], control: 3, keepFirst: 3, keepCount: 0).ToArray();
        int data = BitConverter.ToInt32(plan, 12);
        int list = BitConverter.ToInt32(plan, PlanWriter.HeaderSize + 8);
        System.Text.Encoding.ASCII.GetString(plan, data + list, 6).Should().Be("+\0+b\0\0");
    }

    [Fact]
    public void Write_Header_HoldsSizesAndOffsetsWithinThePlan()
    {
        byte[] plan = PlanWriter.Write([new PlanStep(PlanOp.SetSid), new PlanStep(PlanOp.Hostname) { S0 = "h" }], [], control: 7, keepFirst: 3, keepCount: 2).ToArray();
        BitConverter.ToUInt32(plan, 0).Should().Be(0x324e4c50);
        BitConverter.ToInt32(plan, 4).Should().Be(plan.Length);
        BitConverter.ToInt32(plan, 8).Should().Be(2);
        BitConverter.ToInt32(plan, 12).Should().Be(PlanWriter.HeaderSize + (2 * PlanWriter.StepSize));
        BitConverter.ToInt32(plan, 20).Should().Be(7);
        BitConverter.ToInt32(plan, 28).Should().Be(2);
        BitConverter.ToInt32(plan, 32).Should().Be(-1, "nobody asks for times");
    }

    private static Dictionary<string, long> ReadEnum(string name, string prefix)
    {
        string body = Regex.Match(s_header, $@"enum {name} \{{(.*?)\n\}};", RegexOptions.Singleline).Groups[1].Value;
        body = Regex.Replace(body, @"/\*.*?\*/", "", RegexOptions.Singleline);
        var result = new Dictionary<string, long>();
        long next = 0;
        foreach (string item in body.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = item.Split('=', StringSplitOptions.TrimEntries);
            next = parts.Length == 2 ? long.Parse(parts[1], CultureInfo.InvariantCulture) : next;
            result[Pascal(parts[0][prefix.Length..])] = next++;
        }

        return result;
    }

    private static string Pascal(string name)
    {
        string pascal = string.Concat(name.Split('_').Select(part => part[..1].ToUpperInvariant() + part[1..].ToLowerInvariant()));
        return s_spelledOut.GetValueOrDefault(pascal, pascal);
    }

    private static string RepositoryRoot([CallerFilePath] string here = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../.."));
}
