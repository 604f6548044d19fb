using OciRun.Linux;
using OciRun.Runtime.Criu;

namespace OciRun.Runtime.Tests.Criu;

/// <summary>Mounts of a checkpoint: which names they may have (X29), and where they may be (X31).</summary>
public sealed class CheckpointMountTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-criu-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private static byte[] Entry(int id, int parent, string path, string? key = null, string root = "/", int device = 1)
    {
        var entry = new ProtobufWriter();
        entry.Add(2, id);
        entry.Add(3, device);
        entry.Add(4, parent);
        entry.Add(6, root);
        entry.Add(7, path);
        if (key is not null)
        {
            entry.Add(18, key);
        }

        return entry.Written.ToArray();
    }

    private string Rootfs => Directory.CreateDirectory(_directory + "/rootfs").FullName;

    private void Prepare(Dictionary<string, string> sources, params byte[][] entries)
    {
        using SafeFd rootfs = Files.Open(Rootfs, OpenFlags.Path | OpenFlags.Directory);
        RestorePoints.Prepare(rootfs, ImageMount.ParseAll([Entry(1, 0, "/"), .. entries]), key => sources[key]);
    }

    private static Dictionary<string, string> Sources(string key, params ExternalMounts.Entry[] entries) =>
        ExternalMounts.Sources(ImageMount.ParseAll([Entry(2, 1, "/x", key)]), [.. entries]);

    [Fact]
    public void Sources_KeyOfAMount_IsItsSource() =>
        Sources("/data", new ExternalMounts.Entry("/data", "/srv", "/mounts/0")).Should().Equal(new Dictionary<string, string> { ["/data"] = "/srv" });

    [Fact]
    public void Sources_KeyOfAMask_IsTheHostsNull() => Sources("/dev/null").Should().Equal(new Dictionary<string, string> { ["/dev/null"] = "/dev/null" });

    [Fact]
    public void Sources_UnknownKey_IsRefused() =>
        ((Action)(() => Sources("/etc", new ExternalMounts.Entry("/data", "/srv", "/mounts/0")))).Should().Throw<ContainerException>().WithMessage("*\"/etc\"*config.json does not say*");

    [Theory]
    [InlineData("/x]:/etc")]
    [InlineData("/x[")]
    [InlineData("/x:y")]
    public void Sources_KeyWithTheMarksOfAName_IsRefused(string key) =>
        ((Action)(() => Sources(key, new ExternalMounts.Entry(key, "/srv", "/mounts/7")))).Should().Throw<ContainerException>().Which.Place.Should().Be("/mounts/7");

    [Fact]
    public void Prepare_MissingPlaces_AreMadeAsWhatIsMountedThere()
    {
        string file = _directory + "/file";
        File.WriteAllText(file, "");
        Prepare(new() { ["/a/b"] = _directory, ["/c/d"] = file }, Entry(2, 1, "/a/b", "/a/b"), Entry(3, 1, "/c/d", "/c/d"), Entry(4, 1, "/proc"), Entry(5, 4, "/proc/sys"));
        Directory.Exists(Rootfs + "/a/b").Should().BeTrue();
        File.Exists(Rootfs + "/c/d").Should().BeTrue();
        Directory.Exists(Rootfs + "/proc").Should().BeTrue();
        Directory.Exists(Rootfs + "/proc/sys").Should().BeFalse("it is in a file system of CRIU's");
    }

    [Fact]
    public void Prepare_PlaceInAnotherMount_IsMadeThere()
    {
        string source = Directory.CreateDirectory(_directory + "/source").FullName;
        Prepare(new() { ["/a"] = source, ["/a/b"] = _directory }, Entry(2, 1, "/a", "/a"), Entry(3, 2, "/a/b", "/a/b"));
        Directory.Exists(source + "/b").Should().BeTrue();
        Directory.Exists(Rootfs + "/a/b").Should().BeFalse();
    }

    [Theory]
    [InlineData("/data")]
    [InlineData("/data/deep/er")]
    public void Prepare_LinkPutThereSince_IsRefusedAndNotFollowed(string path)
    {
        string outside = Directory.CreateDirectory(_directory + "/outside").FullName;
        Directory.CreateSymbolicLink(Rootfs + "/data", outside);
        Action prepare = () => Prepare(new() { ["k"] = _directory }, Entry(2, 1, path, "k"));
        prepare.Should().Throw<ContainerException>().WithMessage($"will not mount on \"{path}\": there is a symbolic link on the way*");
        Directory.GetFileSystemEntries(outside).Should().BeEmpty();
    }

    [Fact]
    public void Prepare_LinkInTheSourceOfTheMountAbove_IsRefused()
    {
        string source = Directory.CreateDirectory(_directory + "/source").FullName;
        Directory.CreateSymbolicLink(source + "/b", "/");
        Action prepare = () => Prepare(new() { ["/a"] = source, ["/a/b"] = _directory }, Entry(2, 1, "/a", "/a"), Entry(3, 2, "/a/b", "/a/b"));
        prepare.Should().Throw<ContainerException>().WithMessage("*symbolic link*");
    }

    [Fact]
    public void Prepare_LinkOfAReadOnlyPath_IsRefused()
    {
        // /usr is mounted onto itself: what is mounted below it is below the root filesystem, too.
        Directory.CreateDirectory(Rootfs + "/usr");
        Directory.CreateSymbolicLink(Rootfs + "/usr/data", "/");
        Action prepare = () => Prepare(new() { ["k"] = _directory }, Entry(2, 1, "/usr", root: "/usr"), Entry(3, 2, "/usr/data", "k", device: 2));
        prepare.Should().Throw<ContainerException>().WithMessage("*symbolic link*");
    }

    [Fact]
    public void Prepare_PathThatLeavesTheRoot_IsRefused() =>
        ((Action)(() => Prepare(new() { ["k"] = _directory }, Entry(2, 1, "/../outside2", "k")))).Should().Throw<ContainerException>();

    [Fact]
    public void ParseAll_MountWithoutAPath_Throws() => ((Action)(() => ImageMount.ParseAll([Entry(1, 0, "x")]))).Should().Throw<FormatException>();
}
