using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>A directory for one test, removed with all that is in it.</summary>
internal sealed class Scratch : IDisposable
{
    private static readonly string s_base = Choose();

    internal Scratch() => Path = Directory.CreateDirectory($"{s_base}/ocirun-images-{Guid.NewGuid():n}").FullName;

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Join(Path, name);

    internal string Make(string name) => Directory.CreateDirectory(this[name]).FullName;

    public void Dispose()
    {
        using var parent = Files.Open(s_base, OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.RemoveAll(parent, System.IO.Path.GetFileName(Path));
    }

    /// <summary>In memory where that has user attributes (6.6): hundreds of fsyncs of a busy disk take minutes.</summary>
    private static string Choose()
    {
        const string InMemory = "/dev/shm";
        string name = $"ocirun-images-{Environment.ProcessId}";
        using SafeFd? directory = Files.TryOpen(SafeFd.CurrentDirectory, InMemory, OpenFlags.ReadOnly | OpenFlags.Directory, out _);
        using SafeFd? file = directory is null ? null : TreeFiles.TryOpen(directory, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, out _, 0x180);
        if (file is null)
        {
            return System.IO.Path.GetTempPath().TrimEnd('/');
        }

        bool hasAttributes = TreeFiles.TrySetAttribute(file, "user.test", "x"u8) == Errno.None;
        TreeFiles.RemoveAll(directory!, name);
        return hasAttributes ? InMemory : System.IO.Path.GetTempPath().TrimEnd('/');
    }
}
