namespace OciRun.Conformance.Documents.RuntimeLinux;

/// <summary>runtime-linux.md: descriptors and the links in /dev.</summary>
internal static class RuntimeLinuxTests
{
    [Clause("runtime-linux.fds.standard")]
    public static void Descriptors_OnlyTheStandardOnesAreOpen(Sandbox box)
    {
        var container = box.NewContainer().Probe("report");
        container.WriteConfig();
        var result = box.CallAfter("exec 5</etc/passwd 9</", "run", "--bundle", container.Bundle, container.Id).ShouldSucceed();
        Check.Sequence([0, 1, 2], result.Probe.Report.Descriptors.Keys.Order(), "the list of open descriptors");
    }

    [Row("runtime-linux.dev.links", "/dev/fd", "/proc/self/fd")]
    [Row("runtime-linux.dev.links", "/dev/stdin", "/proc/self/fd/0")]
    [Row("runtime-linux.dev.links", "/dev/stdout", "/proc/self/fd/1")]
    [Row("runtime-linux.dev.links", "/dev/stderr", "/proc/self/fd/2")]
    public static void DevLink_Exists(Sandbox box, string link, string target) =>
        Check.Equal(target, box.NewContainer().RunProbe("readlink", link)["readlink " + link], link);
}
