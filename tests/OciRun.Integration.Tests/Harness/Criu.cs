namespace OciRun.Integration.Harness;

/// <summary>The machine's criu, or the one that speaks its protocol and fails (tests/criu).</summary>
internal static class Criu
{
    private static readonly Lazy<string> s_fault = new(Check);

    /// <summary>Why no container can be checkpointed here; empty where one can.</summary>
    public static string Fault => s_fault.Value;

    /// <summary>A command that finds the failing one, which does as <paramref name="mode"/> says.</summary>
    public static Command WithFake(this Command command, string mode) =>
        command.Env("PATH", Path.Combine(Assets.RepositoryRoot, "artifacts", "probe") + ":/usr/sbin:/usr/bin:/sbin:/bin").Env("CRIU_MODE", mode);

    /// <summary>What the check thinks, and then a process: under User Mode Linux criu is content with a kernel that it cannot work on.</summary>
    private const string Attempt = """
        command -v criu >/dev/null || { echo criu is not installed; exit 1; }
        criu check 2>&1 || exit 1
        setsid sleep 100 </dev/null >/dev/null 2>&1 & pid=$!
        until [ "$(cut -d' ' -f6 /proc/$pid/stat)" = $pid ]; do sleep 0.01; done
        criu dump --tree $pid --images-dir . --log-file dump.log >/dev/null 2>&1 && exit
        kill -KILL $pid
        grep -m 1 Error dump.log
        exit 1
        """;

    private static string Check()
    {
        string directory = Directory.CreateTempSubdirectory("ocirun-criu-").FullName;
        try
        {
            var result = new Command(directory, "sh", "-c", Attempt).Run();
            return result.ExitCode == 0 ? "" : $"criu does not work here: {result.Output.Trim().Split('\n')[^1]}";
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
