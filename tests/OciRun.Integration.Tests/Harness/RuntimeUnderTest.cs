using System.Diagnostics;

namespace OciRun.Integration.Harness;

/// <summary>The runtime that the tests drive: the program in OCIRUN_BINARY, else out/ocirun of the repository.</summary>
public static class RuntimeUnderTest
{
    private static readonly Lazy<string> s_name = new(ReadName);

    /// <summary>Absolute path of the program.</summary>
    public static string Path { get; } =
        System.IO.Path.GetFullPath(Environment.GetEnvironmentVariable("OCIRUN_BINARY") is { Length: > 0 } chosen
            ? chosen
            : System.IO.Path.Combine(Assets.RepositoryRoot, "out", "ocirun"));

    /// <summary>The first word of its <c>--version</c>: "ocirun", "runc", "crun".</summary>
    public static string Name => s_name.Value;

    /// <summary>Whether it is ocirun: tests that claim to be better than runc only run then.</summary>
    public static bool IsOurs => Name == "ocirun";

    /// <summary>Whether it is crun, which words its errors in its own way and keeps some things differently.</summary>
    public static bool IsCrun => Name == "crun";

    private static string ReadName()
    {
        if (!File.Exists(Path))
            throw new InvalidOperationException($"the runtime under test is missing: {Path}: run 'make publish', or set OCIRUN_BINARY");
        using var process = Process.Start(new ProcessStartInfo(Path, "--version") { RedirectStandardOutput = true })!;
        string first = process.StandardOutput.ReadToEnd().Split(' ', 2)[0];
        process.WaitForExit();
        return first;
    }
}
