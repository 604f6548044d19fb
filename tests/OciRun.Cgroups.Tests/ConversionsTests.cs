using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

public sealed class ConversionsTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 1)]
    [InlineData(256, 35)]
    [InlineData(512, 59)]
    [InlineData(1024, 100)]
    [InlineData(2048, 174)]
    [InlineData(262143, 10000)]
    [InlineData(262144, 10000)]
    [InlineData(1000000, 10000)]
    public void SharesToWeight_KnownShares_GivesWeight(ulong shares, ulong weight) => Conversions.SharesToWeight(shares).Should().Be(weight);

    [Fact]
    public void SharesToWeight_GrowingShares_NeverShrinks()
    {
        ulong last = 0;
        for (ulong shares = 1; shares <= 262144; shares += 7)
        {
            var weight = Conversions.SharesToWeight(shares);
            weight.Should().BeInRange(Math.Max(last, 1), 10000);
            last = weight;
        }
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(10, 1)]
    [InlineData(500, 4950)]
    [InlineData(1000, 10000)]
    public void BlockWeightToIoWeight_KnownWeight_IsScaled(ulong weight, ulong expected) => Conversions.BlockWeightToIoWeight(weight).Should().Be(expected);

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(0, 100, null)]
    [InlineData(-1, 100, -1L)]
    [InlineData(-1, 0, -1L)]
    [InlineData(0, -1, -1L)]
    [InlineData(100, 100, 0L)]
    [InlineData(300, 100, 200L)]
    public void SwapAlone_Valid_IsDifference(long swap, long limit, long? expected) => Conversions.SwapAlone(swap, limit).Should().Be(expected);

    [Theory]
    [InlineData(50, 100)]
    [InlineData(50, 0)]
    [InlineData(50, -1)]
    public void SwapAlone_WithoutRoomForMemory_Throws(long swap, long limit)
    {
        var act = () => Conversions.SwapAlone(swap, limit);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/memory/swap");
    }

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(50000, 100000, "50000 100000")]
    [InlineData(50000, 0, "50000")]
    [InlineData(0, 20000, "max 20000")]
    [InlineData(-1, 20000, "max 20000")]
    [InlineData(-1, 0, "max")]
    public void CpuMax_QuotaAndPeriod_IsText(long quota, ulong period, string? expected) => Conversions.CpuMax(quota, period).Should().Be(expected);

    [Theory]
    [InlineData("64KB")]
    [InlineData("2MB")]
    [InlineData("1GB")]
    public void HugePageSize_Valid_IsKept(string text) => Conversions.HugePageSize(text, 0).Should().Be(text);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("MB")]
    [InlineData("2M")]
    [InlineData("02MB")]
    [InlineData("2mb")]
    [InlineData("2MB/../x")]
    [InlineData("../2MB")]
    public void HugePageSize_Invalid_ThrowsWithPlace(string? text)
    {
        var act = () => Conversions.HugePageSize(text, 3);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/hugepageLimits/3/pageSize");
    }

    [Fact]
    public void Rdma_BothLimits_NamesBoth() =>
        Conversions.Rdma("mlx5_0", new RdmaLimit { HcaHandles = 3, HcaObjects = 0 }).Should().Be("mlx5_0 hca_handle=3 hca_object=0");

    [Fact]
    public void Rdma_NoLimit_Throws()
    {
        var act = () => Conversions.Rdma("mlx5_0", new RdmaLimit());
        act.Should().Throw<CgroupException>();
    }
}
