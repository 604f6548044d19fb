using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

public sealed class ResourceWritesTests
{
    private static IEnumerable<string> V2(Resources resources) => ResourceWrites.ForV2(resources, null).Writes.Select(Text);

    private static IEnumerable<string> V1(Resources resources) => ResourceWrites.ForV1(resources, null).Writes.Select(Text);

    private static string Text(CgroupWrite write) => write.File + "=" + write.Value + (write.Fallback is null ? "" : "|" + Text(write.Fallback));

    [Fact]
    public void ForV2_Null_IsEmpty() => ResourceWrites.ForV2(null, []).Writes.Should().BeEmpty();

    [Fact]
    public void ForV2_Memory_WritesSwapFirst() =>
        V2(new Resources { Memory = new MemoryResources { Limit = 4096, Swap = 12288, Reservation = 2048, DisableOOMKiller = false, UseHierarchy = true } })
            .Should().Equal("memory.swap.max=8192", "memory.max=4096", "memory.low=2048");

    [Fact]
    public void ForV2_MemoryUnlimited_WritesMax() =>
        V2(new Resources { Memory = new MemoryResources { Limit = -1, Reservation = -1 } }).Should().Equal("memory.swap.max=max", "memory.max=max", "memory.low=max");

    [Fact]
    public void ForV2_MemoryZero_WritesNothing() =>
        V2(new Resources { Memory = new MemoryResources { Limit = 0, Swap = 0, Reservation = 0, Kernel = 0 } }).Should().BeEmpty();

    [Fact]
    public void ForV2_KernelMemory_Warns() =>
        ResourceWrites.ForV2(new Resources { Memory = new MemoryResources { Kernel = 1, KernelTCP = 1 } }, []).Warnings.Should().HaveCount(2);

    [Theory]
    [InlineData(0, "0")]
    [InlineData(-1, "max")]
    [InlineData(7, "7")]
    public void Pids_Limit_ZeroIsALimit(long limit, string value)
    {
        var resources = new Resources { Pids = new PidsResources { Limit = limit } };
        V2(resources).Should().Equal("pids.max=" + value);
        V1(resources).Should().Equal("pids.max=" + value);
    }

    [Fact]
    public void Pids_Unset_WritesNothing() => V2(new Resources { Pids = new PidsResources() }).Should().BeEmpty();

    [Fact]
    public void ForV2_Cpu_ConvertsAll() =>
        V2(new Resources { Cpu = new CpuResources { Shares = 1024, Quota = 50000, Period = 100000, Burst = 1000, Cpus = "0-1", Mems = "0", RealtimeRuntime = 0 } })
            .Should().Equal("cpu.weight=100", "cpu.max.burst=1000", "cpu.max=50000 100000", "cpuset.cpus=0-1", "cpuset.mems=0");

    [Fact]
    public void ForV2_CpuIdle_WritesNoWeight()
    {
        V2(new Resources { Cpu = new CpuResources { Shares = 1024, Idle = 1 } }).Should().Equal("cpu.idle=1");
        V2(new Resources { Cpu = new CpuResources { Shares = 1024, Idle = 0 } }).Should().Equal("cpu.idle=0", "cpu.weight=100");
    }

    [Fact]
    public void ForV2_BlockIo_FallsBackToIoWeight() =>
        V2(new Resources
        {
            BlockIO = new BlockIoResources
            {
                Weight = 500,
                WeightDevice = [new WeightDevice { Major = 8, Minor = 0, Weight = 10 }],
                ThrottleReadBpsDevice = [new ThrottleDevice { Major = 8, Minor = 0, Rate = 100 }],
                ThrottleWriteBpsDevice = [new ThrottleDevice { Major = 8, Minor = 0, Rate = 0 }],
                ThrottleReadIOPSDevice = [new ThrottleDevice { Major = 8, Minor = 16, Rate = 7 }],
                ThrottleWriteIOPSDevice = [new ThrottleDevice { Major = 8, Minor = 16, Rate = 8 }],
            },
        }).Should().Equal(
            "io.bfq.weight=500|io.weight=4950", "io.bfq.weight=8:0 10|io.weight=8:0 1", "io.max=8:0 rbps=100", "io.max=8:0 wbps=max", "io.max=8:16 riops=7", "io.max=8:16 wiops=8");

