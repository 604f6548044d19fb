using System.Globalization;
using System.Security;
using System.Text;

namespace OciRun.Bench;

/// <summary>The figures for the eye: one group of horizontal bars a phase, one bar a contender; the bar is the minimum, the thin line the median.</summary>
internal static class SvgChart
{
    private const int Width = 860, Left = 150, Right = 110, BarHeight = 18, BarGap = 4, GroupGap = 34, Top = 64;

    private static readonly (Phase Phase, string Title)[] s_groups =
    [
        (Phase.Run, "run of the default bundle"),
        (Phase.Sum, "create + start + delete"),
        (Phase.State, "state"),
        (Phase.Exec, "exec"),
        (Phase.SeccompWarm, "run with podman's seccomp profile, compiled before"),
        (Phase.SeccompCold, "run with podman's seccomp profile, first time"),
    ];

    private static readonly string[] s_colours = ["#2563eb", "#0f766e", "#5eada5", "#b45309", "#d9a066", "#6b7280"];

    public static string Write(Results results)
    {
        var groups = s_groups.Where(g => results.Contenders.Any(c => results.Find(c.Key, g.Phase) is not null)).ToArray();
        double longest = groups.SelectMany(g => results.Contenders.Select(c => results.Find(c.Key, g.Phase)?.Median ?? 0)).DefaultIfEmpty(1).Max();
        double scale = (Width - Left - Right) / longest;
        var body = new StringBuilder();
        int y = Top;
        foreach (var (phase, title) in groups)
        {
            body.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left}\" y=\"{y}\" class=\"group\">{title}</text>\n");
            y += 10;
            for (int i = 0; i < results.Contenders.Count; i++)
            {
                if (results.Find(results.Contenders[i].Key, phase) is not { } series)
                    continue;
                AppendBar(body, results.Contenders[i].Name, series, y, scale, s_colours[i % s_colours.Length]);
                y += BarHeight + BarGap;
            }
            y += GroupGap;
        }
        return string.Create(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{y}" viewBox="0 0 {Width} {y}" role="img" aria-label="Benchmark of container runtimes">
            <style>
            text {"{"} font: 13px sans-serif; fill: #1f2937; {"}"} .title {"{"} font-size: 17px; font-weight: bold; {"}"} .group {"{"} font-weight: bold; {"}"} .name {"{"} text-anchor: end; {"}"}
            @media (prefers-color-scheme: dark) {"{"} text {"{"} fill: #e5e7eb; {"}"} {"}"}
            </style>
            <text x="{Left}" y="26" class="title">Milliseconds, less is better: bar = minimum, line = median of {results.Rounds} rounds</text>
            {body}</svg>

            """);
    }

    private static void AppendBar(StringBuilder body, string name, Series series, int y, double scale, string colour)
    {
        var culture = CultureInfo.InvariantCulture;
        double bar = series.Minimum * scale, line = series.Median * scale;
        int middle = y + BarHeight / 2;
        body.Append(culture, $"<text x=\"{Left - 8}\" y=\"{y + 13}\" class=\"name\">{SecurityElement.Escape(name)}</text>");
        body.Append(culture, $"<rect x=\"{Left}\" y=\"{y}\" width=\"{bar:0.0}\" height=\"{BarHeight}\" fill=\"{colour}\"/>");
        body.Append(culture, $"<path d=\"M{Left + bar:0.0} {middle}H{Left + line:0.0}M{Left + line:0.0} {y + 4}v{BarHeight - 8}\" stroke=\"{colour}\" stroke-width=\"2\"/>");
        body.Append(culture, $"<text x=\"{Left + line + 8:0.0}\" y=\"{y + 13}\">{series.Minimum:0.00} ({series.Median:0.00})</text>\n");
    }
}
