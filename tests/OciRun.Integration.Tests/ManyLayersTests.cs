using System.Globalization;

namespace OciRun.Integration;

/// <summary>Many layers in one container, many containers of one image, and what an image of a store hides.</summary>
public sealed class ManyLayersTests : IntegrationTest
{
    public ManyLayersTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has images");

    private string Store => Path.Combine(Sandbox.Directory, "store");

    private string Id => $"{Sandbox.Token}-l";

    private Command Ocirun(params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Store, .. words]);

    private string[] RunWords(params string[] options) => ["run", "--image", "t", "--env", $"{Sandbox.Mark}={Sandbox.Token}", .. options];

    private TestImage NewImage() => new TestImage(Path.Combine(Sandbox.Directory, "layout")).AddRootfs();

    private void Import(TestImage image) => Ocirun("image", "import", "-q", image.Write().Source, "t").Run().ShouldExit(0);

    [Fact]
    public void Run_300Layers_AllAreThere()
    {
        var image = NewImage();
        for (int i = 1; i < 300; i++)
            image.AddFiles((string.Create(CultureInfo.InvariantCulture, $"n{i}"), "x"), ("top", i.ToString(CultureInfo.InvariantCulture)));
        Import(image);
        Ocirun([.. RunWords(), Id, "/bin/sh", "-c", "ls / | grep -c '^n[0-9]'; cat /top"]).Run().ShouldExit(0).Output.Should().Be("299\n299");
        Ocirun("image", "verify").Run().ShouldExit(0);
    }

    [Fact]
    public void Run_OpaqueDirectoryWithOwnIds_HidesWhatItShould()
    {
        // Mounted in the user namespace an overlay would not know trusted.overlay.opaque, and what was deleted would come back.
        Import(NewImage().AddFiles(("d/", ""), ("d/secret", "1"), ("gone", "1")).AddFiles(("d/", ""), ("d/.wh..wh..opq", ""), ("d/kept", "2"), (".wh.gone", "")));
        Ocirun([.. RunWords("--userns", "auto"), Id, "/bin/sh", "-c", "ls /d; test -e /gone || echo gone; cat /proc/self/uid_map | grep -c ' 65536$'"]).Run().ShouldExit(0)
            .Output.Should().Be("kept\ngone\n1\n");
    }

    [Fact]
    public void Run_20ContainersOfOneImage_ShareItsFiles()
    {
        Import(NewImage().AddFiles(("big", new string('x', 4 << 20))));
        string[] ids = [.. Enumerable.Range(0, 20).Select(i => $"{Id}{i}")];
        foreach (string id in ids)
        {
            Ocirun([.. RunWords("-d"), id, "/bin/sh", "-c", "echo mine >/mine; sleep 100"]).Run().ShouldExit(0);
            Sandbox.MayLive(id);
        }
        Wait.Until(() => ids.All(id => File.Exists($"{Store}/containers/{id}/upper/mine")), "all have written");
        var usage = JsonNode.Parse(Ocirun("image", "usage", "--format", "json").Run().ShouldExit(0).Output)!;
        usage["containers"]!.AsArray().Should().HaveCount(20).And.OnlyContain(container => (long)container!["size"]! < 1 << 17);
        ((long)usage["total"]!).Should().BeLessThan(2 * (long)usage["images"]![0]!["size"]!, "nobody has a copy");
        foreach (string id in ids)
            Ocirun("delete", "--force", id).Run().ShouldExit(0);
        Directory.GetFileSystemEntries(Store + "/containers").Should().BeEmpty();
    }
}