    [Fact]
    public void HugePages_Limit_WritesReservationAndUse()
    {
        var resources = new Resources { HugepageLimits = [new HugepageLimit { PageSize = "2MB", Limit = 4194304 }] };
        V2(resources).Should().Equal("hugetlb.2MB.rsvd.max=4194304", "hugetlb.2MB.max=4194304");
        V1(resources).Should().Equal("hugetlb.2MB.rsvd.limit_in_bytes=4194304", "hugetlb.2MB.limit_in_bytes=4194304");
    }

    [Fact]
    public void ForV2_Unified_ComesLastInOrder() =>
        V2(new Resources
        {
            Unified = new Dictionary<string, string> { ["memory.high"] = "100", ["memory.max"] = "300" },
            Memory = new MemoryResources { Limit = 200 },
            Rdma = new Dictionary<string, RdmaLimit> { ["mlx5"] = new() { HcaObjects = 5 } },
        }).Should().Equal("memory.max=200", "rdma.max=mlx5 hca_object=5", "memory.high=100", "memory.max=300");

    [Theory]
    [InlineData("../memory.max")]
    [InlineData("memory/x.y")]
    [InlineData("memory")]
    [InlineData(".max")]
    [InlineData("memory.")]
    [InlineData("memory..max")]
    [InlineData("memory.max\n")]
    public void ForV2_UnifiedWithBadKey_Throws(string key)
    {
        var act = () => V2(new Resources { Unified = new Dictionary<string, string> { [key] = "1" } }).ToList();
        act.Should().Throw<CgroupException>().Which.Message.Should().Contain("CONTROLLER.PARAMETER").And.NotContain("\n");
    }

    public static TheoryData<string, Resources> ImpossibleOnV2 => new()
    {
        { "/linux/resources/memory/swappiness", new Resources { Memory = new MemoryResources { Swappiness = 10 } } },
        { "/linux/resources/memory/disableOOMKiller", new Resources { Memory = new MemoryResources { DisableOOMKiller = true } } },
        { "/linux/resources/memory/useHierarchy", new Resources { Memory = new MemoryResources { UseHierarchy = false } } },
        { "/linux/resources/cpu/realtimeRuntime", new Resources { Cpu = new CpuResources { RealtimeRuntime = 10 } } },
        { "/linux/resources/cpu/realtimePeriod", new Resources { Cpu = new CpuResources { RealtimePeriod = 10 } } },
        { "/linux/resources/blockIO/leafWeight", new Resources { BlockIO = new BlockIoResources { LeafWeight = 10 } } },
        { "/linux/resources/blockIO/weightDevice/0/leafWeight", new Resources { BlockIO = new BlockIoResources { WeightDevice = [new WeightDevice { LeafWeight = 10 }] } } },
        { "/linux/resources/network/classID", new Resources { Network = new NetworkResources { ClassID = 10 } } },
        { "/linux/resources/network/priorities", new Resources { Network = new NetworkResources { Priorities = [new InterfacePriority { Name = "eth0", Priority = 1 }] } } },
    };

    [Theory]
    [MemberData(nameof(ImpossibleOnV2), DisableDiscoveryEnumeration = true)]
    public void ForV2_FieldOfV1_ThrowsWithPlace(string place, Resources resources)
    {
        var act = () => ResourceWrites.ForV2(resources, null);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be(place);
    }

    [Fact]
    public void ForV2_ControllerMissing_NamesIt()
    {
        var act = () => ResourceWrites.ForV2(new Resources { Memory = new MemoryResources { Limit = 1 } }, ["hugetlb"]);
        var error = act.Should().Throw<CgroupException>().Which;
        error.Message.Should().Contain("memory controller");
        error.Place.Should().Be("/linux/resources/memory/limit");
    }

    [Fact]
    public void ForV2_UnifiedOfMissingController_NamesIt()
    {
        var act = () => ResourceWrites.ForV2(new Resources { Unified = new Dictionary<string, string> { ["misc.max"] = "1" } }, ["memory"]);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/unified/misc.max");
    }

