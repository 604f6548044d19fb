using System.Globalization;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: where the container's cgroup is, and who owns it.</summary>
internal static class CgroupTests
{
    // One hierarchy speaks for all: on v1 that of pids, which every such host has.
    private static string Directory(Sandbox box, string path) => box.Host.CgroupPath("pids", path);

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static bool IsIn(Sandbox box, Container container, string path)
    {
        string file = Path.Combine(Directory(box, path), "cgroup.procs");
        return File.Exists(file) && File.ReadAllLines(file).Contains(Invariant(container.Pid));
    }

    [Clause("config-linux.cgroupsPath.absolute")]
    public static void Absolute_IsBelowTheMountPoint(Sandbox box)
    {
        var container = box.NewContainer().Create();
        Check.That(IsIn(box, container, "/" + container.Id), $"the container process is not in {Directory(box, "/" + container.Id)}");
    }

    [Clause("config-linux.cgroupsPath.created")]
    public static void Parents_AreMade(Sandbox box)
    {
        var container = box.NewContainer();
        string path = $"/{container.Id}-1/{container.Id}-2/{container.Id}-3";
        container.Set("/linux/cgroupsPath", path).Create();
        Check.That(IsIn(box, container, path), $"the container process is not in {Directory(box, path)}");
    }

    [Row("config-linux.cgroupsPath.value", "relative")]
    [Row("config-linux.cgroupsPath.consistent", "relative")]
    [Row("config-linux.cgroupsPath.consistent", "absolute")]
    public static void SameValue_IsTheSamePlace(Sandbox box, string kind)
    {
        string path = (kind == "absolute" ? "/" : "") + box.Token + "-same";
        string[] places = [.. Enumerable.Range(0, 2).Select(_ =>
        {
            var container = box.NewContainer().Set("/linux/cgroupsPath", path).Create();
            string place = container.Proc("cgroup");
            container.KillAndWait().Delete();
            return place;
        })];
        Check.That(places[0].Contains(box.Token + "-same", StringComparison.Ordinal), $"the container is not there but in {places[0]}");
        Check.Equal(places[0], places[1], "the second container's place");
    }

    [Clause("config-linux.cgroupsPath.default")]
    public static void NoPath_IsNoError(Sandbox box) => box.NewContainer().Remove("/linux/cgroupsPath").Run().ShouldSucceed();

    [Clause("config-linux.cgroups.fit")]
    public static void Cgroup_WithAProcess_IsAnError(Sandbox box)
    {
        var container = box.NewContainer();
        var controllers = box.Host.IsCgroupV2 ? [""] : new[] { "pids", "memory", "cpu", "devices", "freezer" }.Where(box.Host.HasController);
        string directories = string.Join(' ', controllers.Select(c => box.Host.CgroupPath(c, "/" + container.Id)));
        string script = $"CONFORMANCE={box.Token} sleep 300 >/dev/null 2>&1 & for d in {directories}; do mkdir -p $d && echo $! > $d/cgroup.procs || exit 1; done";
        Check.Needs(box.Program("sh", "-c", script).ExitCode == 0, "the suite cannot put a process into a cgroup here");
        container.ShouldNotRun("there is a process in the cgroup");
    }

    // --- the owner

    private const int User = 1000, HostUser = 101000;

    private static Container Delegated(Sandbox box, bool cgroupNamespace = true, bool mount = true, bool writable = true)
    {
        var container = box.NewContainer().UserNamespace().Set("/process/user", new JsonObject { ["uid"] = User, ["gid"] = User });
        if (cgroupNamespace)
            container.Add("/linux/namespaces", new JsonObject { ["type"] = "cgroup" });
        if (mount)
            container.Mount("/sys/fs/cgroup", "cgroup", "cgroup", writable ? ["nosuid", "noexec", "nodev"] : ["nosuid", "noexec", "nodev", "ro"]);
        return container;
    }

    private static int Owner(Sandbox box, string path) => int.Parse(box.Program("stat", "-c", "%u", path).Output, CultureInfo.InvariantCulture);

