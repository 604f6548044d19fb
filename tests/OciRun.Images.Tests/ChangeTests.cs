using System.Buffers.Binary;
using System.Text;
using OciRun.Images.Changes;
using OciRun.Images.Layers;
using OciRun.Images.Tar;
using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>What an upper directory means: the list of changes, and the layer that is written of it.</summary>
public sealed class ChangeTests : IDisposable
{
    private readonly Scratch _scratch = new();
    private readonly string _lower, _upper;

    public ChangeTests()
    {
        Assert.SkipUnless(Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace, "the marks of an overlay are root's");
        (_lower, _upper) = (_scratch.Make("lower"), _scratch.Make("upper"));
    }

    public void Dispose() => _scratch.Dispose();

    private static readonly DateTime s_time = new(2020, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static void Write(string root, string path, string content = "x")
    {
        string file = Path.Join(root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
        File.SetLastWriteTimeUtc(file, s_time);
    }

    private static void Node(string root, string path, uint type, uint major = 0, uint minor = 0)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(root, path))!);
        using var parent = Files.Open(Path.GetDirectoryName(Path.Join(root, path))!, OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.TryMakeNode(parent, Path.GetFileName(path), type | 0x180, major, minor).Should().Be(Errno.None);
    }

    private static void Attribute(string root, string path, string name, byte[] value)
    {
        using var file = Files.Open(Path.Join(root, path), OpenFlags.ReadOnly);
        TreeFiles.TrySetAttribute(file, name, value).Should().Be(Errno.None);
    }

    private string[] Changes(TreeView? view = null)
    {
        using var tree = ChangedTree.OfUpper(_upper, [_lower], view ?? new());
        return [.. tree.Find().Select(static change => $"{change.Kind.ToString()[0]} /{change.Path}")];
    }

    private List<(TarEntry Entry, string Data)> Layer(TreeView? view = null, long? latest = null, List<string>? warnings = null)
    {
        var reader = new TarReader(new StreamSource(new MemoryStream(Bytes(view, latest, warnings))));
        var found = new List<(TarEntry, string)>();
        while (reader.Next() is { } entry)
        {
            var data = new StringBuilder();
            for (ReadOnlySpan<byte> some; !(some = reader.ReadData()).IsEmpty;)
            {
                data.Append(Encoding.Latin1.GetString(some));
            }

            found.Add((entry, data.ToString()));
        }

        return found;
    }

    private byte[] Bytes(TreeView? view = null, long? latest = null, List<string>? warnings = null)
    {
        using var tree = ChangedTree.OfUpper(_upper, [_lower], view ?? new());
        var archive = new MemoryStream();
        var writer = new LayerWriter(tree, archive, latest);
        writer.Run(tree.FindAll());
        warnings?.AddRange(writer.Warnings);
        return archive.ToArray();
    }

    private string[] Names() => [.. Layer().Select(static item => item.Entry.Name)];

    [Fact]
    public void Find_NothingInUpper_IsEmpty()
    {
        Write(_lower, "etc/a");
        Changes().Should().BeEmpty();
        new MemoryStream(Bytes()).Length.Should().Be(1024, "an archive without entries is its end");
    }

    [Fact]
    public void Find_NewChangedAndGone_AreToldApart()
    {
        Write(_lower, "etc/a", "old");
        Write(_lower, "etc/b");
        Write(_upper, "etc/a", "new");
        Write(_upper, "new/file");
        Node(_upper, "etc/b", FileType.Character);
        Changes().Should().Equal("C /etc/a", "D /etc/b", "A /new", "A /new/file");
        Names().Should().Equal("etc/", "etc/.wh.b", "etc/a", "new/", "new/file");
    }

    [Fact]
    public void Find_CopyThatNobodyChanged_IsNoChange()
    {
        Write(_lower, "etc/a");
        Write(_upper, "etc/a");
        Changes().Should().BeEmpty();
        Names().Should().BeEmpty();
    }

