using System.Text;
using OciRun.Images.Tar;

namespace OciRun.Images.Tests;

public sealed class TarReaderTests
{
    private static List<(TarEntry Entry, string Data)> Read(byte[] archive)
    {
        var reader = new TarReader(new StreamSource(new MemoryStream(archive)));
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

    private static TarEntry One(TarBuilder archive) => Read(archive.Build()).Should().ContainSingle().Which.Entry;

    [Fact]
    public void Next_GnuLongNameAndTarget_AreWhole()
    {
        string name = new('n', 300), target = new('t', 400);
        var entry = One(new TarBuilder()
            .Entry('L', "././@LongLink", Encoding.ASCII.GetBytes(name + "\0"), gnu: true).Entry('K', "././@LongLink", Encoding.ASCII.GetBytes(target + "\0"), gnu: true)
            .Entry('2', name[..100], target: target[..100], gnu: true));
        (entry.Name, entry.Target).Should().Be((name, target));
    }

    [Fact]
    public void Next_Ustar_JoinsThePrefix() => One(new TarBuilder().Entry('0', "file", prefix: "a/b")).Name.Should().Be("a/b/file");

    [Fact]
    public void Next_Gnu_TakesNoPrefix() => One(new TarBuilder().Entry('0', "file", gnu: true, prefix: "12345670")).Name.Should().Be("file");

    [Fact]
    public void Next_Pax_WinsOverTheHeader()
    {
        var entry = One(new TarBuilder()
            .Pax(("path", "d\xc3\xa9/\xff"), ("uid", "4000000000"), ("gid", "70000"), ("mtime", "-1.25"), ("SCHILY.xattr.user.a", "v\0w"), ("SCHILY.xattr.user.e", ""))
            .File("short"));
        entry.Name.Should().Be("d\xc3\xa9/\xff", "names are bytes");
        (entry.Uid, entry.Gid).Should().Be((4_000_000_000u, 70_000u));
        entry.Modified.Should().Be(new Linux.FileTime(-2, 750_000_000));
        entry.Attributes.Should().HaveCount(2);
        entry.Attributes[0].Value.Should().Equal("v\0w"u8.ToArray());
        entry.Attributes[1].Value.Should().BeEmpty();
    }

    [Fact]
    public void Next_Pax_HoldsForOneEntry_GlobalForAll()
    {
        var all = Read(new TarBuilder().Pax('g', ("mtime", "77")).Pax(("path", "one")).File("x").File("y").Build());
        all.Select(static found => (found.Entry.Name, found.Entry.Modified.Seconds)).Should().Equal(("one", 77), ("y", 77));
    }

    [Fact]
    public void Next_Base256_IsRead()
    {
        var entry = One(new TarBuilder().Entry('0', "big", change: static header =>
        {
            header.AsSpan(108, 8).Clear();
            header[108] = 0x80;
            header[112] = 0xee;
            header[115] = 0x01;
        }));
        entry.Uid.Should().Be(0xee000001);
    }

    [Fact]
    public void Next_V7_IsRead()
    {
        var all = Read(new TarBuilder()
            .Entry('\0', "dir/", change: static header => header.AsSpan(257).Clear())
            .Entry('\0', "dir/f", "abc"u8.ToArray(), change: static header => header.AsSpan(257).Clear()).Build());
        all.Select(static found => (found.Entry.Type, found.Entry.Name, found.Data)).Should().Equal((TarType.Directory, "dir/", ""), (TarType.File, "dir/f", "abc"));
    }

    [Fact]
    public void Next_SignedChecksum_IsAccepted()
    {
        byte[] archive = new TarBuilder().File("\xe9").Build();
        int sum = 0;
        for (int i = 0; i < 512; i++)
        {
            sum += i is >= 148 and < 156 ? ' ' : (sbyte)archive[i];
        }

        TarBuilder.Octal(archive, 148, 7, sum);
        Read(archive).Should().ContainSingle().Which.Entry.Name.Should().Be("\xe9");
    }

    [Theory]
    [InlineData("0.0")]
    [InlineData("0.1")]
    [InlineData("1.0")]
    [InlineData("old")]
    public void Next_Sparse_HasItsMapAndName(string form)
    {
        byte[] data = Encoding.ASCII.GetBytes(new string('a', 3) + new string('b', 5));
        var archive = form switch
        {
            "0.0" => new TarBuilder()
                .Pax(("GNU.sparse.size", "5000"), ("GNU.sparse.numblocks", "2"), ("GNU.sparse.offset", "10"), ("GNU.sparse.numbytes", "3"),
                    ("GNU.sparse.offset", "4000"), ("GNU.sparse.numbytes", "5"))
                .Entry('0', "sparse", data),
            "0.1" => new TarBuilder().Pax(("GNU.sparse.size", "5000"), ("GNU.sparse.name", "sparse"), ("GNU.sparse.map", "10,3,4000,5")).Entry('0', "GNUSparseFile.1/sparse", data),
            "1.0" => new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.minor", "0"), ("GNU.sparse.realsize", "5000"), ("GNU.sparse.name", "sparse"))
                .Entry('0', "GNUSparseFile.1/sparse", [.. "2\n10\n3\n4000\n5\n"u8, .. new byte[512 - 14], .. data]),
            _ => new TarBuilder().Entry('S', "sparse", data, gnu: true, change: static header =>
            {
                TarBuilder.Octal(header, 386, 12, 10);
                TarBuilder.Octal(header, 398, 12, 3);
                TarBuilder.Octal(header, 410, 12, 4000);
                TarBuilder.Octal(header, 422, 12, 5);
                TarBuilder.Octal(header, 483, 12, 5000);
            }),
        };
        var (entry, content) = Read(archive.File("next").Build())[0];
        entry.Name.Should().Be("sparse");
        entry.Size.Should().Be(5000);
        entry.Sparse.Should().Equal(new SparsePart(10, 3), new SparsePart(4000, 5));
        content.Should().Be("aaabbbbb");
    }

    [Fact]
    public void Next_OldSparseWithManyParts_ReadsTheBlocksThatFollow()
    {
        byte[] more = new byte[512];
        for (int i = 0; i < 3; i++)
        {
            TarBuilder.Octal(more, i * 24, 12, 1000 + i * 10);
            TarBuilder.Octal(more, i * 24 + 12, 12, 1);
        }

        var archive = new TarBuilder().Entry('S', "sparse", size: 7, gnu: true, change: static header =>
        {
            for (int i = 0; i < 4; i++)
            {
                TarBuilder.Octal(header, 386 + i * 24, 12, i * 10);
                TarBuilder.Octal(header, 398 + i * 24, 12, 1);
            }

            header[482] = 1;
            TarBuilder.Octal(header, 483, 12, 2000);
        }).Raw(more).Data("1234567"u8.ToArray()).File("next");
        var all = Read(archive.Build());
        all[0].Entry.Sparse.Should().HaveCount(7);
        all[0].Data.Should().Be("1234567");
        all[1].Entry.Name.Should().Be("next");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Next_WithoutEndBlocks_Ends(bool oneBlock)
    {
        byte[] archive = new TarBuilder().File("a", "x").Unended();
        Read(oneBlock ? [.. archive, .. new byte[512]] : archive).Should().ContainSingle();
    }

    [Fact]
    public void Writer_RoundTrip_KeepsEverything()
    {
        var written = new TarEntry
        {
            Type = TarType.File,
            Name = new string('x', 120) + "\xff",
            Mode = 0xDED,
            Uid = 3_000_000,
            Gid = uint.MaxValue - 1,
            Size = 3,
            Modified = new(-2, 750_000_000),
            Attributes = [new("user.b", [0, 10]), new("security.capability", "=\n"u8.ToArray())],
        };
        var output = new MemoryStream();
        var writer = new TarWriter(output);
        writer.Begin(written);
        writer.Write("abc"u8);
        writer.Begin(new TarEntry { Type = TarType.Character, Name = "null", Major = 1, Minor = 3 });
        writer.Finish();

        var all = Read(output.ToArray());
        all[0].Data.Should().Be("abc");
        var read = all[0].Entry;
        (read.Type, read.Name, read.Mode, read.Uid, read.Gid, read.Size, read.Modified)
            .Should().Be((written.Type, written.Name, written.Mode, written.Uid, written.Gid, written.Size, written.Modified));
        read.Attributes.Should().BeEquivalentTo(written.Attributes);
        (all[1].Entry.Type, all[1].Entry.Major, all[1].Entry.Minor).Should().Be((TarType.Character, 1u, 3u));
    }
}
