using System.Diagnostics;

namespace OciRun.Integration.Harness;

internal static class Wait
{
    /// <summary>By how much every time limit is longer: OCIRUN_TEST_PATIENCE, a whole number, for a slow machine (an emulated one, a loaded one); else 1.</summary>
    public static int Factor { get; } = int.TryParse(Environment.GetEnvironmentVariable("OCIRUN_TEST_PATIENCE"), out int factor) && factor > 0 ? factor : 1;

    /// <summary>Looks every few milliseconds until the condition holds; after the time limit, which only what hangs must meet, also on a busy machine, the test fails with the text.</summary>
    public static void Until(Func<bool> condition, string what, double seconds = 60)
    {
        seconds *= Factor;
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"waited {seconds} s in vain: {what}");
            Thread.Sleep(10);
        }
    }
}
