using System.Text;
using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>
/// Archives that want out, or want too much (rows X80, X83, X84). Each either is refused with one clear line, or makes what it should within the layer. Around the layer
/// lies a canary that nothing may touch.
/// </summary>
public sealed class HostileTests : IDisposable
{
    private readonly LayerStack _stack = new();

    public HostileTests()
    {
        File.WriteAllText(_stack.Scratch["canary"], "alive");
        Directory.CreateDirectory(_stack.Scratch["outside"]);
    }

    public void Dispose() => _stack.Dispose();

    private static byte[] Zeros(int count) => new byte[count];

    /// <summary>Name, archive, and a word of the message; or with a tree, what the layer is to hold.</summary>
    private static readonly (string Name, Func<Scratch, byte[]> Archive, string Message)[] s_refused =
    [
        ("dot-dot", _ => new TarBuilder().File("../canary", "dead").Build(), "leads upwards"),
        ("dot-dot-inside", _ => new TarBuilder().Directory("a").File("a/../../canary", "dead").Build(), "leads upwards"),
        ("dot-dot-absolute", _ => new TarBuilder().File("/../canary", "dead").Build(), "leads upwards"),
        ("dot-dot-directory", _ => new TarBuilder().Directory("..").Build(), "leads upwards"),
        ("dot-dot-pax", _ => new TarBuilder().Pax(("path", "../canary")).File("x").Build(), "leads upwards"),
        ("dot-dot-gnu", _ => new TarBuilder().Entry('L', "l", "../canary\0"u8.ToArray()).File("x").Build(), "leads upwards"),
        ("dot-dot-prefix", _ => new TarBuilder().Entry('0', "canary", prefix: "..").Build(), "leads upwards"),
        ("dot-dot-hard-link", _ => new TarBuilder().HardLink("h", "../canary").Build(), "leads upwards"),
        ("dot-dot-whiteout", _ => new TarBuilder().File("../.wh.canary").Build(), "leads upwards"),
        ("whiteout-of-dot", _ => new TarBuilder().File(".wh..").Build(), "no name"),
        ("whiteout-of-dot-dot", _ => new TarBuilder().File("a/.wh...").Build(), "no name"),
        ("whiteout-of-nothing", _ => new TarBuilder().File(".wh.").Build(), "no name"),
        ("whiteout-with-children", _ => new TarBuilder().File(".wh.a/b").Build(), "no name"),
        ("root-symlink", s => new TarBuilder().SymbolicLink("/.", s["outside"]).File("x").Build(), "root of the layer"),
        ("root-symlink-dot", s => new TarBuilder().SymbolicLink(".", s["outside"]).Build(), "root of the layer"),
        ("root-file", _ => new TarBuilder().File("./").Entry('0', "/").Entry('0', ".").Build(), "root of the layer"),
        ("root-hard-link-target", _ => new TarBuilder().HardLink("h", "/").Build(), "root of the layer"),
        ("hard-link-missing", _ => new TarBuilder().HardLink("h", "/etc/passwd").Build(), "missing"),
        ("hard-link-through-link", s => new TarBuilder().SymbolicLink("l", s["outside"] + "/..").HardLink("h", "l/canary").Build(), "missing"),
        ("hard-link-directory", _ => new TarBuilder().Directory("d").HardLink("h", "d").Build(), "directory"),
        ("below-file", _ => new TarBuilder().File("f").File("f/x").Build(), "no directory"),
        ("link-loop", _ => new TarBuilder().SymbolicLink("a", "b").SymbolicLink("b", "a").File("a/x").Build(), "too many symbolic links"),
        ("whiteout-device", _ => new TarBuilder().Device('3', "gone", 0, 0).Build(), "character device 0:0"),
        ("empty-link", _ => new TarBuilder().SymbolicLink("l", "").Build(), "to nothing"),
        ("nul-in-name", _ => new TarBuilder().Pax(("path", "a\0b")).File("x").Build(), "NUL"),
        ("nul-in-target", _ => new TarBuilder().Pax(("linkpath", "a\0b")).SymbolicLink("x", "y").Build(), "invalid argument"),
        ("long-component", _ => new TarBuilder().Pax(("path", new string('a', 256))).File("x").Build(), "name of 256 bytes"),
        ("long-path", _ => new TarBuilder().Pax(("path", string.Join('/', Enumerable.Repeat("abcdefg", 600)))).File("x").Build(), "a path of"),
        ("long-link", _ => new TarBuilder().Pax(("linkpath", new string('a', 5000))).SymbolicLink("x", "y").Build(), "too long"),
        ("no-archive", _ => Encoding.ASCII.GetBytes(new string('x', 5000)), "no "),
        ("bad-checksum", _ => Break(new TarBuilder().File("x").Build(), 0, 'y'), "checksum"),
        ("truncated-header", _ => new TarBuilder().File("x", "y").Build()[..300], "ends within a header"),
        ("truncated-data", _ => new TarBuilder().File("x", new string('y', 2000)).Build()[..1000], "ends within a file"),
        ("truncated-skip", _ => new TarBuilder().Entry('D', "d", size: 1 << 20).Build(), "ends within a file"),
        ("truncated-pax", _ => new TarBuilder().Pax(("path", "x")).Unended(), "extension header"),
        ("negative-size", _ => new TarBuilder().Entry('0', "x", change: static h => h.AsSpan(124, 12).Fill(0xff)).Build(), "negative size"),
        ("huge-size", _ => new TarBuilder().Pax(("size", long.MaxValue.ToString(System.Globalization.CultureInfo.InvariantCulture))).File("x").Build(), "larger than"),
        ("overflowing-size", _ => new TarBuilder().Pax(("size", "99999999999999999999")).File("x").Build(), "no number"),
        ("word-for-size", _ => new TarBuilder().Entry('0', "x", change: static h => "abc"u8.CopyTo(h.AsSpan(124))).Build(), "no number"),
        ("huge-pax", _ => new TarBuilder().Entry('x', "p", size: 1L << 32).Build(), "extension header of"),
        ("huge-long-name", _ => new TarBuilder().Entry('L', "p", size: 1L << 30).Build(), "extension header of"),
        ("malformed-pax", _ => new TarBuilder().Entry('x', "p", "99 path=x\n"u8.ToArray()).File("x").Build(), "malformed"),
        ("pax-without-key", _ => new TarBuilder().Entry('x', "p", "9 = path\n"u8.ToArray()).File("x").Build(), "no key"),
        ("negative-owner", _ => new TarBuilder().Pax(("uid", "-1")).File("x").Build(), "no number"),
        ("owner-minus-one", _ => new TarBuilder().Pax(("uid", "4294967295")).File("x").Build(), "4294967295"),
        ("time-of-words", _ => new TarBuilder().Pax(("mtime", "noon")).File("x").Build(), "no time"),
        ("sparse-bomb", _ => new TarBuilder().Pax(("GNU.sparse.size", "1099511627776"), ("GNU.sparse.map", "0,1")).File("x", "y").Build(), "larger than"),
        ("sparse-outside", _ => new TarBuilder().Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "20,1")).File("x", "y").Build(), "leaves its file"),
        ("sparse-overlap", _ => new TarBuilder().Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "5,2,4,2")).File("x", "yyyy").Build(), "not in order"),
        ("sparse-mismatch", _ => new TarBuilder().Pax(("GNU.sparse.size", "10"), ("GNU.sparse.map", "0,1")).File("x", "yyy").Build(), "does not fit"),
        ("sparse-endless-map", _ => new TarBuilder().Pax(("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "10")).Entry('0', "x", "999999999\n1\n1\n"u8.ToArray()).Build(), "sparse map"),
        ("unknown-type", _ => new TarBuilder().Entry('Z', "x").Build(), "type 'Z'"),
        ("multi-volume", _ => new TarBuilder().Entry('M', "x").Build(), "type 'M'"),
        ("file-bomb", _ => new TarBuilder().Entry('0', "x", Zeros(3 << 20)).Build(), "larger than"),
    ];

    /// <summary>What is odd, and yet has a right answer within the layer.</summary>
    private static readonly (string Name, Func<Scratch, byte[]> Archive, string[] Tree)[] s_right =
    [
        ("absolute", _ => new TarBuilder().File("/etc/passwd", "x").Build(), ["etc/", "etc/passwd"]),
        ("absolute-link-target", s => new TarBuilder().SymbolicLink("l", s["canary"]).Build(), null!),
        ("link-then-child", s => new TarBuilder().SymbolicLink("out", s["outside"]).File("out/x").Build(), null!),
        ("link-dot-dot-then-child", _ => new TarBuilder().SymbolicLink("up", "../../../..").File("up/x").Build(), ["up -> ../../../..", "x"]),
        ("link-to-link-then-child", _ => new TarBuilder().SymbolicLink("a", "b").SymbolicLink("b", "/c").File("a/x").Build(), ["a -> b", "b -> /c", "c/", "c/x"]),
        ("link-replaced-by-directory", s => new TarBuilder().SymbolicLink("d", s["outside"]).Directory("d").File("d/x").Build(), ["d/", "d/x"]),
        ("directory-replaced-by-link", s => new TarBuilder().Directory("d").File("d/x").SymbolicLink("d", "e").File("d/y").Build(), ["d -> e", "e/", "e/y"]),
        ("file-replaced-by-link-written-again", s => new TarBuilder().SymbolicLink("f", s["canary"]).File("f", "dead").Build(), ["f"]),
        ("hard-link-to-link-written", s => new TarBuilder().SymbolicLink("l", s["canary"]).HardLink("h", "l").File("h", "dead").Build(), null!),
        ("duplicate-file", _ => new TarBuilder().File("f", "1").File("f", "2").Build(), ["f"]),
        ("duplicate-directory-keeps-content", _ => new TarBuilder().Directory("d").File("d/x").Directory("d", 0x1C0).Build(), ["d/", "d/x"]),
        ("file-over-directory", _ => new TarBuilder().Directory("d").Directory("d/e").File("d/e/x").File("d").Build(), ["d"]),
        ("hard-link-to-itself", _ => new TarBuilder().File("f").HardLink("f", "f").Build(), ["f"]),
        ("dots-and-slashes", _ => new TarBuilder().File("./a//./b/").File("././c").Build(), ["a/", "a/b/", "c"]),
        ("whiteout-of-root", _ => new TarBuilder().File("/.wh..wh..opq").File("x").Build(), ["x"]),
        ("backslash", _ => new TarBuilder().File("..\\canary").Build(), ["..\\canary"]),
        ("three-dots", _ => new TarBuilder().File("...").Build(), ["..."]),
        ("bytes", _ => new TarBuilder().File("\xff\xfe\n").Build(), ["\xff\xfe\n"]),
        ("deep", _ => new TarBuilder().Pax(("path", string.Join('/', Enumerable.Repeat("d", 1500)) + "/")).Directory("x").File("d").Build(), ["d"]),
        ("trailing-junk", _ => [.. new TarBuilder().File("x").Build(), .. Encoding.ASCII.GetBytes(new string('j', 700))], ["x"]),
        ("empty", _ => [], []),
    ];

    public static TheoryData<string> Refused => new(s_refused.Select(static test => test.Name));

    public static TheoryData<string> Right => new(s_right.Select(static test => test.Name));

    private static byte[] Break(byte[] archive, int at, char value)
    {
        archive[at] = (byte)value;
        return archive;
    }

    [Theory]
    [Trait("Row", "X83")]
    [MemberData(nameof(Refused))]
    public void Apply_Refuses(string name)
    {
        var (_, archive, message) = s_refused.Single(test => test.Name == name);
        var error = FluentActions.Invoking(() => _stack.Apply(archive(_stack.Scratch), budget: 2 << 20)).Should().Throw<ImageException>().Which;
        error.Error.Should().Be(ImageError.Invalid);
        error.Message.Should().Contain(message).And.NotContain("\n").And.StartWith("layer: ");
        CheckOutside();
    }

    [Theory]
    [Trait("Row", "X83")]
    [MemberData(nameof(Right))]
    public void Apply_MakesTheRightThing(string name)
    {
        var (_, archive, tree) = s_right.Single(test => test.Name == name);
        string layer = _stack.Apply(archive(_stack.Scratch));
        if (tree is not null)
        {
            LayerStack.Tree(layer).Should().Equal(tree);
        }

        CheckOutside();
    }

    private void CheckOutside()
    {
        File.ReadAllText(_stack.Scratch["canary"]).Should().Be("alive");
        Directory.EnumerateFileSystemEntries(_stack.Scratch["outside"]).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(_stack.Scratch.Path).Should().HaveCount(3, "the canary, the directory outside, and the layer");
    }

    [Theory]
    [Trait("Row", "X84")]
    [InlineData("trusted.overlay.opaque")]
    [InlineData("trusted.overlay.redirect")]
    [InlineData("user.overlay.opaque")]
    [InlineData("user.overlay.metacopy")]
    public void X84_AttributesOfOverlays_AreDroppedAndSaid(string attribute)
    {
        string layer = _stack.Apply(new TarBuilder().Pax(("SCHILY.xattr." + attribute, "y"), ("SCHILY.xattr.user.kept", "v")).Directory("d"));
        using var root = Files.Open(layer + "/d", OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.GetAttributes(root).Select(static pair => pair.Key).Should().Equal("user.kept");
        _stack.Warnings.Should().ContainSingle().Which.Should().Contain("attribute of overlay");
    }

    [Fact]
    [Trait("Row", "X80")]
    public void X80_Corpus_IsLargeEnough() => (s_refused.Length + s_right.Length).Should().BeGreaterThan(40);
}
