namespace OciRun.Bench;

/// <summary>All measurements of one contender in one phase.</summary>
internal sealed class Series
{
    private readonly List<double> _times = [];
    private readonly List<long> _peaks = [];

    public int Count => _times.Count;

    public double Minimum => _times.Min();

    public double Median => MedianOf(_times);

    public long PeakKib => (long)MedianOf([.. _peaks.Select(p => (double)p)]);

    public void Add(Sample sample)
    {
        _times.Add(sample.Milliseconds);
        _peaks.Add(sample.PeakKib);
    }

    private static double MedianOf(List<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
