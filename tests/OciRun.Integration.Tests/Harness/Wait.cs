using System.Diagnostics;

namespace OciRun.Integration.Harness;

internal static class Wait
{
    /// <summary>Looks every few milliseconds until the condition holds; after the time limit, which only what hangs must meet, also on a busy machine, the test fails with the text.</summary>
    public static void Until(Func<bool> condition, string what, double seconds = 60)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed.TotalSeconds > seconds)
                Assert.Fail($"waited {seconds} s in vain: {what}");
            Thread.Sleep(10);
        }
    }
}
