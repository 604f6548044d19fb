using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>A directory for one test, removed with all that is in it.</summary>
internal sealed class Scratch : IDisposable
{
    internal Scratch() => Path = System.IO.Directory.CreateTempSubdirectory("ocirun-images-").FullName;

    internal string Path { get; }

    internal string this[string name] => System.IO.Path.Join(Path, name);

    internal string Make(string name) => System.IO.Directory.CreateDirectory(this[name]).FullName;

    public void Dispose()
    {
        using var parent = Files.Open(System.IO.Path.GetDirectoryName(Path)!, OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.RemoveAll(parent, System.IO.Path.GetFileName(Path));
    }
}
