using OciRun.Spec;

namespace OciRun.Cgroups.Tests;

public sealed class DeviceRulesTests
{
    private static readonly DeviceRule s_denyAll = new() { Allow = false, Access = "rwm" };
    private static readonly DeviceRule s_allowAll = new() { Allow = true, Access = "rwm" };

    private static bool Allowed(DeviceRule[]? rules, DeviceKinds kind, uint major, uint minor, DeviceAccess access) =>
        DeviceInterpreter.Run(DeviceProgram.Compile(DeviceEntries.From(rules)), kind, access, major, minor);

    [Theory]
    [InlineData(1, 3)]
    [InlineData(1, 5)]
    [InlineData(1, 7)]
    [InlineData(1, 8)]
    [InlineData(1, 9)]
    [InlineData(5, 0)]
    [InlineData(5, 2)]
    [InlineData(136, 0)]
    [InlineData(136, 77)]
    [InlineData(10, 200)]
    public void Compile_DefaultConfig_AllowsImplicitDevices(uint major, uint minor) =>
        Allowed([s_denyAll], DeviceKinds.Character, major, minor, DeviceAccess.All).Should().BeTrue();

    [Fact]
    public void Compile_NoRules_DeniesOtherDevices()
    {
        foreach (var rules in new[] { null, [], new[] { s_denyAll } })
        {
            Allowed(rules, DeviceKinds.Block, 8, 0, DeviceAccess.Read).Should().BeFalse();
            Allowed(rules, DeviceKinds.Character, 1, 1, DeviceAccess.Read).Should().BeFalse();
            Allowed(rules, DeviceKinds.Block, 1, 3, DeviceAccess.Read).Should().BeFalse("null is a character device");
            Allowed(rules, DeviceKinds.Block, 8, 0, DeviceAccess.Mknod).Should().BeTrue("mknod is implicit");
        }
    }

    [Fact]
    public void Compile_RulesInOrder_LastOneDecides()
    {
        var sda = new DeviceRule { Allow = true, Type = "b", Major = 8, Minor = 0, Access = "rw" };
        Allowed([sda, s_denyAll], DeviceKinds.Block, 8, 0, DeviceAccess.Read).Should().BeFalse();
        Allowed([s_denyAll, sda], DeviceKinds.Block, 8, 0, DeviceAccess.Read).Should().BeTrue();
        Allowed([s_denyAll, sda], DeviceKinds.Block, 8, 1, DeviceAccess.Read).Should().BeFalse();
        Allowed([s_allowAll, new DeviceRule { Allow = false, Type = "b", Major = 8, Access = "w" }], DeviceKinds.Block, 8, 5, DeviceAccess.Read | DeviceAccess.Write)
            .Should().BeFalse("one of the bits is denied");
    }

    [Fact]
    public void Compile_BitsFromTwoRules_AddUp()
    {
        DeviceRule[] rules =
        [
            new() { Allow = true, Type = "c", Major = 20, Minor = 1, Access = "r" },
            new() { Allow = true, Type = "c", Major = 20, Access = "w" },
        ];
        Allowed(rules, DeviceKinds.Character, 20, 1, DeviceAccess.Read | DeviceAccess.Write).Should().BeTrue();
        Allowed(rules, DeviceKinds.Character, 20, 2, DeviceAccess.Read | DeviceAccess.Write).Should().BeFalse();
    }

    [Fact]
    public void Compile_MajorAboveSignedRange_IsCompared() =>
        Allowed([new() { Allow = true, Type = "c", Major = uint.MaxValue, Minor = 0x80000000, Access = "rwm" }], DeviceKinds.Character, uint.MaxValue, 0x80000000, DeviceAccess.Read)
            .Should().BeTrue();

    [Fact]
    public void Compile_DefaultConfig_IsSmall() => DeviceProgram.Compile(DeviceEntries.From([s_denyAll])).Length.Should().BeLessThan(30);

    /// <summary>A rule of one kind before one of everything is no pair with it.</summary>
    [Fact]
    public void Compile_OneKindThenEverything_AllowsTheOtherKind() =>
        Allowed([new() { Allow = true, Type = "b", Access = "rwm" }, s_allowAll, new() { Allow = false, Type = "c", Major = 1, Minor = 11, Access = "rwm" }],
            DeviceKinds.Character, 4, 64, DeviceAccess.Read).Should().BeTrue();

    [Fact]
    public void Compile_RandomRules_AgreesWithTheLastMatchingRuleOfEachBit()
    {
        var random = new Random(4711);
        for (var round = 0; round < 2000; round++)
        {
            var entries = RandomEntries(random);
            var program = DeviceProgram.Compile(entries);
            DeviceInterpreter.ShouldHaveNoDeadCode(program);
            for (var question = 0; question < 30; question++)
            {
                var kind = random.Next(2) == 0 ? DeviceKinds.Block : DeviceKinds.Character;
                var access = (DeviceAccess)random.Next(1, 8);
                uint major = (uint)random.Next(4), minor = (uint)random.Next(4);
                DeviceInterpreter.Run(program, kind, access, major, minor).Should().Be(Oracle(entries, kind, access, major, minor));
            }
        }
    }

