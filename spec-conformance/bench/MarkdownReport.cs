using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Bench;

/// <summary>The tables, as they stand in docs/benchmarks.md.</summary>
internal static class MarkdownReport
{
    private static readonly (Phase Phase, string Title)[] s_columns =
    [
        (Phase.Run, "run"), (Phase.Create, "create"), (Phase.Start, "start"), (Phase.Delete, "delete"), (Phase.Sum, "sum of the three"), (Phase.State, "state"), (Phase.Exec, "exec"),
        (Phase.Podman, "podman's, no profile"), (Phase.SeccompWarm, "with profile, again"), (Phase.SeccompCold, "with profile, first"),
    ];

    public static string Write(Results results)
    {
        var text = new StringBuilder();
        var culture = CultureInfo.InvariantCulture;
        text.Append(culture, $"Linux {Kernel()}, {Environment.ProcessorCount} processors ({RuntimeInformation.ProcessArchitecture}), {results.Rounds} interleaved rounds, {DateTime.UtcNow:yyyy-MM-dd}. ");
        text.Append("Milliseconds: minimum, then (median).\n\n");
        text.Append("| | ").AppendJoin(" | ", s_columns.Select(c => c.Title)).Append(" |\n|---|").AppendJoin('|', s_columns.Select(_ => "---:")).Append("|\n");
        foreach (var contender in results.Contenders)
        {
            text.Append(culture, $"| {contender.Name} | ");
            text.AppendJoin(" | ", s_columns.Select(c => results.Find(contender.Key, c.Phase) is { } s ? string.Create(culture, $"{s.Minimum:0.00} ({s.Median:0.00})") : "–")).Append(" |\n");
        }
        text.Append("\n| | run, × floor | memory of run | memory of create | memory while waiting | executable |\n|---|---:|---:|---:|---:|---:|\n");
        foreach (var contender in results.Contenders)
        {
            text.Append(culture, $"| {contender.Name} | {Times(results, contender)} | {Memory(results, contender, Phase.Run)} | {Memory(results, contender, Phase.Create)} | ");
            text.Append(culture, $"{Memory(results, contender, Phase.Waiting)} | {contender.Size / 1048576.0:0.0} MiB |\n");
        }
        AppendTargets(text, results);
        foreach (string remark in results.Remarks)
            text.Append(culture, $"\n- {remark}");
        return text.ToString().TrimEnd() + "\n";
    }

    private static void AppendTargets(StringBuilder text, Results results)
    {
        Target[] targets = [.. Target.All(results)];
        if (targets.Length == 0)
            return;
        text.Append("\n| target (of the minima) | is | at most | |\n|---|---:|---:|---|\n");
        foreach (var target in targets)
            text.Append(CultureInfo.InvariantCulture, $"| {target.What} | {target.Value:0.00} {target.Unit} | {target.Limit:0.00} {target.Unit} | {(target.Reached ? "PASS" : "FAIL")} |\n");
    }

    private static string Times(Results results, Contender contender) =>
        results.Find(contender.Key, Phase.Run) is { } own && results.Find("floor", Phase.Run) is { } floor
            ? string.Create(CultureInfo.InvariantCulture, $"{own.Minimum / floor.Minimum:0.0}") : "–";

    private static string Memory(Results results, Contender contender, Phase phase) =>
        results.Find(contender.Key, phase) is { PeakKib: > 0 } series ? string.Create(CultureInfo.InvariantCulture, $"{series.PeakKib / 1024.0:0.0} MiB") : "–";

    private static string Kernel() => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
}
