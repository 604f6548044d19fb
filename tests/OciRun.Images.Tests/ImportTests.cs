using OciRun.Images.Model;

namespace OciRun.Images.Tests;

public sealed class ImportTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly LayoutBuilder _layout;

    private static readonly byte[] s_base = new TarBuilder().Directory("etc").File("etc/hosts", "one").File("gone", "x").Build();
    private static readonly byte[] s_change = new TarBuilder().Directory("etc").File("etc/hosts", "two").File(".wh.gone").Build();

    public ImportTests() => _layout = new LayoutBuilder(_scratch["layout"]);

    public void Dispose() => _scratch.Dispose();

    private ImageStore Open() => ImageStore.Open(_scratch["store"]);

    private StoredImage Import(string? tag = null, string? name = "t", ImportOptions? options = null)
    {
        using var store = Open();
        return store.Import($"oci:{_layout.Path}{(tag is null ? "" : ":" + tag)}", name, options);
    }

    private ImageException Fails(string? tag = null, string? name = "t")
    {
        var error = FluentActions.Invoking(() => Import(tag, name)).Should().Throw<ImageException>().Which;
        error.Message.Should().NotContain("\n");
        // Whatever went wrong, the store is as before.
        foreach (string folder in new[] { "tmp", "layers", "blobs/sha256" })
        {
            Directory.EnumerateFileSystemEntries(_scratch["store/" + folder]).Should().BeEmpty(folder);
        }

        using var store = Open();
        store.List().Should().BeEmpty();
        return error;
    }

    private void Flip(Descriptor blob)
    {
        string path = _layout.BlobPath(Digest.Parse(blob.Digest, ""));
        byte[] content = File.ReadAllBytes(path);
        content[content.Length / 2] ^= 1;
        File.WriteAllBytes(path, content);
    }

    [Theory]
    [InlineData(Compression.None)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public void Import_EveryCompression_GivesTheLayersInOverlayForm(Compression compression)
    {
        _layout.Image("t", compression, s_base, s_change);
        var image = Import();
        image.Layers.Select(static layer => layer.DiffId).Should().Equal(Digest.Of(s_base), Digest.Of(s_change));
        image.Layers[1].ChainId.Should().Be(Digest.Chain(Digest.Of(s_base), Digest.Of(s_change)));
        image.LowerDirectories.Should().Equal(image.Layers[1].Directory, image.Layers[0].Directory);
        LayerStack.Tree(image.Layers[0].Directory).Should().Equal("etc/", "etc/hosts", "gone");
        LayerStack.Tree(image.Layers[1].Directory).Should().Equal("!gone", "etc/", "etc/hosts");
        (image.Layers[1].Size, image.Layers[1].ArchiveSize).Should().Be((3, s_change.Length));
        File.GetUnixFileMode(_scratch["store"]).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    [Fact]
    public void Import_Again_ExtractsNothing()
    {
        _layout.Image("t", s_base, s_change);
        Import();
        var phases = new List<ImportPhase>();
        Import(name: "other", options: new() { Progress = progress => { lock (phases) { phases.Add(progress.Phase); } } });
        phases.Should().Equal(ImportPhase.Present, ImportPhase.Present);
        using var store = Open();
        store.List().Select(static image => image.Name).Should().Equal("other", "t");
    }

    [Fact]
    public void Import_ByManyAtOnce_ExtractsEachLayerOnce()
    {
        byte[][] layers = [.. Enumerable.Range(0, 12).Select(static i => new TarBuilder().File($"f{i}", new string((char)('a' + i), 200_000)).Build())];
        _layout.Image("t", layers);
        int made = 0;
        Parallel.For(0, 6, i =>
        {
            using var store = Open();
            store.Import($"oci:{_layout.Path}", $"t{i}", new() { Progress = progress => Interlocked.Add(ref made, progress.Phase == ImportPhase.Done ? 1 : 0) });
        });
        made.Should().Be(12);
        using var opened = Open();
        opened.List().Should().HaveCount(6);
        opened.Verify().Damage.Should().BeEmpty();
    }

    [Fact]
    public void Import_SharedLayers_AreShared()
    {
        _layout.Image("a", s_base).Image("b", s_base, s_change);
        Import("b", "b").Layers[0].Directory.Should().Be(Import("a", "a").Layers[0].Directory);
        using var store = Open();
        var usage = store.Usage();
        usage.Images.Should().HaveCount(2).And.OnlyContain(static image => image.Shared > 0 && image.Unique > 0 && image.Size == image.Shared + image.Unique);
        usage.Total.Should().BeGreaterThanOrEqualTo(usage.Images[0].Shared + usage.Images.Sum(static image => image.Unique));
    }

    [Fact]
    public void Import_DamagedLayer_IsRefusedAndLeavesNothing()
    {
        var manifest = _layout.Manifest(Compression.None, [s_base]);
        _layout.Add(manifest, "t");
        Flip(new() { Digest = Digest.Of(s_base).ToString() });
        Fails().Error.Should().Be(ImageError.Invalid);
    }

    [Fact]
    public void Import_DamagedGzip_IsRefusedAndLeavesNothing()
    {
        _layout.Image("t", s_base);
        Flip(_layout.Blob(LayoutBuilder.Compress(s_base, Compression.Gzip), ""));
        Fails().Error.Should().Be(ImageError.Invalid);
    }

    [Theory]
    [InlineData("manifest")]
    [InlineData("config")]
    public void Import_DamagedDocument_IsRefused(string which)
    {
        Descriptor config = null!;
        var manifest = _layout.Manifest(Compression.Gzip, [s_base], change: document => { config = document.Config!; return document; });
        _layout.Add(manifest, "t");
        Flip(which == "manifest" ? manifest : config);
        Fails().Message.Should().Contain("damaged or forged");
    }

    private void Add(Func<ImageDocument, ImageDocument>? change = null, Func<ImageConfig, ImageConfig>? changeConfig = null, Compression compression = Compression.Gzip) =>
        _layout.Add(_layout.Manifest(compression, [s_base], change, changeConfig), "t");

    [Fact]
    public void Import_BlobLargerThanItsDescriptor_IsRefused()
    {
        Add(static document => document with { Layers = [document.Layers![0] with { Size = 20 }] });
        Fails().Message.Should().Contain("larger than the 20 bytes");
    }

    [Fact]
    public void Import_BlobSmallerThanItsDescriptor_IsRefused()
    {
        Add(static document => document with { Layers = [document.Layers![0] with { Size = 1 << 20 }] });
        Fails().Message.Should().Contain("its descriptor says 1048576");
    }

    [Fact]
    public void Import_AnotherDiffId_IsRefused()
    {
        Add(changeConfig: static config => config with { Rootfs = new() { Type = "layers", DiffIds = [Digest.Of("other"u8).ToString()] } });
        Fails().Message.Should().Contain("not what the configuration promises");
    }

    [Fact]
    [Trait("Row", "I2")]
    public void I2_DiffId_IsOfTheWholeStream_JunkAfterTheEndIncluded()
    {
        _layout.Image("t", [.. s_base, .. "junk"u8]);
        Import().Layers[0].DiffId.Should().NotBe(Digest.Of(s_base));
    }

    [Fact]
    public void Import_JunkAfterGzip_CountsForTheDigestOnly()
    {
        byte[] blob = [.. LayoutBuilder.Compress(s_base, Compression.Gzip), .. new byte[700]];
        Add(document => document with { Layers = [_layout.Blob(blob, MediaTypes.LayerGzip)] });
        Import().Layers[0].Blob.Size.Should().Be(blob.Length);
    }

    [Fact]
    public void Import_GzipOfTwoMembers_IsOneArchive()
    {
        byte[] blob = [.. LayoutBuilder.Compress(s_base[..700], Compression.Gzip), .. LayoutBuilder.Compress(s_base[700..], Compression.Gzip)];
        Add(document => document with { Layers = [_layout.Blob(blob, MediaTypes.LayerGzip)] });
        LayerStack.Tree(Import().Layers[0].Directory).Should().Equal("etc/", "etc/hosts", "gone");
    }

    [Theory]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public void Import_TruncatedBlob_IsRefused(Compression compression)
    {
        byte[] whole = LayoutBuilder.Compress(new TarBuilder().File("x", string.Concat(Enumerable.Range(0, 9999))).Build(), compression);
        Add(document => document with { Layers = [_layout.Blob(whole[..(whole.Length / 2)], document.Layers![0].MediaType!)] }, compression: compression);
        Fails().Error.Should().Be(ImageError.Invalid);
    }

    [Fact]
    [Trait("Row", "X83")]
    public void X83_DecompressionBomb_IsRefusedBeforeItFillsTheDisk()
    {
        var output = new MemoryStream();
        using (var zstd = new ZstdSharp.CompressionStream(output, leaveOpen: true))
        {
            zstd.Write(s_base);
            byte[] zeros = new byte[1 << 20];
            for (int i = 0; i < 1100; i++)
            {
                zstd.Write(zeros);
            }
        }

        Add(document => document with { Layers = [_layout.Blob(output.ToArray(), MediaTypes.LayerZstd)] });
        Fails().Message.Should().Contain("no honest layer");
    }

    [Fact]
    [Trait("Row", "X81")]
    public void X81_IndexAndManifestAtOnce_IsRefused()
    {
        Add(static document => document with { Manifests = [] });
        Fails().Message.Should().Contain("at once");
    }

    [Fact]
    [Trait("Row", "X81")]
    public void X81_MediaTypeOfAnotherKind_IsRefused()
    {
        Add(static document => document with { MediaType = MediaTypes.Index });
        Fails().Message.Should().Contain("calls itself");
    }

    [Fact]
    public void Import_DuplicateKey_IsRefused()
    {
        _layout.Add(_layout.Blob("""{"schemaVersion":2,"schemaVersion":2,"layers":[],"config":{}}"""u8.ToArray(), MediaTypes.Manifest), "t");
        Fails().Error.Should().Be(ImageError.Invalid);
    }

    [Fact]
    [Trait("Row", "I105")]
    public void I105_Artifact_IsRefusedAsSuch()
    {
        Add(document => document with { ArtifactType = "application/x.sbom", Config = _layout.Blob("{}"u8.ToArray(), "application/vnd.oci.empty.v1+json") });
        Fails().Message.Should().Contain("artifact of type \"application/x.sbom\"");
    }

    [Theory]
    [InlineData("application/vnd.oci.image.layer.v1.tar+xz")]
    [InlineData("text/plain")]
    public void I1_UnknownLayerType_IsUnsupported(string type)
    {
        Add(document => document with { Layers = [document.Layers![0] with { MediaType = type }] });
        Fails().Error.Should().Be(ImageError.Unsupported);
    }

    [Theory]
    [InlineData("application/vnd.docker.image.rootfs.diff.tar.gzip")]
    [InlineData("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip")]
    public void I1_OlderNamesOfLayers_AreKnown(string type)
    {
        Add(document => document with { Layers = [document.Layers![0] with { MediaType = type }] });
        Import().Layers.Should().HaveCount(1);
    }

    [Fact]
    public void I105_DataInADescriptor_NeedsNoBlob()
    {
        Descriptor layer = null!;
        Add(document =>
        {
            layer = document.Layers![0];
            return document with { Layers = [layer with { Data = LayoutBuilder.Compress(s_base, Compression.Gzip) }] };
        });
        File.Delete(_layout.BlobPath(Digest.Parse(layer.Digest, "")));
        LayerStack.Tree(Import().Layers[0].Directory).Should().Contain("etc/hosts");
    }

    [Fact]
    public void Import_DiffIdsDoNotFitLayers_IsRefused()
    {
        Add(static document => document with { Layers = [] });
        Fails().Message.Should().Contain("0 layers");
    }

    [Theory]
    [InlineData("sha256:../../../etc/passwd")]
    [InlineData("sha256:ABCDEF")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    public void Import_DigestThatIsNone_IsRefused(string digest)
    {
        Add(document => document with { Layers = [document.Layers![0] with { Digest = digest }] });
        Fails().Message.Should().Contain("is no digest");
    }

    [Fact]
    public void Import_BlobThatIsALink_IsNotFollowed()
    {
        _layout.Image("t", Compression.None, s_base);
        string path = _layout.BlobPath(Digest.Of(s_base));
        File.Move(path, _scratch["elsewhere"]);
        File.CreateSymbolicLink(path, _scratch["elsewhere"]);
        Fails();
    }

    [Fact]
    [Trait("Row", "I104")]
    public void I104_NestedIndex_GivesTheImageOfThisMachine()
    {
        var foreign = _layout.Manifest(Compression.Gzip, [s_change]) with { Platform = new() { Os = "linux", Architecture = "s390x" } };
        var own = _layout.Manifest(Compression.Gzip, [s_base]) with { Platform = new() { Os = "linux", Architecture = Sources.LayoutReader.Architecture } };
        var attestation = _layout.Manifest(Compression.Gzip, [s_change]) with { Platform = new() { Os = "unknown", Architecture = "unknown" } };
        _layout.Add(_layout.Index(foreign, attestation, _layout.Index(own) with { Platform = own.Platform }), "t");
        Import().Layers[0].DiffId.Should().Be(Digest.Of(s_base));
    }

    [Fact]
    [Trait("Row", "I104")]
    public void I104_NoImageOfThisMachine_SaysWhichThereAre()
    {
        var foreign = _layout.Manifest(Compression.Gzip, [s_base]) with { Platform = new() { Os = "linux", Architecture = "s390x" } };
        _layout.Add(_layout.Index(foreign), "t");
        Fails().Message.Should().Contain("linux/s390x");
    }

    [Fact]
    public void Import_WithoutName_TakesTheTag()
    {
        _layout.Image("v1", s_base).Image("v2", s_change);
        Import("v2", null).Name.Should().Be("v2");
        FluentActions.Invoking(() => Import(null, null)).Should().Throw<ImageException>().WithMessage("*v1, v2*");
        FluentActions.Invoking(() => Import("v3", null)).Should().Throw<ImageException>().Which.Error.Should().Be(ImageError.Missing);
    }

    [Fact]
    public void Import_NamelessSource_AsksForAName()
    {
        _layout.Image(null, s_base);
        FluentActions.Invoking(() => Import(null, null)).Should().Throw<ImageException>().WithMessage("*image import SOURCE NAME*").Which.Error.Should().Be(ImageError.Usage);
    }

    [Theory]
    [InlineData(null)]
    [InlineData(Compression.Gzip)]
    [InlineData(Compression.Zstd)]
    public void Import_DockerArchive_CompressedOrNot(Compression? compression)
    {
        byte[] archive = LayoutBuilder.DockerArchive("docker.io/library/x:1", s_base, s_change);
        File.WriteAllBytes(_scratch["d.tar"], LayoutBuilder.Compress(archive, compression ?? Compression.None));
        using var store = Open();
        var image = store.Import($"docker-archive:{_scratch["d.tar"]}");
        image.Name.Should().Be("docker.io/library/x:1");
        LayerStack.Tree(image.Layers[1].Directory).Should().Equal("!gone", "etc/", "etc/hosts");
    }

    [Fact]
    public void Import_DockerArchiveWithCompressedLayers_KeepsTheBlobs()
    {
        byte[] packed = LayoutBuilder.Compress(s_base, Compression.Gzip);
        byte[] archive = LayoutBuilder.DockerArchive("x", s_base);
        byte[] changed = new TarBuilder().Entry('0', "0/layer.tar", packed).Unended();
        File.WriteAllBytes(_scratch["d.tar"], [.. changed, .. archive[(512 + (s_base.Length + 511) / 512 * 512)..]]);
        using var store = Open();
        store.Import($"docker-archive:{_scratch["d.tar"]}").Layers[0].Blob.Digest.Should().Be(Digest.Of(packed).ToString());
    }
}
