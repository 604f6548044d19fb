namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: rootfsPropagation, mountLabel.</summary>
internal static class PropagationTests
{
    // A root file system below a shared mount of the host: events of the host can reach it.
    private static Container Shared(Sandbox box, string propagation)
    {
        string host = box.HostTmpfs("shared", propagation: "shared");
        var container = box.NewContainer().Waiting();
        Check.That(box.Program("cp", "-a", container.Rootfs, Path.Combine(host, "rootfs")).ExitCode == 0, "the suite cannot copy the root file system");
        return container.Set("/root/path", Path.Combine(host, "rootfs")).Set("/linux/rootfsPropagation", propagation);
    }

    private static MountInfo Root(Container container) => container.Proc("mountinfo").Split('\n').Select(MountInfo.Parse).Last(m => m.Target == "/");

    private static bool SeesMountOfTheHost(Sandbox box, Container container)
    {
        string target = Path.Combine(box.File("shared"), "rootfs/mnt");
        Check.That(box.Program("mount", "-t", "tmpfs", "none", target).ExitCode == 0, "the suite cannot mount");
        return container.Proc("mountinfo").Split('\n').Select(MountInfo.Parse).Any(m => m.Target == "/mnt");
    }

    [Row("config-linux.rootfsPropagation", "shared")]
    [Row("config-linux.rootfsPropagation", "slave")]
    [Row("config-linux.rootfsPropagation", "private")]
    [Row("config-linux.rootfsPropagation", "unbindable")]
    public static void Value_IsKnown(Sandbox box, string value) => box.NewContainer().Set("/linux/rootfsPropagation", value).Run().ShouldSucceed();

    [Row("config-linux.rootfsPropagation", "peer")]
    public static void Value_Unknown_IsAnError(Sandbox box, string value) => box.NewContainer().Set("/linux/rootfsPropagation", value).ShouldNotRun($"rootfsPropagation is {value}");

    [Clause("config-linux.rootfsPropagation.shared")]
    public static void Shared_IsANewPeerGroup(Sandbox box)
    {
        var container = Shared(box, "shared").Create();
        string[] groups = [.. Root(container).Propagation.Where(p => p.StartsWith("shared:", StringComparison.Ordinal))];
        Check.Equal(1, groups.Length, "the number of peer groups of the root");
        Check.That(!File.ReadLines("/proc/self/mountinfo").Any(l => MountInfo.Parse(l).Propagation.Contains(groups[0])), "the peer group is one of the host's");
    }

    [Clause("config-linux.rootfsPropagation.slave")]
    public static void Slave_SeesWhatTheHostMounts(Sandbox box)
    {
        var container = Shared(box, "slave").Create();
        Check.That(SeesMountOfTheHost(box, container), "a mount of the host does not appear in the container");
    }

    [Clause("config-linux.rootfsPropagation.slave")]
    public static void Slave_KeepsItsOwnMounts(Sandbox box)
    {
        var container = Shared(box, "slave").Mount("/mnt", "tmpfs", "tmpfs").Create();
        Check.That(!File.ReadLines("/proc/self/mountinfo").Any(l => MountInfo.Parse(l).Target.StartsWith(box.File("shared") + "/", StringComparison.Ordinal)), "a mount of the container appears on the host");
        Check.That(container.Proc("mountinfo").Contains(" /mnt ", StringComparison.Ordinal), "the container has not its mount");
    }

    [Row("config-linux.rootfsPropagation.private", "private")]
    [Row("config-linux.rootfsPropagation.unbindable", "unbindable")]
    public static void Private_DoesNotSeeWhatTheHostMounts(Sandbox box, string value)
    {
        var container = Shared(box, value).Create();
        string[] wanted = value == "private" ? [] : ["unbindable"];
        Check.Sequence(wanted, Root(container).Propagation, "the list of the root's propagation");
        Check.That(!SeesMountOfTheHost(box, container), "a mount of the host appears in the container");
    }

    [Clause("config-linux.rootfsPropagation.unbindable")]
    public static void Unbindable_CannotBeBound(Sandbox box)
    {
        // MS_BIND. As root with every capability the runtime leaves.
        const string Bind = "4096";
        string[] words = ["mount", "/mnt", "/", "-", Bind];
        Container New() => box.NewContainer().Set("/process/capabilities", Everything("CAP_SYS_ADMIN"));
        Check.Equal("ok", New().RunProbe(words)["mount /mnt"], "without rootfsPropagation, the answer to a bind mount");
        Check.Equal("EINVAL", New().Set("/linux/rootfsPropagation", "unbindable").RunProbe(words)["mount /mnt"], "the answer to a bind mount");
    }

    private static JsonObject Everything(string name) => new() { ["bounding"] = Container.List(name), ["effective"] = Container.List(name), ["permitted"] = Container.List(name) };

    [Clause("config-linux.mountLabel")]
    public static void MountLabel_IsTheContextOfMounts(Sandbox box)
    {
        Check.Needs(box.Host.HasSelinux, "no SELinux with a policy here");
        const string Label = "system_u:object_r:container_file_t:s0:c1,c2";
        var mount = box.NewContainer().Set("/linux/mountLabel", Label).Report().Mount("/dev/shm");
        Check.That(string.Join(',', mount.SuperOptions).Contains(Label, StringComparison.Ordinal), $"the options of /dev/shm are {string.Join(',', mount.SuperOptions)}");
    }
}
