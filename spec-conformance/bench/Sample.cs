namespace OciRun.Bench;

/// <summary>One measurement.</summary>
/// <param name="Milliseconds">Wall time from before the spawn to after the wait.</param>
/// <param name="PeakKib">Largest resident set of the process and of its children that it waited for.</param>
/// <param name="Status">Exit status; 128 + n for signal n.</param>
internal readonly record struct Sample(double Milliseconds, long PeakKib, int Status);
