namespace OciRun.Conformance.Running;

/// <summary>What a test demands.</summary>
internal static class Check
{
    /// <summary>The test fails with the text when the condition does not hold.</summary>
    public static void That(bool condition, string otherwise)
    {
        if (!condition)
            throw new ClauseViolatedException(otherwise);
    }

    /// <summary>The test fails when the two differ.</summary>
    public static void Equal<T>(T expected, T actual, string what) =>
        That(EqualityComparer<T>.Default.Equals(expected, actual), $"{what} is {actual} instead of {expected}");

    /// <summary>The same of lists.</summary>
    public static void Sequence<T>(IEnumerable<T> expected, IEnumerable<T> actual, string what) =>
        That(expected.SequenceEqual(actual), $"{what} is [{string.Join(", ", actual)}] instead of [{string.Join(", ", expected)}]");

    /// <summary>The test is skipped with the reason when the condition does not hold.</summary>
    public static void Needs(bool condition, string reason)
    {
        if (!condition)
            throw new SkippedException(reason);
    }

    /// <summary>Looks until the condition holds; the test fails when it does not within the time limit.</summary>
    public static void Eventually(Func<bool> condition, string otherwise, double seconds = 10)
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (!condition())
        {
            That(clock.Elapsed.TotalSeconds < seconds * Command.Patience, $"{otherwise} (waited {seconds * Command.Patience} s)");
            Thread.Sleep(10);
        }
    }
}