    private static void NeedV2(Sandbox box) => Check.Needs(box.Host.IsCgroupV2, "about cgroup v2, and this is cgroup v1");

    [Clause("config-linux.cgroups.owner.v1")]
    public static void V1_KeepsItsOwner(Sandbox box)
    {
        Check.Needs(!box.Host.IsCgroupV2, "about cgroup v1, and this is cgroup v2");
        var container = Delegated(box).Create();
        Check.Equal(0, Owner(box, Directory(box, "/" + container.Id)), "the owner of the cgroup");
    }

    [Row("config-linux.cgroups.owner.writable", true, true, true, true)]
    [Row("config-linux.cgroups.owner.writable", true, true, false, false)]
    [Row("config-linux.cgroups.owner.noMount", true, false, true, false)]
    [Row("config-linux.cgroups.owner.namespace", false, true, true, false)]
    public static void Owner_ChangesOnlyWithAWritableMount(Sandbox box, bool cgroupNamespace, bool mount, bool writable, bool changes)
    {
        NeedV2(box);
        var container = Delegated(box, cgroupNamespace, mount, writable).Create();
        int owner = Owner(box, Directory(box, "/" + container.Id));
        Check.That(owner != 0 == changes, $"the owner of the cgroup is {owner}");
    }

    [Clause("config-linux.cgroups.owner.rules")]
    public static void Owner_IsTheUserOfTheProcess(Sandbox box)
    {
        NeedV2(box);
        int owner = Owner(box, Directory(box, "/" + Delegated(box).Create().Id));
        Check.Needs(owner != 0, "the runtime does not change the owner of a cgroup");
        Check.Equal(HostUser, owner, "the owner of the cgroup");
    }

    [Row("config-linux.cgroups.owner.files", true)]
    [Row("config-linux.cgroups.owner.missing", true)]
    [Row("config-linux.cgroups.owner.others", false)]
    public static void Owner_ChangesOnlyOfTheListedFiles(Sandbox box, bool listed)
    {
        NeedV2(box);
        Check.Needs(File.Exists("/sys/kernel/cgroup/delegate"), "this kernel has no /sys/kernel/cgroup/delegate");
        CheckFiles(box, Delegated(box).Create(), File.ReadAllLines("/sys/kernel/cgroup/delegate"), listed);
    }

    // Whoever changes nothing is right as well: config-linux.cgroups.owner.writable is SHOULD.
    private static void CheckFiles(Sandbox box, Container container, string[] list, bool listed)
    {
        string directory = Directory(box, "/" + container.Id);
        int owner = Owner(box, directory);
        Check.Needs(owner != 0, "the runtime does not change the owner of a cgroup");
        foreach (string path in System.IO.Directory.GetFiles(directory).Where(f => list.Contains(Path.GetFileName(f)) == listed))
            Check.Equal(listed ? owner : 0, Owner(box, path), $"the owner of {Path.GetFileName(path)}");
    }

    [Clause("config-linux.cgroups.owner.fallback")]
    public static void Owner_WithoutTheKernelsList_IsOfThree(Sandbox box)
    {
        NeedV2(box);
        Check.Needs(box.Host.HasOwnMounts, "wants to hide a file of the host: start the suite by spec-conformance/suite/run, which gives it a mount namespace");
        Check.Needs(System.IO.Directory.Exists("/sys/kernel/cgroup") && box.Program("mount", "-t", "tmpfs", "none", "/sys/kernel/cgroup").ExitCode == 0, "the suite cannot hide /sys/kernel/cgroup here");
        try
        {
            // In a user namespace the kernel mounts no sysfs while a part of it is hidden.
            var container = Delegated(box);
            var mounts = container.Config["mounts"]!.AsArray();
            mounts.Remove(mounts.Single(m => (string)m!["destination"]! == "/sys"));
            System.IO.Directory.CreateDirectory(Path.Combine(container.Rootfs, "sys/fs/cgroup"));
            CheckFiles(box, container.Create(), ["cgroup.procs", "cgroup.subtree_control", "cgroup.threads"], listed: true);
        }
        finally
        {
            box.Program("umount", "/sys/kernel/cgroup");
        }
    }
}
