using System.Text;
using OciRun.Linux;

namespace OciRun.Images.Tests;

public sealed class StoreTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly LayoutBuilder _layout;
    private readonly ImageStore _store;

    private static readonly byte[] s_base = new TarBuilder().Directory("etc").File("etc/hosts", "one").File("gone", "x").SymbolicLink("l", "gone").Build();
    private static readonly byte[] s_change = new TarBuilder().Directory("etc").File("etc/hosts", "two").File(".wh.gone").Build();

    public StoreTests()
    {
        _layout = new LayoutBuilder(_scratch["layout"]).Image("base", s_base).Image("both", s_base, s_change);
        _store = ImageStore.Open(_scratch["store"]);
    }

    public void Dispose()
    {
        _store.Dispose();
        _scratch.Dispose();
    }

    private StoredImage Import(string tag, string? name = null) => _store.Import($"oci:{_layout.Path}:{tag}", name ?? tag);

    private int Count(string folder) => Directory.EnumerateFileSystemEntries(_scratch["store/" + folder]).Count();

    [Theory]
    [InlineData("t", "t")]
    [InlineData("t", "t:latest")]
    [InlineData("t:latest", "t")]
    [InlineData("ubuntu:22.04", "ubuntu:22.04")]
    [InlineData("docker.io/library/x_y-z:V1_2", "docker.io/library/x_y-z:V1_2")]
    public void Resolve_Name_IsFound(string given, string asked)
    {
        Import("base", given);
        _store.Resolve(asked).Name.Should().Be(given);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Upper")]
    [InlineData("a b")]
    [InlineData("a:")]
    [InlineData("a:-x")]
    [InlineData("a:b:c")]
    [InlineData("a@sha256")]
    [InlineData("a\n")]
    public void Import_NameThatIsNone_IsRefused(string name) =>
        FluentActions.Invoking(() => Import("base", name)).Should().Throw<ImageException>().Which.Error.Should().Be(ImageError.Usage);

    [Fact]
    public void Resolve_Unknown_IsMissing() =>
        FluentActions.Invoking(() => _store.Resolve("no")).Should().Throw<ImageException>().Which.Error.Should().Be(ImageError.Missing);

    [Fact]
    public void Import_NameThatIsTaken_MeansTheNewImage()
    {
        Import("base", "t");
        Import("both", "t").Layers.Should().HaveCount(2);
        _store.List().Should().ContainSingle().Which.Layers.Should().HaveCount(2);
    }

    [Fact]
    public void Open_DirectoryThatIsSomethingElse_IsRefused()
    {
        File.WriteAllText(_scratch.Make("other") + "/precious", "");
        FluentActions.Invoking(() => ImageStore.Open(_scratch["other"])).Should().Throw<ImageException>().WithMessage("*not an image store*");
        File.Exists(_scratch["other/precious"]).Should().BeTrue();
    }

    [Fact]
    public void Remove_OneOfTwo_KeepsWhatTheOtherNeeds()
    {
        Import("base");
        Import("both");
        _store.Remove(["both"]);
        _store.Gc().Should().BeEquivalentTo(new { Layers = 1, Blobs = 3 }, "a layer, its blob, a manifest and a configuration are nobody's");
        _store.Verify().Damage.Should().BeEmpty();
        _store.Remove(["base"]);
        _store.Gc();
        (Count("layers"), Count("blobs/sha256"), Count("locks"), Count("tmp")).Should().Be((0, 0, 0, 0));
    }

    [Fact]
    public void Remove_OneThatIsMissing_RemovesNone()
    {
        Import("base");
        FluentActions.Invoking(() => _store.Remove(["base", "no"])).Should().Throw<ImageException>().Which.Error.Should().Be(ImageError.Missing);
        _store.List().Should().ContainSingle();
    }

    [Fact]
    public void Gc_Bundle_KeepsItsLayersUntilItIsGone()
    {
        string bundle = _scratch.Make("bundle");
        _store.AddReference(Import("both"), bundle);
        _store.Remove(["both"]);
        _store.Gc()!.Layers.Should().Be(0);
        _store.FindReference(bundle)!.Layers.Should().HaveCount(2);
        _store.Verify().Layers.Should().Be(2, "what only a bundle needs is verified too");

        Directory.Delete(bundle);
        _store.Gc().Should().BeEquivalentTo(new { Layers = 2, References = 1 });
        _store.FindReference(bundle).Should().BeNull();
    }

    [Fact]
    public void Gc_AnotherDirectoryInTheBundlesPlace_IsNoReference()
    {
        string bundle = _scratch.Make("bundle");
        _store.AddReference(Import("base"), bundle);
        _store.Remove(["base"]);
        Directory.Move(bundle, _scratch["moved"]);
        _scratch.Make("bundle");
        _store.Gc()!.References.Should().Be(1);
    }

    [Fact]
    public void Gc_RemoveReference_FreesTheLayers()
    {
        string bundle = _scratch.Make("bundle");
        _store.AddReference(Import("base"), bundle);
        _store.Remove(["base"]);
        _store.RemoveReference(bundle);
        _store.RemoveReference(bundle);
        _store.Gc()!.Layers.Should().Be(1);
    }

    [Fact]
    public void Gc_Leftovers_AreSwept()
    {
        Import("base");
        File.WriteAllText(_scratch["store/tmp/1-2-3"], "half a blob");
        Directory.CreateDirectory(_scratch["store/tmp/1-2-4/diff/etc"]);
        Directory.CreateDirectory(_scratch["store/layers/" + new string('a', 64)]);
        File.WriteAllText(_scratch["store/blobs/sha256/" + new string('b', 64)], "orphan");
        File.WriteAllText(_scratch["store/blobs/sha256/junk"], "orphan");
        _store.Gc().Should().BeEquivalentTo(new { Temporary = 2, Layers = 1, Blobs = 2 });
        _store.Verify().Damage.Should().BeEmpty();
    }

    [Fact]
    public void Import_SweepsWhatADeadProcessLeft()
    {
        File.WriteAllText(_scratch["store/tmp/1-2-3"], "half a blob");
        Import("base");
        Count("tmp").Should().Be(0);
    }

    [Fact]
    public void Gc_WhileSomebodyWorks_Waits()
    {
        using (_store.Pin())
        {
            _store.Gc(wait: false).Should().BeNull();
            using var other = ImageStore.Open(_store.Directory);
            File.WriteAllText(_scratch["store/tmp/live"], "");
            other.Import($"oci:{_layout.Path}:base", "t");
            File.Exists(_scratch["store/tmp/live"]).Should().BeTrue("it may be the other's");
        }

        _store.Gc(wait: false).Should().NotBeNull();
    }

    [Fact]
    public void Gc_Container_KeepsItsDirectoryAsLongAsItsState()
    {
        string directory = _store.MakeContainerDirectory("c1"), root = _scratch.Make("run");
        File.WriteAllText(directory + "/state", root + "/c1");
        Directory.CreateDirectory(root + "/c1");
        Directory.SetLastWriteTimeUtc(directory, DateTime.UtcNow.AddHours(-2));
        _store.Gc()!.Containers.Should().Be(0, "however long it runs");
        Directory.Delete(root + "/c1");
        using (var held = Files.Open(directory, OpenFlags.ReadOnly))
        {
            Files.TryLock(held).Should().Be(Errno.None);
            _store.Gc()!.Containers.Should().Be(0, "it is just being made");
        }

        _store.Gc()!.Containers.Should().Be(1);
        Directory.Exists(directory).Should().BeFalse();
    }

    [Fact]
    public void Gc_ContainerWithoutOwner_HasAnHourToSayIt()
    {
        string directory = _store.MakeContainerDirectory("c1");
        _store.Gc()!.Containers.Should().Be(0);
        Directory.SetLastWriteTimeUtc(directory, DateTime.UtcNow.AddHours(-2));
        _store.Gc()!.Containers.Should().Be(1);
    }

    [Fact]
    public void Usage_Container_IsCounted()
    {
        string directory = _store.MakeContainerDirectory("c1");
        File.WriteAllText(directory + "/data", new string('x', 100_000));
        _store.AddReference(Import("base"), directory);
        _store.Usage().Containers.Should().ContainSingle().Which.Should().Match<ContainerUsage>(static usage => usage.Id == "c1" && usage.Image == "base" && usage.Size > 100_000);
        _store.RemoveContainerDirectory("c1");
        _store.Usage().Containers.Should().BeEmpty();
    }

    public static TheoryData<string> Damages => new("content", "missing", "more", "mode", "time", "target", "blob", "manifest", "layer");

    [Theory]
    [MemberData(nameof(Damages))]
    public void Verify_Damage_IsNamed(string what)
    {
        var image = Import("both");
        _store.Verify().Should().BeEquivalentTo(new { Blobs = 4, Layers = 2, Damage = Array.Empty<Damage>() });
        string file = image.Layers[0].Directory + "/etc/hosts";
        var time = File.GetLastWriteTimeUtc(file);
        (string expected, Action damage) = what switch
        {
            "content" => ("etc/hosts: has another content", () => { File.WriteAllText(file, "One"); File.SetLastWriteTimeUtc(file, time); }),
            "missing" => ("gone: is missing", () => File.Delete(image.Layers[0].Directory + "/gone")),
            "more" => ("etc/more: is not of the layer", () => File.WriteAllText(image.Layers[0].Directory + "/etc/more", "")),
            "mode" => ("etc/hosts: has the mode", () => File.SetUnixFileMode(file, UnixFileMode.UserRead)),
            "time" => ("etc/hosts: has another time", () => File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch)),
            "target" => ("l: leads elsewhere", () =>
            {
                File.Delete(image.Layers[0].Directory + "/l");
                File.CreateSymbolicLink(image.Layers[0].Directory + "/l", "etc");
            }
            ),
            "blob" => ("damaged or forged", (Action)(() => File.AppendAllText(_scratch["store/blobs/sha256/" + image.Digest.Hex], ""))),
            "manifest" => ("", () => File.Delete(_scratch["store/blobs/sha256/" + image.Digest.Hex])),
            _ => ("is not extracted", () => Directory.Delete(Path.GetDirectoryName(image.Layers[1].Directory)!, recursive: true)),
        };
        if (what == "blob")
        {
            string blob = _scratch["store/blobs/sha256/" + Digest.Parse(image.Layers[1].Blob.Digest, "").Hex];
            byte[] content = File.ReadAllBytes(blob);
            content[^5] ^= 0x10; // the sum at the end of gzip
            damage = () => File.WriteAllBytes(blob, content);
            expected = "";
        }

        damage();
        var found = _store.Verify().Damage;
        found.Should().NotBeEmpty();
        found.Select(static damage => $"{damage.What}: {damage.Problem}").Should().Contain(line => line.Contains(expected, StringComparison.Ordinal));
        Count("tmp").Should().Be(0);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Resolve_AfterAnotherBoot_ChecksLayersAndMakesThemAnew(bool lost)
    {
        var image = Import("both");
        foreach (var layer in image.Layers)
        {
            string record = Path.GetDirectoryName(layer.Directory) + "/layer.json", text = File.ReadAllText(record);
            text.Should().Contain("\"boot\":");
            File.WriteAllText(record, System.Text.RegularExpressions.Regex.Replace(text, "\"boot\":\"[^\"]*\"", "\"boot\":\"another\""));
        }

        string file = image.Layers[1].Directory + "/etc/hosts";
        if (lost)
        {
            File.WriteAllText(file, ""); // what a file system has of a file that was never written out
        }

        _store.Resolve("both");
        File.ReadAllText(file).Should().Be("two");
        _store.Verify().Damage.Should().BeEmpty();
        File.ReadAllText(Path.GetDirectoryName(image.Layers[0].Directory) + "/layer.json").Should().NotContain("boot");
        (Count("tmp"), Count("layers")).Should().Be((0, 2));
    }

    [Fact]
    public void Import_MendsALayerThatIsGone()
    {
        var image = Import("both");
        Directory.Delete(Path.GetDirectoryName(image.Layers[1].Directory)!, recursive: true);
        FluentActions.Invoking(() => _store.Resolve("both")).Should().Throw<ImageException>().WithMessage("*import the image again*");
        Import("both");
        _store.Verify().Damage.Should().BeEmpty();
    }

    [Theory]
    [InlineData("oci:{0}/out", "both")]
    [InlineData("oci:{0}/out:v1", "v1")]
    [InlineData("oci-archive:{0}/out.tar", "both")]
    [InlineData("oci-archive:{0}/out.tar:a:b", "a:b")]
    [InlineData("docker-archive:{0}/out.tar", "both:latest")]
    public void Export_RoundTrip_GivesTheSameLayers(string destination, string name)
    {
        var image = Import("both");
        string place = string.Format(System.Globalization.CultureInfo.InvariantCulture, destination, _scratch.Path);
        _store.Export("both", place);
        using var other = ImageStore.Open(_scratch["other"]);
        var again = other.Import(place, null);
        again.Name.Should().Be(name);
        again.Layers.Select(static layer => layer.ChainId).Should().Equal(image.Layers.Select(static layer => layer.ChainId));
        again.ConfigBytes.Should().Equal(image.ConfigBytes);
        if (!destination.StartsWith("docker", StringComparison.Ordinal))
        {
            again.Digest.Should().Be(image.Digest);
        }
    }

    [Theory]
    [InlineData("oci:{0}/out")]
    [InlineData("oci-archive:{0}/out.tar")]
    public void Export_IntoALayout_AddsTheTagOrReplacesIt(string destination)
    {
        string place = string.Format(System.Globalization.CultureInfo.InvariantCulture, destination, _scratch.Path);
        Import("base");
        Import("both");
        _store.Export("base", place + ":a");
        _store.Export("base", place + ":b");
        _store.Export("both", place + ":b");
        using var other = ImageStore.Open(_scratch["other"]);
        other.Import(place + ":a", "a").Layers.Should().HaveCount(1);
        other.Import(place + ":b", "b").Layers.Should().HaveCount(2);
    }

    [Fact]
    public void Export_IntoADirectoryThatIsNoLayout_IsRefused()
    {
        Import("base");
        File.WriteAllText(_scratch.Make("full") + "/precious", "");
        FluentActions.Invoking(() => _store.Export("base", $"oci:{_scratch["full"]}")).Should().Throw<ImageException>().WithMessage("*no OCI layout*");
        Directory.EnumerateFileSystemEntries(_scratch["full"]).Should().ContainSingle();
    }

    [Theory]
    [InlineData("docker://busybox")]
    [InlineData("/some/dir")]
    [InlineData("oci:")]
    public void Import_SourceThatIsNone_IsRefused(string source) =>
        FluentActions.Invoking(() => _store.Import(source, "t")).Should().Throw<ImageException>().Which.Error.Should().Be(ImageError.Usage);

    [Fact]
    public void Import_PathWithColons_IsFound()
    {
        Directory.Move(_layout.Path, _scratch["a:b"]);
        _store.Import($"oci:{_scratch["a:b"]}:base").Name.Should().Be("base");
    }

    [Fact]
    public void Store_IsALayoutForOtherTools()
    {
        Import("both", "x:1");
        Encoding.UTF8.GetString(File.ReadAllBytes(_scratch["store/index.json"])).Should().Contain("\"org.opencontainers.image.ref.name\":\"x:1\"");
        using var other = ImageStore.Open(_scratch["other"]);
        other.Import($"oci:{_scratch["store"]}:x:1").Layers.Should().HaveCount(2);
    }
}
