using System.Diagnostics;

namespace OciRun.Cgroups.Tests;

/// <summary>On a machine with v1: the tests of v2 once more, in a mount namespace whose /sys/fs/cgroup is a bare cgroup2.</summary>
public sealed class PrivateV2Tests
{
    [Theory]
    [InlineData("rw", typeof(V2SystemTests))]
    [InlineData("ro", typeof(V2ReadOnlyTests))]
    public void TestsOfV2_InPrivateMountNamespace_Pass(string option, Type tests)
    {
        TestCgroup.Need(v2: false);
        // A bind mount is read-only by itself; the hierarchy, which the host has too, is not touched.
        var script = "mount -t cgroup2 cgroup2 /sys/fs/cgroup && mount -o remount,bind," + option + " /sys/fs/cgroup && exec \"$0\" -noColor -noLogo -class " + tests.FullName;
        using var process = Process.Start(new ProcessStartInfo("unshare", ["-m", "--propagation", "private", "sh", "-c", script, Environment.ProcessPath!])
        {
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        output.Should().MatchRegex("Total: [1-9][0-9]*, Errors: 0, Failed: 0, Skipped: [0-9],");
        process.ExitCode.Should().Be(0, output);
    }
}
