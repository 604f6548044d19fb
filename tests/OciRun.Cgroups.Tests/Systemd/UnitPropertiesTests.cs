using OciRun.Cgroups.Systemd;
using OciRun.Spec;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class UnitPropertiesTests
{
    private const string Infinity = "18446744073709551615";

    private static List<string> Print(List<UnitProperty> properties) => properties.ConvertAll(property => property.Name + "=" + Print(property.Value));

    private static string Print(BusValue value) => value.Signature[0] switch
    {
        's' => value.Text,
        'a' or '(' => "[" + string.Join(' ', value.Items.Select(Print)) + "]",
        _ => value.Bits.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    private static List<string> V2(Resources resources) => Print(UnitProperties.OfLimits(resources, CgroupMode.V2));

    [Fact]
    public void OfLimits_V2_HasAllThatSystemdKnows()
    {
        var resources = new Resources
        {
            Memory = new() { Limit = 64 << 20, Reservation = 32 << 20, Swap = 96 << 20 },
            Cpu = new() { Shares = 1024, Quota = 50_000, Period = 100_000, Cpus = "0-1,9", Mems = "0" },
            Pids = new() { Limit = 50 },
            BlockIO = new() { Weight = 500 },
        };
        V2(resources).Should().Equal(
            "MemoryMax=67108864", "MemoryLow=33554432", "MemorySwapMax=33554432", "CPUWeight=100", "CPUQuotaPeriodUSec=100000", "CPUQuotaPerSecUSec=500000",
            "AllowedCPUs=[3 2]", "AllowedMemoryNodes=[1]", "TasksMax=50", "IOWeight=4950");
    }

    [Fact]
    public void OfLimits_V1_HasTheOldNames()
    {
        var resources = new Resources { Memory = new() { Limit = 1, Reservation = 1, Swap = 2 }, Cpu = new() { Shares = 512 }, BlockIO = new() { Weight = 500 } };
        Print(UnitProperties.OfLimits(resources, CgroupMode.Hybrid)).Should().Equal("MemoryLimit=1", "CPUShares=512", "BlockIOWeight=500");
    }

    [Fact]
    public void OfLimits_Unlimited_IsInfinity() =>
        V2(new() { Memory = new() { Limit = -1 }, Pids = new() { Limit = -1 }, Cpu = new() { Quota = -1 } })
            .Should().Equal("MemoryMax=" + Infinity, "MemorySwapMax=" + Infinity, "CPUQuotaPerSecUSec=" + Infinity, "TasksMax=" + Infinity);

    [Fact]
    public void OfLimits_NothingSet_IsNothing() => V2(new() { Memory = new(), Cpu = new() { Shares = 0 } }).Should().BeEmpty();

    [Theory]
    [InlineData(12_345L, 100_000UL, 130_000UL)] // 12.345 % is remembered as 13 %
    [InlineData(50_000L, 0UL, 500_000UL)]
    [InlineData(400_000L, 100_000UL, 4_000_000UL)]
    [InlineData(long.MaxValue, 1_000_000UL, 9223372036854780000UL)] // no overflow
    public void OfLimits_Quota_IsRoundedUpToPercents(long quota, ulong period, ulong expected) =>
        UnitProperties.OfLimits(new() { Cpu = new() { Quota = quota, Period = period } }, CgroupMode.V2)
            .Single(property => property.Name == "CPUQuotaPerSecUSec").Value.Bits.Should().Be(expected);

    [Fact]
    public void OfLimits_NoTasks_LetsNobodyFork() => V2(new() { Pids = new() { Limit = 0 } }).Should().Equal("TasksMax=1");

    [Fact]
    public void OfLimits_Idle_IsWeightZero() => V2(new() { Cpu = new() { Idle = 1, Shares = 1024 } }).Should().Equal("CPUWeight=0");

    [Fact]
    public void OfLimits_Unified_AreConvertedWhereSystemdKnowsThem() =>
        V2(new()
        {
            Unified = new()
            {
                ["memory.high"] = "1048576",
                ["memory.max"] = "max",
                ["pids.max"] = " 7\n",
                ["cpu.max"] = "20000 50000",
                ["cpuset.cpus"] = "3",
                ["cpu.weight"] = "many",
                ["hugetlb.2MB.max"] = "0",
            },
        }).Should().Equal("MemoryHigh=1048576", "MemoryMax=" + Infinity, "TasksMax=7", "CPUQuotaPeriodUSec=50000", "CPUQuotaPerSecUSec=400000", "AllowedCPUs=[8]");

    [Theory]
    [InlineData("TimeoutStopUSec", "uint64 5000000", "TimeoutStopUSec=5000000", "t")]
    [InlineData("TimeoutStopSec", "uint64 5", "TimeoutStopUSec=5000000", "t")]
    [InlineData("TimeoutStopSec", "7", "TimeoutStopUSec=7000000", "t")]
    [InlineData("TimeoutStopSec", "1.5", "TimeoutStopUSec=1500000", "t")]
    [InlineData("KillSignal", "9", "KillSignal=9", "i")]
    [InlineData("CollectMode", "'inactive-or-failed'", "CollectMode=inactive-or-failed", "s")]
    [InlineData("After", "['crio.service']", "After=[crio.service]", "as")]
    [InlineData("DefaultDependencies", "true", "DefaultDependencies=1", "b")]
    public void OfAnnotations_Properties_AreRead(string name, string value, string expected, string signature)
    {
        var properties = UnitProperties.OfAnnotations(new Dictionary<string, string> { ["org.systemd.property." + name] = value, ["other"] = "x" });
        Print(properties).Should().Equal(expected);
        properties[0].Value.Signature.Should().Be(signature);
    }

    [Theory]
    [InlineData("TimeoutStopUSec", "five")]
    [InlineData("TimeoutStopSec", "'5'")]
    [InlineData("TimeoutStopSec", "-5")]
    [InlineData("TimeoutStopSec", "uint64 18446744073709551615")]
    [InlineData("Timeout.Stop", "5")]
    [InlineData("Xy", "5")]
    public void OfAnnotations_Others_AreErrorsWithTheirPlace(string name, string value)
    {
        var act = () => UnitProperties.OfAnnotations(new Dictionary<string, string> { ["org.systemd.property." + name] = value });
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/annotations/org.systemd.property." + name);
    }

    [Fact]
    public void Devices_DefaultConfig_AreListed()
    {
        var properties = DeviceProperties.From([new() { Allow = false, Access = "rwm" }, new() { Allow = true, Type = "b", Major = 8, Minor = 0, Access = "r" }]);
        Print(properties)[0].Should().Be("DevicePolicy=strict");
        properties[1].Value.Items.Select(Print).Should().BeEquivalentTo(
            "[/dev/block/8:0 r]", "[block-* m]", "[char-* m]", "[/dev/char/1:3 rwm]", "[/dev/char/1:8 rwm]", "[/dev/char/1:7 rwm]", "[/dev/char/5:0 rwm]", "[/dev/char/1:5 rwm]",
            "[/dev/char/1:9 rwm]", "[char-136 rwm]", "[/dev/char/5:2 rwm]", "[/dev/char/10:200 rwm]");
    }

    [Fact]
    public void Devices_EverythingAllowed_IsNoPolicy() =>
        Print(DeviceProperties.From([new() { Allow = false, Access = "rwm" }, new() { Allow = true, Access = "rwm" }])).Should().Equal("DevicePolicy=auto");

    /// <summary>systemd's rules come on top of ours: what ours allow, those must allow as well, or a daemon-reload would take it away.</summary>
    [Fact]
    public void Devices_ExceptionsFromExceptions_AllowAtLeastAsMuch()
    {
        var properties = DeviceProperties.From([new() { Allow = true, Type = "c", Major = 10, Access = "rw" }, new() { Allow = false, Type = "c", Major = 10, Minor = 1, Access = "rw" }]);
        Print(properties)[1].Should().Contain("[char-10 rw]");
        DeviceProperties.From([new() { Allow = true, Type = "c", Minor = 3, Access = "r" }])[1].Value.Items.Select(Print).Should().Contain("[char-* r]");
    }
}