    [Fact]
    public void ForV2_UnifiedOfCore_NeedsNoController() =>
        ResourceWrites.ForV2(new Resources { Unified = new Dictionary<string, string> { ["cgroup.max.depth"] = "2" } }, []).Writes.Should().ContainSingle();

    [Fact]
    public void ForV1_Memory_WritesAll() =>
        V1(new Resources
        {
            Memory = new MemoryResources { Limit = 4096, Swap = 12288, Reservation = 2048, DisableOOMKiller = true, Swappiness = 3, KernelTCP = 9, Kernel = 1 },
        }).Should().Equal(
            "memory.limit_in_bytes=4096", "memory.memsw.limit_in_bytes=12288", "memory.soft_limit_in_bytes=2048", "memory.kmem.tcp.limit_in_bytes=9", "memory.oom_control=1", "memory.swappiness=3");

    [Fact]
    public void ForV1_MemoryUnlimited_LiftsSwapToo() =>
        V1(new Resources { Memory = new MemoryResources { Limit = -1 } }).Should().Equal("memory.limit_in_bytes=-1", "memory.memsw.limit_in_bytes=-1");

    [Fact]
    public void ForV1_Cpu_WritesAll() =>
        V1(new Resources { Cpu = new CpuResources { Shares = 512, Quota = -1, Period = 50000, Burst = 0, Cpus = "0", Mems = "0", RealtimePeriod = 1000, RealtimeRuntime = 100 } })
            .Should().Equal(
                "cpuset.cpus=0", "cpuset.mems=0", "cpu.shares=512", "cpu.cfs_period_us=50000", "cpu.cfs_burst_us=0", "cpu.cfs_quota_us=-1", "cpu.rt_period_us=1000", "cpu.rt_runtime_us=100");

    [Fact]
    public void ForV1_BlockIoAndNetwork_WriteAll() =>
        V1(new Resources
        {
            BlockIO = new BlockIoResources
            {
                Weight = 500,
                LeafWeight = 20,
                WeightDevice = [new WeightDevice { Major = 8, Minor = 0, Weight = 10, LeafWeight = 11 }],
                ThrottleReadBpsDevice = [new ThrottleDevice { Major = 8, Minor = 0, Rate = 0 }],
            },
            Network = new NetworkResources { ClassID = 1, Priorities = [new InterfacePriority { Name = "eth0", Priority = 5 }] },
        }).Should().Equal(
            "blkio.weight=500|blkio.bfq.weight=500",
            "blkio.leaf_weight=20|blkio.bfq.leaf_weight=20",
            "blkio.weight_device=8:0 10|blkio.bfq.weight_device=8:0 10",
            "blkio.leaf_weight_device=8:0 11|blkio.bfq.leaf_weight_device=8:0 11",
            "blkio.throttle.read_bps_device=8:0 0",
            "net_cls.classid=1",
            "net_prio.ifpriomap=eth0 5");

    public static TheoryData<string, Resources> ImpossibleOnV1 => new()
    {
        { "/linux/resources/unified", new Resources { Unified = new Dictionary<string, string> { ["memory.max"] = "1" } } },
        { "/linux/resources/memory/swappiness", new Resources { Memory = new MemoryResources { Swappiness = 101 } } },
        { "/linux/resources/memory/useHierarchy", new Resources { Memory = new MemoryResources { UseHierarchy = false } } },
        { "/linux/resources/memory/swap", new Resources { Memory = new MemoryResources { Limit = 200, Swap = 100 } } },
        { "/linux/resources/hugepageLimits/0/pageSize", new Resources { HugepageLimits = [new HugepageLimit { PageSize = "x" }] } },
    };

    [Theory]
    [MemberData(nameof(ImpossibleOnV1), DisableDiscoveryEnumeration = true)]
    public void ForV1_ImpossibleField_ThrowsWithPlace(string place, Resources resources)
    {
        var act = () => ResourceWrites.ForV1(resources, null);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be(place);
    }
}
