using System.Diagnostics;

namespace OciRun.Conformance.Containers;

/// <summary>The program under test.</summary>
/// <param name="Path">Absolute.</param>
/// <param name="Name">The first line of its --version, for people: "runc 1.3.6".</param>
internal sealed record Runtime(string Path, string Name)
{
    /// <summary>Finds a program by a path, or by a bare name in PATH and the directories of the system's programs.</summary>
    /// <exception cref="SuiteException">There is none.</exception>
    public static Runtime Find(string word)
    {
        var directories = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/local/sbin", "/usr/sbin", "/sbin"]);
        string? path = word.Contains('/', StringComparison.Ordinal) ? word : directories.Select(d => System.IO.Path.Combine(d, word)).FirstOrDefault(File.Exists);
        if (path is null || !File.Exists(path))
            throw new SuiteException($"no runtime {word}{(word.Contains('/', StringComparison.Ordinal) ? "" : " in PATH")}");
        return new Runtime(System.IO.Path.GetFullPath(path), Version(path));
    }

    // "runc version 1.1.5+ds1": the first line of every runtime of this family.
    private static string Version(string path)
    {
        using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string first = process.StandardOutput.ReadToEnd().Split('\n')[0];
        process.WaitForExit();
        first = first.Replace(" version", "", StringComparison.Ordinal).Split('+')[0].Trim();
        return first.Length > 0 ? first : System.IO.Path.GetFileName(path);
    }
}
