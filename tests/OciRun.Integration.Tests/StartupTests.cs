namespace OciRun.Integration;

/// <summary>What the managed runtime would ask of the machine before main, and src/native/startup.c answers: a newer runtime that asks by other functions shows here.</summary>
public sealed class StartupTests : IntegrationTest
{
    [Theory]
    [InlineData("/proc/self/mountinfo")]
    [InlineData("/proc/self/cgroup")]
    [InlineData("/proc/self/maps")]
    [InlineData("/sys/devices/system/cpu/cpu0/cache")]
    [InlineData("/sys/devices/system/node")]
    public void Start_OpensNothingOf(string path)
    {
        string opened = Traced("open,openat");
        opened.Should().Contain("/proc/meminfo", "what the runtime still asks shows that we see what it opens");
        opened.Should().NotContain(path);
    }

    [Fact]
    public void Heap_HasFourGigabytesOfAddressSpace() =>
        Traced("mmap").Should().Contain("mmap(NULL, 4294971392, PROT_NONE", "System.GC.RegionRange, and a page to align it");

    private string Traced(string calls)
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "about our own start");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        string log = Path.Combine(Sandbox.Directory, "calls");
        Sandbox.Program("strace", "-f", "-qq", "-o", log, "-e", "trace=" + calls, RuntimeUnderTest.Path, "--version").Run().ShouldExit(0);
        return File.ReadAllText(log);
    }
}
