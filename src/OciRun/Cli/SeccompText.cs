using System.Globalization;
using System.Text;
using OciRun.Runtime.Lifecycle;
using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What the verbs of seccomp print.</summary>
internal static class SeccompText
{
    /// <summary>The column that remarks begin in.</summary>
    private const int RemarkColumn = 36;

    internal static byte[] Lines(SeccompListing listing)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"# {listing.InstructionCount} instructions for {string.Join(", ", listing.Architectures)}");
        text.Append(listing.Flags.Count == 0 ? "" : "; " + string.Join(", ", listing.Flags)).Append('\n');
        if (listing.UnknownSyscalls.Count > 0)
        {
            text.Append("# unknown to libseccomp, and so left out: ").Append(Printable.Escape(string.Join(' ', listing.UnknownSyscalls))).Append('\n');
        }
        foreach (var line in listing.Lines)
        {
            string code = string.Create(CultureInfo.InvariantCulture, $"{line.Index,4}: {line.Text}");
            text.Append(line.Remark.Length == 0 ? code : code.PadRight(RemarkColumn) + "; " + line.Remark).Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static ReadOnlySpan<byte> Json(SeccompListing listing)
    {
        var json = new JsonText(indented: true);
        json.StartObject();
        Strings(json, "architectures", listing.Architectures);
        Strings(json, "flags", listing.Flags);
        Strings(json, "unknownSyscalls", listing.UnknownSyscalls);
        json.Property("instructionCount", listing.InstructionCount);
        json.StartArray("instructions");
        foreach (var line in listing.Lines)
        {
            json.StartObject();
            json.Property("index", line.Index);
            json.Property("code", line.Code);
            json.Property("jt", line.IfTrue);
            json.Property("jf", line.IfFalse);
            json.Property("k", line.Operand);
            json.Property("text", line.Text);
            if (line.Remark.Length > 0)
            {
                json.Property("remark", line.Remark);
            }
            json.EndObject();
        }
        json.EndArray();
        json.EndObject();
        json.EndLine();
        return json.Written;
    }

    internal static byte[] Lines(SeccompAnswer answer)
    {
        var text = new StringBuilder();
        string call = answer.Call ?? "a call without a name";
        string given = answer.Arguments.Length == 0 ? "" : "(" + string.Join(", ", Array.ConvertAll(answer.Arguments, Number)) + ")";
        text.Append(CultureInfo.InvariantCulture, $"{call}{given} on {answer.Architecture} ({answer.Number}): ");
        if (answer.Outcomes.Count > 1)
        {
            text.Append("depends on its arguments\n");
        }
        foreach (var outcome in answer.Outcomes)
        {
            text.Append(answer.Outcomes.Count > 1 ? "  " : "").Append(outcome.Action).Append(outcome.Errno is { } errno ? $" ({errno})" : "");
            text.Append(Conditions(outcome, answer.Outcomes.Count > 1)).Append('\n');
            text.Append(CultureInfo.InvariantCulture, $"    {Why(outcome)}: {outcome.Place} (config.json:{outcome.Line})\n");
        }
        if (answer.Flags.Contains("SECCOMP_FILTER_FLAG_LOG"))
        {
            text.Append("    all but SCMP_ACT_ALLOW is also told to the kernel's log: SECCOMP_FILTER_FLAG_LOG\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"    the compiled filter, {answer.InstructionCount} instructions, does the same\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    internal static ReadOnlySpan<byte> Json(SeccompAnswer answer)
    {
        var json = new JsonText(indented: true);
        json.StartObject();
        if (answer.Call is { } call)
        {
            json.Property("call", call);
        }
        json.Property("number", answer.Number);
        json.Property("architecture", answer.Architecture);
        Strings(json, "arguments", Array.ConvertAll(answer.Arguments, Number));
        Strings(json, "flags", answer.Flags);
        json.Property("instructionCount", answer.InstructionCount);
        json.StartArray("outcomes");
        foreach (var outcome in answer.Outcomes)
        {
            json.StartObject();
            json.Property("action", outcome.Action);
            if (outcome.Errno is { } errno)
            {
                json.Property("errno", errno);
            }
            json.Property("reason", Word(outcome.Reason));
            json.Property("place", outcome.Place);
            json.Property("line", outcome.Line);
            if (outcome.Conditions.Count > 0)
            {
                Strings(json, outcome.AnyHolds ? "anyOf" : "allOf", outcome.Conditions);
            }
            json.EndObject();
        }
        json.EndArray();
        json.EndObject();
        json.EndLine();
        return json.Written;
    }

    /// <summary>A reason as a word of the JSON.</summary>
    internal static string Word(SeccompReason reason) => reason switch
    {
        SeccompReason.Rule => "rule",
        SeccompReason.Newer => "newer",
        SeccompReason.Architecture => "architecture",
        SeccompReason.Unknown => "unknown",
        _ => "default",
    };

    /// <summary>Small numbers as they are, else hexadecimal.</summary>
    internal static string Number(ulong? value) => value is null ? "_" : value < 10 ? $"{value}" : $"0x{value:x}";

    private static string Conditions(SeccompOutcome outcome, bool isOneOfMany) => outcome.Conditions.Count > 0
        ? " where " + string.Join(outcome.AnyHolds ? " or " : " and ", outcome.Conditions)
        : isOneOfMany ? " else" : "";

    private static string Why(SeccompOutcome outcome) => outcome.Reason switch
    {
        SeccompReason.Rule => "by the rule",
        SeccompReason.Newer => "newer than every call that the profile names, and so as on a kernel that does not have it; the default would be",
        SeccompReason.Architecture => "the profile is not for this architecture, and so its thread ends",
        _ => "no rule applies",
    };

    private static void Strings(JsonText json, string name, IReadOnlyList<string> items)
    {
        json.StartArray(name);
        foreach (string item in items)
        {
            json.Item(item);
        }
        json.EndArray();
    }
}
