namespace OciRun.Integration;

/// <summary>System calls that a filter around the runtime, or an old kernel, does not have: it does without (C115). strace answers for the kernel.</summary>
public sealed class OldKernelTests : IntegrationTest
{
    [Theory]
    [InlineData("openat2", "ENOSYS")]
    [InlineData("openat2", "EPERM")]
    [InlineData("faccessat2", "ENOSYS")]
    [InlineData("pidfd_getfd", "ENOSYS")]
    [InlineData("statx", "ENOSYS")]
    [InlineData("membarrier", "ENOSYS")]
    [InlineData("keyctl", "ENOSYS")]
    public void Call_IsMissing_ContainerRunsAllTheSame(string call, string errno)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "how others do it is theirs to say");
        var container = NewContainer().Args("/bin/echo", "ran");
        container.Verb("list");
        var result = Sandbox.Program("strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:error={errno}", RuntimeUnderTest.Path, "--root", container.StateRoot,
            "run", "--bundle", container.Bundle, container.Id).Run();
        result.ShouldExit(0).Output.Should().Be("ran\n");
    }

    /// <summary>Linux 5.14 is the floor (README): without what it has there is one clear line.</summary>
    [Theory]
    [InlineData("clone3")]
    [InlineData("close_range")]
    [InlineData("mount_setattr")]
    [InlineData("move_mount")]
    public void Call_OfTheFloor_IsNamedInTheError(string call)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "how others do it is theirs to say");
        var container = NewContainer().Args("/bin/echo", "ran");
        container.Verb("list");
        Sandbox.Program("strace", "-f", "-qq", "-o", "/dev/null", "-e", $"trace={call}", "-e", $"inject={call}:error=ENOSYS", RuntimeUnderTest.Path, "--root", container.StateRoot,
            "run", "--bundle", container.Bundle, container.Id).Run().ShouldFailWith(call, "ENOSYS");
    }
}
