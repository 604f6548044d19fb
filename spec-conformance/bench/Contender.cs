using System.Diagnostics;

namespace OciRun.Bench;

/// <summary>A program that runs containers, as one row of the tables.</summary>
/// <param name="Key">Stable name in the JSON: "ocirun", "crun-sid", ...</param>
/// <param name="Name">For people: "crun 1.28".</param>
/// <param name="Path">The executable.</param>
internal sealed record Contender(string Key, string Name, string Path)
{
    /// <summary>The floor is no runtime: it only runs.</summary>
    public bool IsFloor => Key == "floor";

    /// <summary>The size of the executable in bytes.</summary>
    public long Size => new FileInfo(Path).Length;

    /// <summary>The contender at a path, or null when there is none.</summary>
    public static Contender? Find(string key, string? path)
    {
        if (string.IsNullOrEmpty(path) || !File.Exists(path))
            return null;
        return new Contender(key, key == "floor" ? "floor" : Version(path), System.IO.Path.GetFullPath(path));
    }

    // "runc version 1.1.5+ds1", "ocirun version 0.1.0": the first line of every runtime of this family.
    private static string Version(string path)
    {
        using var process = Process.Start(new ProcessStartInfo(path, "--version") { RedirectStandardOutput = true })!;
        string first = process.StandardOutput.ReadToEnd().Split('\n')[0];
        process.WaitForExit();
        return first.Replace(" version", "", StringComparison.Ordinal).Split('+')[0].Trim();
    }
}