    [Theory]
    [InlineData("content")]
    [InlineData("mode")]
    [InlineData("owner")]
    [InlineData("time")]
    [InlineData("attribute")]
    [InlineData("type")]
    public void Find_OneThingElse_IsAChange(string what)
    {
        Write(_lower, "f", "abc");
        Write(_upper, "f", what == "content" ? "abd" : "abc"); // of one size and time
        string file = Path.Join(_upper, "f");
        switch (what)
        {
            case "mode":
                File.SetUnixFileMode(file, UnixFileMode.UserRead);
                break;
            case "owner":
                using (var open = Files.Open(file, OpenFlags.ReadOnly))
                {
                    Files.TryChangeOwner(open, 5, 6);
                }

                break;
            case "time":
                File.SetLastWriteTimeUtc(file, s_time.AddTicks(1));
                break;
            case "attribute":
                Attribute(_upper, "f", "user.x", [1]);
                break;
            case "type":
                File.Delete(file);
                File.CreateSymbolicLink(file, "x");
                break;
        }

        Changes().Should().Equal("C /f");
    }

    [Fact]
    public void Find_WhiteoutOfNothing_IsNoChange()
    {
        Node(_upper, "gone", FileType.Character);
        Changes().Should().BeEmpty();
    }

    [Fact]
    public void Opaque_OverLower_ListsWhatItHidesAndWritesOneMark()
    {
        Write(_lower, "d/a");
        Write(_lower, "d/sub/x");
        Write(_lower, "d/sub/y");
        Write(_upper, "d/sub/x");
        Attribute(_upper, "d", "trusted.overlay.opaque", "y"u8.ToArray());
        Changes().Should().Equal("D /d/a", "C /d/sub", "C /d/sub/x", "D /d/sub/y");
        Names().Should().Equal("d/", "d/.wh..wh..opq", "d/sub/", "d/sub/x");
    }

    [Fact]
    public void Opaque_OverNothing_NeedsNoMark()
    {
        // Since 4.10 the kernel marks every directory that it makes where something was (row I42).
        Write(_lower, "d", "a file");
        Write(_upper, "d/a");
        Attribute(_upper, "d", "trusted.overlay.opaque", "y"u8.ToArray());
        Changes().Should().Equal("C /d", "A /d/a");
        Names().Should().Equal("d/", "d/a");
    }

    [Fact]
    public void MountPoints_MadeByTheRuntime_AreNoChange()
    {
        Directory.CreateDirectory(Path.Join(_upper, "a/b/c"));
        Directory.CreateDirectory(Path.Join(_upper, "proc"));
        Directory.CreateDirectory(Path.Join(_upper, "own"));
        Write(_upper, "etc/hosts", "");
        var view = new TreeView { MountPoints = new HashSet<string> { "a/b/c", "proc", "etc/hosts" } };
        Changes(view).Should().Equal("A /own");
        Layer(view).Select(static item => item.Entry.Name).Should().Equal("own/");
    }

    [Fact]
    public void Devices_MadeByTheRuntime_AreNoChange()
    {
        Node(_upper, "dev/null", FileType.Character, 1, 3);
        File.CreateSymbolicLink(Path.Join(_upper, "dev/fd"), "/proc/self/fd");
        Changes(new TreeView { Devices = new HashSet<string> { "dev/null", "dev/fd" } }).Should().BeEmpty();
        Changes(new TreeView { Devices = new HashSet<string> { "dev/null" } }).Should().Equal("A /dev", "A /dev/fd");
    }

    [Fact]
    public void MountPoints_WithFilesOfTheContainer_AreChanges()
    {
        Write(_upper, "data/file");
        Write(_upper, "etc/hosts", "not empty");
        Directory.CreateDirectory(Path.Join(_upper, "way/point"));
        File.SetUnixFileMode(Path.Join(_upper, "way"), UnixFileMode.UserRead);
        var view = new TreeView { MountPoints = new HashSet<string> { "data", "etc/hosts", "way/point" } };
        Changes(view).Should().Equal("A /data", "A /data/file", "A /etc", "A /etc/hosts", "A /way");
    }

    [Fact]
    public void Layer_Whiteout_HasNoModeAndNoSize()
    {
        Write(_lower, "f");
        Node(_upper, "f", FileType.Character);
        var (entry, _) = Layer().Should().ContainSingle().Which;
        (entry.Name, entry.Type, entry.Mode, entry.Size, entry.Modified).Should().Be((".wh.f", TarType.File, 0u, 0L, new FileTime(0, 0)));
    }

