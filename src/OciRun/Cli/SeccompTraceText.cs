using System.Globalization;
using System.Text;
using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>What --seccomp-trace says.</summary>
internal static class SeccompTraceText
{
    /// <summary>A row for all calls that are alike, and what would allow each.</summary>
    internal static byte[] Table(IReadOnlyList<SeccompRefusal> refusals)
    {
        if (refusals.Count == 0)
        {
            return "seccomp: no call was refused\n"u8.ToArray();
        }
        var rows = new string[refusals.Count + 1][];
        rows[0] = ["COUNT", "CALL", "ANSWER", "PROGRAM", "PID", "RULE", "ARGUMENTS"];
        var remedies = new StringBuilder();
        for (int i = 0; i < refusals.Count; i++)
        {
            var one = refusals[i];
            string call = one.Call ?? "(no name)";
            rows[i + 1] =
            [
                one.Count.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{call} ({one.Number}) on {one.Architecture}{(one.IsRest ? " and others" : "")}"), one.Errno ?? one.Action,
                Printable.Escape(one.Program), one.Pid.ToString(CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{one.Place} (config.json:{one.Line})"), Arguments(one),
            ];
            remedies.Append(one.IsRest ? "the last row is for all calls that have none of their own; the first of them, " : "").Append(call)
                .Append(one.Reason == SeccompReason.Unknown ? ": " : " would be allowed by ").Append(Printable.Escape(one.Remedy)).Append('\n');
            if (one.EndedBySigkill)
            {
                remedies.Append(call).Append(": SIGKILL has ended its process, which SIGSYS from outside would not\n");
            }
        }
        return [.. "seccomp: refused\n"u8, .. TextTable.Of(rows), .. Encoding.UTF8.GetBytes(remedies.ToString())];
    }

    /// <summary>An array.</summary>
    internal static byte[] Json(IReadOnlyList<SeccompRefusal> refusals)
    {
        var json = new JsonText(indented: true);
        json.StartArray();
        foreach (var one in refusals)
        {
            json.StartObject();
            if (one.Call is { } call)
            {
                json.Property("call", call);
            }
            json.Property("number", one.Number);
            json.Property("architecture", one.Architecture);
            json.Property("count", one.Count);
            json.StartArray("arguments");
            foreach (ulong argument in one.Arguments)
            {
                json.Item(SeccompText.Number(argument)); // 64 bits are more than many readers of JSON have
            }
            json.EndArray();
            json.Property("action", one.Action);
            if (one.Errno is { } errno)
            {
                json.Property("errno", errno);
            }
            json.Property("reason", SeccompText.Word(one.Reason));
            json.Property("place", one.Place);
            json.Property("line", one.Line);
            json.Property("program", one.Program);
            json.Property("pid", one.Pid);
            json.Property("remedy", one.Remedy);
            if (one.EndedBySigkill)
            {
                json.Property("endedBySigkill", true);
            }
            if (one.IsRest)
            {
                json.Property("rest", true);
            }
            json.EndObject();
        }
        json.EndArray();
        json.EndLine();
        return json.Written.ToArray();
    }

    private static string Arguments(SeccompRefusal one) => string.Join(", ", Array.ConvertAll(one.Arguments, static argument => SeccompText.Number(argument)));
}
