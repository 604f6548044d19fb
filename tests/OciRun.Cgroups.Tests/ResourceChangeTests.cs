using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

public sealed class ResourceChangeTests
{
    private static readonly Resources s_before = new()
    {
        Memory = new() { Limit = 64, Swap = 128 },
        Cpu = new() { Shares = 512, Quota = 50000 },
        Pids = new() { Limit = 10 },
        HugepageLimits = [new() { PageSize = "2MB", Limit = 1 }, new() { PageSize = "1GB", Limit = 2 }],
        Unified = new() { ["a.b"] = "1", ["c.d"] = "2" },
        Devices = [new() { Allow = false }],
    };

    [Fact]
    public void Merge_NamesOneField_KeepsTheOthers()
    {
        var after = ResourceChange.Merge(s_before, new() { Memory = new() { Limit = 100 }, Unified = new() { ["c.d"] = "3" } });
        (after.Memory!.Limit, after.Memory.Swap, after.Cpu!.Shares, after.Pids!.Limit).Should().Be((100, 128, 512ul, 10));
        after.Unified.Should().BeEquivalentTo(new Dictionary<string, string> { ["a.b"] = "1", ["c.d"] = "3" });
        s_before.Memory!.Limit.Should().Be(64);
    }

    [Fact]
    public void Merge_HugePages_GoBySize() =>
        ResourceChange.Merge(s_before, new() { HugepageLimits = [new() { PageSize = "1GB", Limit = 5 }] }).HugepageLimits!
            .Select(limit => (limit.PageSize, limit.Limit)).Should().Equal(("2MB", 1ul), ("1GB", 5ul));

    [Fact]
    public void Merge_Devices_AreNotChanged() =>
        ResourceChange.Merge(s_before, new() { Devices = [new() { Allow = true }] }).Devices.Should().BeSameAs(s_before.Devices);

    [Theory]
    [InlineData("io.max", "8:0 rbps=5", "", "8:0 rbps=max wbps=max riops=max wiops=max")]
    [InlineData("io.max", "8:0 rbps=5", "8:0 rbps=7 wbps=max riops=max wiops=max\n", "8:0 rbps=7 wbps=max riops=max wiops=max")]
    [InlineData("io.max", "8:0 rbps=5", "8:01 rbps=7\n", "8:01 rbps=7\n8:0 rbps=max wbps=max riops=max wiops=max")]
    [InlineData("io.weight", "8:0 50", "default 100\n", "default 100\n8:0 default")]
    [InlineData("io.weight", "50", "default 100\n", "default 100")]
    [InlineData("blkio.throttle.write_iops_device", "8:0 5", "", "8:0 0")]
    [InlineData("blkio.bfq.weight_device", "8:0 50", "", "8:0 default")]
    [InlineData("memory.oom_control", "0", "oom_kill_disable 1\nunder_oom 0\noom_kill 0\n", "1")]
    [InlineData("pids.max", "5", "max\n", "max")]
    public void Undo_File_BringsBackWhatItSaid(string file, string value, string text, string expected)
    {
        var write = new CgroupWrite("x", file, value, "/x") { Fallback = new CgroupWrite("x", "y", "z", "/x") };
        ResourceChange.Undo(write, text).Should().Be(write with { Value = expected, Fallback = null, ByLine = expected.Contains('\n') });
    }

    [Fact]
    public void Needed_ChangedAndNamed_AreWritten()
    {
        var change = new Resources { Cpu = new() { Shares = 512 }, Pids = new() { Limit = 11 } };
        var before = ResourceWrites.ForV2(s_before, null).Writes;
        var after = ResourceWrites.ForV2(ResourceChange.Merge(s_before, change), null).Writes;
        ResourceChange.Needed(before, change, after).Select(write => write.File).Should().BeEquivalentTo("cpu.weight", "cpu.max", "pids.max");
    }
}
