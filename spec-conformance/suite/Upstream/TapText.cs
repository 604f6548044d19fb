using System.Globalization;

namespace OciRun.Conformance.Upstream;

/// <summary>What a program printed as TAP, counted. Diagnostics, YAML blocks and whatever else stands between are passed over, as TAP wants it.</summary>
internal sealed class TapText
{
    private bool _isInBlock;

    private TapText() { }

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    /// <summary>Points that were promised by "1..N", by all such lines together where the program prints one document after the other; null without such a line.</summary>
    public int? Planned { get; private set; }

    /// <summary>After "1..0 # skip": why the whole program is skipped. Without a word: that it makes no claim.</summary>
    public string? SkipReason { get; private set; }

    /// <summary>The first <c>error:</c> of a YAML block: all that a program says of its failure that makes no claim.</summary>
    public string? FirstError { get; private set; }

    /// <summary>The first point that failed, or "Bail out!" with its reason.</summary>
    public string? FirstFailure { get; private set; }

    public static TapText Read(string output)
    {
        var text = new TapText();
        foreach (string line in output.Split('\n'))
            text.Add(line.TrimEnd('\r'));
        return text;
    }

    private void Add(string line)
    {
        if (line.TrimStart() is "---" or "...")
            _isInBlock = line.TrimStart() == "---";
        else if (_isInBlock && line.TrimStart().StartsWith("error:", StringComparison.Ordinal))
            FirstError ??= line.TrimStart();
        else if (line.StartsWith("Bail out!", StringComparison.Ordinal))
            Fail(line);
        else if (line.StartsWith("1..", StringComparison.Ordinal))
            AddPlan(line);
        else if (IsPoint(line, "not ok"))
            AddNotOk(line);
        else if (IsPoint(line, "ok") && Directive(line).StartsWith("skip", StringComparison.OrdinalIgnoreCase))
            Skipped++;
        else if (IsPoint(line, "ok"))
            Passed++;
    }

    // "not ok # TODO" is expected, and no failure.
    private void AddNotOk(string line)
    {
        if (Directive(line).StartsWith("todo", StringComparison.OrdinalIgnoreCase) || Directive(line).StartsWith("skip", StringComparison.OrdinalIgnoreCase))
            Skipped++;
        else
            Fail(line);
    }

    private void AddPlan(string line)
    {
        if (int.TryParse(line[3..].Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int planned))
            Planned = (Planned ?? 0) + planned;
        string directive = Directive(line);
        if (Planned == 0)
            SkipReason = directive.StartsWith("skip", StringComparison.OrdinalIgnoreCase) ? directive[4..].TrimStart('p', 'e', 'd', ':', ' ') : "it makes no claim (1..0)";
    }

    private void Fail(string line)
    {
        Failed++;
        FirstFailure ??= line;
    }

    private static bool IsPoint(string line, string word) => line.StartsWith(word, StringComparison.Ordinal) && (line.Length == word.Length || line[word.Length] == ' ');

    private static string Directive(string line) => line.IndexOf('#', StringComparison.Ordinal) is >= 0 and var at ? line[(at + 1)..].Trim() : "";
}
