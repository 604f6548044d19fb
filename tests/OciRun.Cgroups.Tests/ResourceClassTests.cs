using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

/// <summary>
/// linux.intelRdt (S180–S184) against a directory that stands in for resctrl: no machine of ours has it, so that what the kernel does by itself (the files of a new
/// group, the check of a value) is imitated.
/// </summary>
public sealed class ResourceClassTests : IDisposable
{
    private readonly Dictionary<string, FileStream> _schemata = [];
    private readonly string _root = Directory.CreateTempSubdirectory("ocirun-resctrl-").FullName;

    public ResourceClassTests() => Fill(_root, "L3:0=fff;1=fff\nMB:0=100;1=100\n");

    public void Dispose()
    {
        foreach (var stream in _schemata.Values)
            stream.Dispose();
        Directory.Delete(_root, recursive: true);
    }

    [Fact]
    public void ClosIdUnset_IsTheContainersAndRemoved()
    {
        var rdt = Create(new IntelRdt { L3CacheSchema = "L3:0=f", MemBwSchema = "MB:0=20", Schemata = ["L2:0=1", "L3:1=f0"] });
        rdt.Directory.Should().Be(_root + "/c1");
        Written("c1").Should().Be("L3:0=f\nMB:0=20\nL2:0=1\nL3:1=f0\n", "l3CacheSchema first, then memBwSchema, schemata last");
        rdt.AddProcess(42);
        Read("c1/tasks").Should().Be("42");
        rdt.Owned.Should().Equal(_root + "/c1");
    }

    [Fact]
    public void ClosIdUnsetAndDirectoryThere_IsUsedAndKept()
    {
        Fill(_root + "/c1", "");
        Create(new IntelRdt()).Owned.Should().BeEmpty();
    }

    [Fact]
    public void ClosIdSlash_IsTheRoot()
    {
        var rdt = Create(new IntelRdt { ClosID = "/" });
        rdt.AddProcess(42);
        Read("tasks").Should().Be("42");
        Read("schemata").Should().StartWith("L3:0=fff;1=fff", "no schema is given: none is written");
        rdt.Owned.Should().BeEmpty();
    }

    [Fact]
    public void ClosIdWithSchema_Missing_IsMadeAndKept()
    {
        var rdt = Create(new IntelRdt { ClosID = "gold", Schemata = ["L3:0=f"] });
        Written("gold").Should().Be("L3:0=f\n");
        rdt.Owned.Should().BeEmpty("a class with a name outlives the container");
    }

    [Theory]
    [InlineData("L3:0=f", true)]
    [InlineData("L3:1=00F0;0=0f", true)]
    [InlineData("L3:0=ff", false)]
    [InlineData("L3:2=f", false)]
    public void ClosIdWithSchema_There_MustHaveTheSame(string schema, bool same)
    {
        Fill(_root + "/gold", "    MB:0=100;1=100\n    L3:0=00f;1=0f0\n");
        var act = () => Create(new IntelRdt { ClosID = "gold", L3CacheSchema = schema });
        if (same)
            act.Should().NotThrow();
        else
            act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/intelRdt/l3CacheSchema");
        Directory.Exists(_root + "/gold").Should().BeTrue();
    }

    [Fact]
    public void ClosIdWithoutSchema_Missing_Throws()
    {
        var act = () => Create(new IntelRdt { ClosID = "gold" });
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/intelRdt/closID");
        Directory.Exists(_root + "/gold").Should().BeFalse();
    }

    [Fact]
    public void Monitoring_GroupIsBelowTheClass()
    {
        Fill(_root + "/gold", "");
        var rdt = Create(new IntelRdt { ClosID = "gold", EnableMonitoring = true });
        rdt.AddProcess(42);
        Read("gold/tasks").Should().Be("42", "a monitoring group takes only tasks of its class");
        Read("gold/mon_groups/c1/tasks").Should().Be("42");
        rdt.Owned.Should().Equal(_root + "/gold/mon_groups/c1");
        ResourceClass.AddProcess(rdt.Tasks, 43); // exec
        Read("gold/tasks").Should().StartWith("43");
        Read("gold/mon_groups/c1/tasks").Should().StartWith("43");
    }

    [Fact]
    public void Monitoring_NoMoreGroups_ThrowsAndTakesTheClassBack()
    {
        var rdt = new ResourceClass(_root, new IntelRdt { EnableMonitoring = true }, "c1") { MakeDirectory = path => path.Contains("mon_groups", StringComparison.Ordinal) ? Errno.ENOSPC : MakeEmpty(path) };
        var act = rdt.Create;
        act.Should().Throw<CgroupException>().WithMessage("*ENOSPC*").Which.Place.Should().Be("/linux/intelRdt/enableMonitoring");
        Directory.Exists(_root + "/c1").Should().BeFalse();
    }

    [Fact]
    public void Plan_WithoutResctrl_Throws()
    {
        Assert.SkipWhen(CgroupHost.FindMount("resctrl") is not null, "resctrl is mounted here");
        var act = () => ResourceClass.Plan(new IntelRdt(), "c1");
        act.Should().Throw<CgroupException>().WithMessage("*resctrl is not mounted*");
        ResourceClass.Plan(null, "c1").Should().BeNull();
    }

    [Fact]
    public void Remove_Directories_AreGoneAndMissingOnesAreFine()
    {
        Directory.CreateDirectory(_root + "/empty");
        ResourceClass.Remove([_root + "/empty", _root + "/never"]);
        Directory.Exists(_root + "/empty").Should().BeFalse();
    }

    private ResourceClass Create(IntelRdt wanted)
    {
        var rdt = new ResourceClass(_root, wanted, "c1") { MakeDirectory = MakeGroup };
        rdt.Create();
        return rdt;
    }

    private static Errno MakeEmpty(string path)
    {
        Directory.CreateDirectory(path);
        return Errno.None;
    }

    /// <summary>As the kernel does, but for a pipe in place of schemata: it keeps what was written, in its order.</summary>
    private Errno MakeGroup(string path)
    {
        Fill(path, "");
        File.Delete(path + "/schemata");
        using (var mkfifo = System.Diagnostics.Process.Start("mkfifo", path + "/schemata"))
            mkfifo.WaitForExit();
        _schemata[path] = new FileStream(path + "/schemata", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, 0);
        return Errno.None;
    }

    private static void Fill(string group, string schemata)
    {
        Directory.CreateDirectory(group + "/mon_groups");
        File.WriteAllText(group + "/tasks", "");
        File.WriteAllText(group + "/schemata", schemata);
    }

    private string Written(string group)
    {
        var buffer = new byte[4096];
        return System.Text.Encoding.UTF8.GetString(buffer, 0, _schemata[Path.Combine(_root, group)].Read(buffer));
    }

    private string Read(string path) => File.ReadAllText(Path.Combine(_root, path));
}
