using System.IO.Compression;
using System.Text;
using OciRun.Images.Changes;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>What the store does for builds: steps that are remembered, and archives that are unpacked.</summary>
public sealed class StepStoreTests : IDisposable
{
    private const string Created = "2026-01-02T03:04:05Z";
    private static readonly Digest s_key = Digest.Of("key"u8);

    private readonly Scratch _scratch = new();
    private readonly ImageStore _store;
    private readonly StoredImage _base;

    public StepStoreTests()
    {
        var layout = new LayoutBuilder(_scratch["layout"]).Image("base", new TarBuilder().File("f", "1").Build());
        _store = ImageStore.Open(_scratch["store"]);
        _base = _store.Borrow($"oci:{layout.Path}:base");
    }

    public void Dispose()
    {
        _store.Dispose();
        _scratch.Dispose();
    }

    private WrittenLayer NewLayer()
    {
        string upper = _scratch.Make("upper");
        File.WriteAllText(upper + "/new", "2");
        using var tree = ChangedTree.OfUpper(upper, _base.LowerDirectories, new TreeView());
        return _store.WriteLayer(tree, 1)!;
    }

    [Fact]
    public void Borrow_Image_HasNoNameAndGoesWithTheCollection()
    {
        _base.Name.Should().BeNull();
        _store.List().Should().BeEmpty();
        File.ReadAllText(_base.Layers[0].Directory + "/f").Should().Be("1");
        _store.Gc()!.Layers.Should().Be(1);
    }

    [Fact]
    public void FindStep_Recorded_IsThereAsLongAsItsLayers()
    {
        _store.FindStep(s_key, _base.Layers).Should().BeNull();
        WrittenLayer layer = NewLayer();
        StoredLayer top = _store.Stack(_base.Layers, layer);
        File.ReadAllText(top.Directory + "/new").Should().Be("2");
        _store.RecordStep(s_key, [.. _base.Layers, top], new BuiltStep(layer, Created));
        StoredImage image = _store.Add("built", _base, [new NewStep(layer, new HistoryEntry())], null, Created);
        image.Layers[^1].ChainId.Should().Be(top.ChainId);

        _store.Gc();
        BuiltStep found = _store.FindStep(s_key, _base.Layers)!;
        (found.Created, found.Layer!.DiffId, found.Layer.Blob.Digest).Should().Be((Created, layer.DiffId, layer.Blob.Digest));
        _store.FindStep(s_key, []).Should().BeNull("on other layers it would be another one");

        _store.Remove(["built"]);
        _store.Gc();
        _store.FindStep(s_key, _base.Layers).Should().BeNull();
        Directory.EnumerateFileSystemEntries(_scratch["store/steps"]).Should().BeEmpty();
    }

    [Fact]
    public void RecordStep_StoreOfAnEarlierVersion_GetsTheFolder()
    {
        Directory.Delete(_scratch["store/steps"]);
        _store.FindStep(s_key, []).Should().BeNull();
        _store.Gc().Should().NotBeNull();
        _store.RecordStep(s_key, [], new BuiltStep(null, Created));
        _store.FindStep(s_key, [])!.Layer.Should().BeNull();
    }

    [Fact]
    public void MakeScratch_Disposed_IsGone()
    {
        using (ScratchDirectory scratch = _store.MakeScratch())
        {
            File.WriteAllText(scratch.Path + "/f", "");
        }

        Directory.EnumerateFileSystemEntries(_scratch["store/tmp"]).Should().BeEmpty();
    }

    private bool Unpack(byte[] content, string directory)
    {
        File.WriteAllBytes(_scratch["archive"], content);
        using SafeFd file = Files.Open(_scratch["archive"], OpenFlags.ReadOnly);
        return _store.UnpackArchive(file, "\"archive\"", _scratch.Make(directory));
    }

    private static byte[] Gzip(byte[] content)
    {
        using var result = new MemoryStream();
        using (var gzip = new GZipStream(result, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(content);
        }

        return result.ToArray();
    }

    [Fact]
    public void UnpackArchive_Tar_PlainOrCompressed()
    {
        byte[] tar = new TarBuilder().Directory("d", mode: 0x1C0).File("d/f", "x").Build();
        Unpack(tar, "a").Should().BeTrue();
        Unpack(Gzip(tar), "b").Should().BeTrue();
        File.ReadAllText(_scratch["a/d/f"]).Should().Be("x");
        File.ReadAllText(_scratch["b/d/f"]).Should().Be("x");
    }

    [Fact]
    public void UnpackArchive_SomethingElse_IsLeftAlone()
    {
        byte[][] others = [[], "text"u8.ToArray(), new byte[10240], Gzip("text"u8.ToArray()), [0x1f, 0x8b, 1, 2, 3]];
        foreach (byte[] other in others)
        {
            Unpack(other, "c").Should().BeFalse();
        }

        Directory.EnumerateFileSystemEntries(_scratch["c"]).Should().BeEmpty();
    }

    [Theory]
    [InlineData("BZh")]
    [InlineData("BZh is what files of bzip2 begin with")]
    [InlineData("BZh9 is what files of bzip2 begin with")]
    [InlineData("BZh01AY&SY")]
    public void UnpackArchive_TextThatBeginsAsBzip2_IsNoArchive(string text) => Unpack(Encoding.UTF8.GetBytes(text), "d").Should().BeFalse();

    [Fact]
    public void UnpackArchive_HostileOrUnknown_IsRefused()
    {
        byte[] tar = new TarBuilder().File("f", new string('x', 5000)).Build();
        foreach (var (content, message) in new[]
        {
            (new TarBuilder().File("../up", "x").Build(), "leads upwards"),
            (new TarBuilder().File("d/.wh.f").Build(), "mean deletions"),
            (Gzip(tar[..2000]), "ends within a file"),
            ([0xFD, (byte)'7', (byte)'z', (byte)'X', (byte)'Z', 0, 1], "compressed with xz"),
            ("BZh91AY&SY"u8.ToArray(), "compressed with bzip2"),
            ([(byte)'B', (byte)'Z', (byte)'h', (byte)'1', 0x17, 0x72, 0x45, 0x38, 0x50, 0x90, 0, 0, 0, 0], "compressed with bzip2"),
        })
        {
            FluentActions.Invoking(() => Unpack(content, "d")).Should().Throw<ImageException>().Which.Message.Should().Contain(message);
        }

        File.Exists(_scratch["up"]).Should().BeFalse();
    }
}
