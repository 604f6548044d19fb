namespace OciRun.Integration.Harness;

/// <summary>Where the things that `make` prepared for the tests are.</summary>
internal static class Assets
{
    /// <summary>The directory of OciRun.sln; a copy of the tests elsewhere (the lab) names it in OCIRUN_REPOSITORY.</summary>
    public static string RepositoryRoot { get; } = FindRoot();

    /// <summary>busybox and the probe, made by `make artifacts/test-rootfs.stamp`.</summary>
    public static string Rootfs => Path.Combine(RepositoryRoot, "artifacts", "test-rootfs");

    private static string FindRoot()
    {
        if (Environment.GetEnvironmentVariable("OCIRUN_REPOSITORY") is { Length: > 0 } named)
            return named;
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "OciRun.sln")))
                return directory.FullName;
        }
        throw new InvalidOperationException("no OciRun.sln above the test program: set OCIRUN_REPOSITORY");
    }
}
