using System.Runtime.InteropServices;
using OciRun.Runtime.Security;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

public sealed class SeccompFiltersTests : IDisposable
{
    private readonly string _parent = Directory.CreateTempSubdirectory("ocirun-filters-").FullName;
    private readonly List<string> _debug = [];
    private readonly Diagnostics _diagnostics;

    public SeccompFiltersTests() => _diagnostics = new Diagnostics(_debug.Add);

    private string Cache => $"{_parent}/cache";

    [Fact]
    public void Prepare_NoProfile_IsNoFilter() => SeccompFilters.Prepare(null, Cache, _diagnostics).Should().BeNull();

    [Fact]
    public void Prepare_SecondTime_TakesTheCachesProgram()
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "no_such_call"));
        var first = SeccompFilters.Prepare(profile, Cache, _diagnostics)!;
        Directory.GetFiles(Cache).Should().ContainSingle();
        // Another program under the same key: that it comes back shows that nothing was compiled.
        var key = Convert.FromHexString(Path.GetFileName(Directory.GetFiles(Cache)[0]));
        BpfInstruction[] other = [new(BpfInstruction.Return, 0, 0, Bpf.Trap)];
        var program = MemoryMarshal.AsBytes(other.AsSpan()).ToArray();
        new SeccompCache(Cache, false, _diagnostics).Store(key, new CompiledFilter(program, ["no_such_call"], ["m68k"]));
        _debug.Clear();
        var second = SeccompFilters.Prepare(profile, Cache, _diagnostics)!;
        second.Program.Should().Equal(program);
        second.Flags.Should().Be(first.Flags);
        _debug.Should().ContainSingle().Which.Should().Contain("no_such_call");
        _diagnostics.Warnings.Should().ContainSingle().Which.Should().Contain("m68k");
        SeccompFilters.Prepare(profile, null, _diagnostics)!.Program.Should().Equal(first.Program);
    }

    [Fact]
    public void Prepare_CacheThatCannotBe_CompilesEachTime()
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read"));
        File.WriteAllText(Cache, "a file");
        SeccompFilters.Prepare(profile, Cache, _diagnostics).Should().NotBeNull();
        _debug.Should().NotBeEmpty();
        _diagnostics.Warnings.Should().BeEmpty();
    }

    [Theory]
    [InlineData(null, 4u)] // SPEC_ALLOW, as runc and crun
    [InlineData("", 0u)]
    [InlineData("SECCOMP_FILTER_FLAG_LOG", 2u)]
    [InlineData("SECCOMP_FILTER_FLAG_LOG SECCOMP_FILTER_FLAG_SPEC_ALLOW SECCOMP_FILTER_FLAG_TSYNC", 7u)]
    [InlineData("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 0u)] // no listener: nothing waits
    public void Prepare_Flags_AreTheKernelsBits(string? words, uint expected)
    {
        var profile = Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read"));
        profile.Flags = words?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var plan = SeccompFilters.Prepare(profile, null, _diagnostics)!;
        plan.Flags.Should().Be(expected);
        plan.Notify.Should().BeFalse();
    }

    [Theory]
    [InlineData(null, 12u)]
    [InlineData("", 8u)]
    [InlineData("SECCOMP_FILTER_FLAG_TSYNC", 25u)] // with TSYNC_ESRCH, else the kernel refuses
    [InlineData("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", 40u)]
    public void Prepare_NotifyFlags_HaveAListener(string? words, uint expected)
    {
        Assert.SkipUnless(SeccompWords.IsFlagSupported("SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV"), "Linux 5.19 is needed");
        var profile = Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_NOTIFY", "mkdir"));
        profile.Flags = words?.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        profile.ListenerPath = "/run/agent";
        profile.ListenerMetadata = "text";
        SeccompFilters.Prepare(profile, null, _diagnostics).Should().BeEquivalentTo(
            new { Flags = expected, Notify = true, ListenerPath = "/run/agent", ListenerMetadata = "text" });
    }

    [Fact]
    public void Prepare_ListenerWithoutNotify_IsIgnored()
    {
        var profile = Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "mkdir"));
        profile.ListenerPath = "/run/agent";
        SeccompFilters.Prepare(profile, null, _diagnostics)!.ListenerPath.Should().BeNull();
    }

    [Fact]
    public void Prepare_UnknownFlag_IsAnError()
    {
        var profile = Profile("SCMP_ACT_ALLOW");
        profile.Flags = ["SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_NEW_LISTENER"];
        var error = FluentActions.Invoking(() => SeccompFilters.Prepare(profile, null, _diagnostics)).Should().Throw<ContainerException>().Which;
        error.Place.Should().Be("/linux/seccomp/flags/1");
    }

    [Fact]
    public void DefaultCacheDirectory_Root_IsTheSystems() => SeccompFilters.DefaultCacheDirectory(hostRoot: true).Should().Be("/var/cache/ocirun");

    public void Dispose() => Directory.Delete(_parent, recursive: true);
}