    [Fact]
    public void Whitelist_RandomRules_AgreesWithTheRules()
    {
        var random = new Random(815);
        int expressible = 0, refused = 0;
        for (var round = 0; round < 2000; round++)
        {
            var entries = RandomEntries(random);
            DeviceWhitelist list;
            try
            {
                list = DeviceWhitelist.From(entries);
                expressible++;
            }
            catch (CgroupException)
            {
                refused++;
                continue;
            }
            for (var question = 0; question < 30; question++)
            {
                var kind = random.Next(2) == 0 ? DeviceKinds.Block : DeviceKinds.Character;
                var access = (DeviceAccess)(1 << random.Next(3)); // the kernel does not add up bits of two exceptions
                uint major = (uint)random.Next(4), minor = (uint)random.Next(4);
                KernelAnswer(list, kind, access, major, minor).Should().Be(Oracle(entries, kind, access, major, minor));
            }
        }
        expressible.Should().BeGreaterThan(200);
        refused.Should().BeGreaterThan(100);
    }

    [Fact]
    public void Whitelist_PartOfWildcard_ThrowsWithPlace()
    {
        var act = () => DeviceWhitelist.From(DeviceEntries.From(
            [s_denyAll, new() { Allow = true, Type = "c", Major = 30, Access = "rw" }, new() { Allow = false, Type = "c", Major = 30, Minor = 1, Access = "r" }]));
        act.Should().Throw<CgroupException>().Which.Place.Should().Be("/linux/resources/devices/2");
    }

    [Fact]
    public void Transition_FromNothing_ResetsFirst()
    {
        var steps = DeviceWhitelist.Transition(null, DeviceWhitelist.From(DeviceEntries.From([s_denyAll])));
        steps.Select(step => (step.Allow ? "allow " : "deny ") + step).Should().Equal(
            "deny a *:* rwm", "allow c *:* m", "allow b *:* m", "allow c 1:3 rwm", "allow c 1:8 rwm", "allow c 1:7 rwm", "allow c 5:0 rwm", "allow c 1:5 rwm", "allow c 1:9 rwm",
            "allow c 136:* rwm", "allow c 5:2 rwm", "allow c 10:200 rwm");
    }

    [Fact]
    public void Transition_BetweenLists_TouchesOnlyTheDifference()
    {
        var steps = DeviceWhitelist.Transition(
            DeviceWhitelist.Parse("c 1:3 rwm\nb 8:* rm\nc 5:1 r\n"),
            DeviceWhitelist.Parse("c 1:3 rwm\nb 8:* rw\nc 6:* w\n"));
        steps.Select(step => (step.Allow ? "allow " : "deny ") + step).Should().Equal("deny b 8:* m", "deny c 5:1 r", "allow b 8:* w", "allow c 6:* w");
    }

    [Fact]
    public void Parse_AllowAll_IsTheDefault()
    {
        var list = DeviceWhitelist.Parse("a *:* rwm\n");
        list.AllowByDefault.Should().BeTrue();
        list.Exceptions.Should().BeEmpty();
    }

    [Fact]
    public void AllowEverything_PrivilegedAndDefault_Differ()
    {
        DeviceEntries.AllowEverything(DeviceEntries.From([s_allowAll])).Should().BeTrue();
        DeviceEntries.AllowEverything(DeviceEntries.From([s_denyAll])).Should().BeFalse();
        DeviceEntries.AllowEverything(DeviceEntries.From([])).Should().BeFalse();
        DeviceEntries.AllowEverything(DeviceEntries.From([s_allowAll, new() { Allow = false, Type = "b", Major = 8, Access = "w" }])).Should().BeFalse();
    }

    [Theory]
    [InlineData("x", "rwm", 1L, "/linux/resources/devices/0/type")]
    [InlineData("c", "rx", 1L, "/linux/resources/devices/0/access")]
    [InlineData("c", "r", -2L, "/linux/resources/devices/0")]
    public void From_BadRule_ThrowsWithPlace(string type, string access, long major, string place)
    {
        var act = () => DeviceEntries.From([new() { Type = type, Access = access, Major = major }]);
        act.Should().Throw<CgroupException>().Which.Place.Should().Be(place);
    }

    internal static List<DeviceEntry> RandomEntries(Random random)
    {
        var entries = new List<DeviceEntry>();
        for (var count = random.Next(8); count > 0; count--)
        {
            entries.Add(random.Next(6) == 0
                ? new DeviceEntry(random.Next(2) == 0, DeviceKinds.All, -1, -1, DeviceAccess.All, "")
                : new DeviceEntry(random.Next(2) == 0, (DeviceKinds)random.Next(1, 4), random.Next(-1, 4), random.Next(-1, 4), (DeviceAccess)random.Next(1, 8), ""));
        }
        return entries;
    }

    private static bool Oracle(List<DeviceEntry> entries, DeviceKinds kind, DeviceAccess access, uint major, uint minor)
    {
        foreach (var bit in new[] { DeviceAccess.Read, DeviceAccess.Write, DeviceAccess.Mknod })
        {
            if ((access & bit) == 0)
            {
                continue;
            }
            var allowed = false;
            foreach (var entry in entries)
            {
                if ((entry.Kinds & kind) != 0 && (entry.Major < 0 || entry.Major == major) && (entry.Minor < 0 || entry.Minor == minor) && (entry.Access & bit) != 0)
                {
                    allowed = entry.Allow;
                }
            }
            if (!allowed)
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>security/device_cgroup.c: an exception must match whole to allow, and in part to deny.</summary>
    private static bool KernelAnswer(DeviceWhitelist list, DeviceKinds kind, DeviceAccess access, uint major, uint minor)
    {
        foreach (var entry in list.Exceptions)
        {
            if ((entry.Kinds & kind) != 0 && (entry.Major < 0 || entry.Major == major) && (entry.Minor < 0 || entry.Minor == minor))
            {
                if (list.AllowByDefault ? (entry.Access & access) != 0 : (access & ~entry.Access) == 0)
                {
                    return !list.AllowByDefault;
                }
            }
        }
        return list.AllowByDefault;
    }
}
