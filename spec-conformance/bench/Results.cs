namespace OciRun.Bench;

/// <summary>Everything that was measured.</summary>
internal sealed class Results
{
    private readonly Dictionary<(string Key, Phase Phase), Series> _series = [];

    public Results(IReadOnlyList<Contender> contenders, int rounds)
    {
        Contenders = contenders;
        Rounds = rounds;
    }

    public IReadOnlyList<Contender> Contenders { get; }

    public int Rounds { get; }

    /// <summary>What could not be measured, and why.</summary>
    public List<string> Remarks { get; } = [];

    public Series For(Contender contender, Phase phase)
    {
        if (!_series.TryGetValue((contender.Key, phase), out var series))
            _series[(contender.Key, phase)] = series = new Series();
        return series;
    }

    /// <summary>The series, or null when nothing was measured.</summary>
    public Series? Find(string? key, Phase phase) =>
        key is not null && _series.TryGetValue((key, phase), out var series) && series.Count > 0 ? series : null;

    /// <summary>The newest build of a runtime that took part: that of sid before the distribution's.</summary>
    public string? Newest(string name) => Contenders.Select(c => c.Key).FirstOrDefault(k => k == name + "-sid") ?? Contenders.Select(c => c.Key).FirstOrDefault(k => k == name);
}
