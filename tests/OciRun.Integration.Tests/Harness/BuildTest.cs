using System.Text.Json;

namespace OciRun.Integration.Harness;

/// <summary>A store with the image <c>base</c>, and a directory to build from.</summary>
public abstract class BuildTest : IntegrationTest
{
    protected BuildTest()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun builds images");
        System.IO.Directory.CreateDirectory(Context);
        Ocirun("image", "import", new TestImage(BaseLayout).AddRootfs().Write().Source, "base").Run().ShouldExit(0);
    }

    protected string Context => Path.Combine(Sandbox.Directory, "context");

    protected string BaseLayout => Path.Combine(Sandbox.Directory, "base");

    protected string Store => Path.Combine(Sandbox.Directory, "store");

    protected Command Ocirun(params string[] words) => OcirunIn(Store, words);

    protected Command OcirunIn(string store, params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", store, .. words]);

    /// <summary>A file of the context.</summary>
    protected string Write(string path, string text)
    {
        string full = Path.Combine(Context, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, text);
        return full;
    }

    protected Command BuildCommand(string name, string containerfile, params string[] options)
    {
        Write("Dockerfile", containerfile);
        return Ocirun(["build", "-t", name, .. options, Context]);
    }

    protected CommandResult Build(string name, string containerfile, params string[] options) => BuildCommand(name, containerfile, options).Run();

    /// <summary>What a program in a container of the image prints.</summary>
    protected string Sees(string image, string script) => Ocirun("run", "--image", image, Sandbox.Token + "-see", "/bin/sh", "-c", script).Run().ShouldExit(0).Output;

    protected JsonElement Inspect(string image) => JsonDocument.Parse(Ocirun("image", "inspect", image).Run().ShouldExit(0).Output).RootElement;

    /// <summary>The names in the archive of the topmost layer.</summary>
    protected string[] TopLayer(string image)
    {
        string digest = Inspect(image).GetProperty("layers").EnumerateArray().Last().GetProperty("digest").GetString()!;
        return Sandbox.Program("tar", "-tzf", Path.Combine(Store, "blobs/sha256", digest["sha256:".Length..])).Run().ShouldExit(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>The last words of a build: the image's digest.</summary>
    protected static string Digest(CommandResult build) => build.ShouldExit(0).Output.TrimEnd().Split(' ')[^1];

    /// <summary>Nothing of a build is left but its image and what the cache knows.</summary>
    protected void ShouldBeTidy()
    {
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "tmp")).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "containers")).Should().BeEmpty();
        if (Directory.Exists(Sandbox.StateRoot))
            Directory.EnumerateFileSystemEntries(Sandbox.StateRoot).Should().BeEmpty();
        Ocirun("image", "verify").Run().ShouldExit(0);
    }
}