    [Fact]
    public void Layer_FileNamedAsAWhiteout_IsRefused()
    {
        Write(_upper, "etc/.wh.passwd");
        var write = () => Layer();
        write.Should().Throw<ImageException>().WithMessage("\"/etc/.wh.passwd\" cannot be in an image*").Which.Error.Should().Be(ImageError.Unsupported);
        Changes().Should().Equal("A /etc", "A /etc/.wh.passwd");
    }

    [Fact]
    public void Layer_Metadata_IsOfTheContainer()
    {
        Write(_upper, "f", "abc");
        using (SafeFd file = Files.Open(Path.Join(_upper, "f"), OpenFlags.ReadOnly), root = Files.Open(_upper, OpenFlags.ReadOnly))
        {
            Files.TryChangeOwner(root, 100_000, 100_000).Should().Be(Errno.None);
            Files.TryChangeOwner(file, 100_005, 100_006).Should().Be(Errno.None);
        }

        byte[] capability = new byte[24];
        BinaryPrimitives.WriteUInt32LittleEndian(capability, 0x03000001);
        BinaryPrimitives.WriteUInt32LittleEndian(capability.AsSpan(4), 0x400);
        BinaryPrimitives.WriteUInt32LittleEndian(capability.AsSpan(20), 100_000);
        Attribute(_upper, "f", "security.capability", capability);
        Attribute(_upper, "f", "user.x", [1, 2]);
        Attribute(_upper, "f", "trusted.overlay.origin", [3]);
        File.SetUnixFileMode(Path.Join(_upper, "f"), (UnixFileMode)0xDED); // 06755
        Attribute(_upper, "f", "security.capability", capability);
        var view = new TreeView { Uid = static uid => uid >= 100_000 ? uid - 100_000 : null, Gid = static gid => gid >= 100_000 ? gid - 100_000 : null };
        var (entry, data) = Layer(view).Single(static item => item.Entry.Name == "f");
        (entry.Uid, entry.Gid, entry.Mode, data).Should().Be((5u, 6u, 0xDEDu, "abc"));
        entry.Attributes.Select(static attribute => attribute.Key).Should().Equal("security.capability", "user.x");
        entry.Attributes[0].Value.Should().HaveCount(20).And.StartWith(new byte[] { 1, 0, 0, 2 });
    }

    [Fact]
    public void Layer_OwnerThatTheContainerDoesNotHave_IsRefused()
    {
        Write(_upper, "f");
        var write = () => Layer(new TreeView { Uid = static _ => null });
        write.Should().Throw<ImageException>().WithMessage("*belongs to user 0, whom the container does not have*");
    }

    [Theory]
    [InlineData("metacopy", "f")]
    [InlineData("redirect", "d")]
    public void Find_UpperThatIsNotWhole_IsRefused(string mark, string path)
    {
        Write(_upper, "f");
        Write(_lower, "f", "y");
        Directory.CreateDirectory(Path.Join(_upper, "d"));
        Attribute(_upper, path, "trusted.overlay." + mark, [1]);
        var write = () => Layer();
        write.Should().Throw<ImageException>().WithMessage("*metacopy or redirect_dir*");
    }

    [Fact]
    public void Layer_HardLinks_AreOneFile()
    {
        Write(_upper, "a", "data");
        using (var root = Files.Open(_upper, OpenFlags.ReadOnly | OpenFlags.Directory))
        {
            TreeFiles.TryLink(root, "a", root, "b").Should().Be(Errno.None);
        }

        var layer = Layer();
        layer.Select(static item => (item.Entry.Type, item.Entry.Name, item.Entry.Target, item.Data)).Should().Equal(
            (TarType.File, "a", "", "data"), (TarType.HardLink, "b", "a", ""));
    }

    [Fact]
    public void Layer_EveryType_IsKeptAndSocketsAreNot()
    {
        Node(_upper, "fifo", FileType.Fifo);
        Node(_upper, "null", FileType.Character, 1, 3);
        Node(_upper, "disk", FileType.Block, 259, 300);
        Node(_upper, "sock", FileType.Socket);
        File.CreateSymbolicLink(Path.Join(_upper, "link"), "/etc/passwd");
        var warnings = new List<string>();
        var layer = Layer(warnings: warnings);
        layer.Select(static item => (item.Entry.Name, item.Entry.Type, item.Entry.Major, item.Entry.Minor, item.Entry.Target)).Should().Equal(
            ("disk", TarType.Block, 259u, 300u, ""), ("fifo", TarType.Fifo, 0u, 0u, ""), ("link", TarType.SymbolicLink, 0u, 0u, "/etc/passwd"), ("null", TarType.Character, 1u, 3u, ""));
        warnings.Should().ContainSingle().Which.Should().Contain("/sock");
    }

    [Fact]
    public void Layer_LongAndOddNames_AreKept()
    {
        string name = string.Join('/', Enumerable.Repeat(new string('n', 120), 3)) + "/ä\n";
        Write(_upper, name);
        Names()[^1].Should().Be(RawName.FromText(name));
    }

    [Fact]
    public void Layer_SparseFile_ReadsBackAsItIs()
    {
        using (var file = Files.Open(Path.Join(_upper, "f"), OpenFlags.WriteOnly | OpenFlags.Create, 0x1A4))
        {
            TreeFiles.TryWriteAt(file, "end"u8, 3 << 20).Should().Be(Errno.None);
        }

        var (entry, data) = Layer().Single();
        entry.Size.Should().Be((3 << 20) + 3);
        data.Should().EndWith("\0end").And.StartWith("\0");
    }

    [Fact]
    public void Layer_Twice_IsTheSame()
    {
        Write(_lower, "x");
        foreach (string name in new[] { "b", "a/z", "a-b", "a/c" })
        {
            Write(_upper, name);
        }

        byte[] first = Bytes(latest: 1_000_000_000);
        File.SetLastWriteTimeUtc(Path.Join(_upper, "b"), DateTime.UtcNow);
        Bytes(latest: 1_000_000_000).Should().Equal(first);
        Layer(latest: 1_000_000_000).Should().OnlyContain(static item => item.Entry.Modified == new FileTime(1_000_000_000, 0));
        Names().Should().Equal("a/", "a/c", "a/z", "a-b", "b");
    }

    [Fact]
    public void Layer_AppliedOverItsLower_GivesTheTreeBack()
    {
        Write(_lower, "etc/a");
        Write(_lower, "d/x");
        Write(_lower, "gone/y");
        Node(_upper, "gone", FileType.Character);
        Write(_upper, "d/z");
        Attribute(_upper, "d", "trusted.overlay.opaque", "y"u8.ToArray());
        string again = _scratch.Make("again");
        using (SafeFd root = Files.Open(again, OpenFlags.ReadOnly | OpenFlags.Directory), lower = Files.Open(_lower, OpenFlags.ReadOnly | OpenFlags.Directory))
        using (var applier = new LayerApplier(root, new LowerLayers(() => [lower], OverlayForm.Trusted), OverlayForm.Trusted, 1 << 20, "layer"))
        {
            applier.Apply(new TarReader(new StreamSource(new MemoryStream(Bytes()))));
        }

        using var tree = ChangedTree.OfUpper(again, [_lower], new());
        tree.Find().Select(static change => $"{change.Kind} {change.Path}").Should().Equal("Deleted d/x", "Added d/z", "Deleted gone");
    }

    [Fact]
    public void Merged_ComparesWithoutMarks()
    {
        Write(_lower, "etc/a", "one");
        Write(_lower, "etc/gone");
        Write(_lower, "proc/hidden");
        Write(_upper, "etc/a", "two");
        Write(_upper, "etc/new");
        Write(_upper, "proc/1/stat");
        using var tree = ChangedTree.OfMerged(
            Files.Open(_upper, OpenFlags.ReadOnly | OpenFlags.Directory), [_lower], new TreeView { Covered = new HashSet<string> { "proc" }, MountPoints = new HashSet<string> { "proc" } });
        tree.Find().Select(static change => $"{change.Kind} {change.Path}").Should().Equal("Changed etc/a", "Deleted etc/gone", "Added etc/new");
    }
}
