using System.Globalization;
using System.Net.Sockets;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: namespaces.</summary>
internal static class NamespaceTests
{
    // The names of namespaces(7) in /proc/PID/ns are not those of the specification.
    private static string File(string type) => type switch { "network" => "net", "mount" => "mnt", _ => type };

    private static Container With(Sandbox box, string type, string? path = null)
    {
        var container = box.NewContainer();
        if (container.Config["linux"]!["namespaces"]!.AsArray().Any(n => (string)n!["type"]! == type))
            container.RemoveNamespace(type);
        if (type == "user" && path is null)
            return container.UserNamespace();
        var entry = new JsonObject { ["type"] = type };
        if (path is not null)
            entry["path"] = path;
        return container.Add("/linux/namespaces", entry);
    }

    [Row("config-linux.namespaces.types", "pid")]
    [Row("config-linux.namespaces.types", "network")]
    [Row("config-linux.namespaces.types", "mount")]
    [Row("config-linux.namespaces.types", "ipc")]
    [Row("config-linux.namespaces.types", "uts")]
    [Row("config-linux.namespaces.types", "user")]
    [Row("config-linux.namespaces.types", "cgroup")]
    [Row("config-linux.namespaces.types", "time")]
    public static void Type_IsSupported(Sandbox box, string type) => With(box, type).Run().ShouldSucceed();

    [Clause("config-linux.namespaces.pid")]
    public static void Pid_HidesTheHostsProcesses(Sandbox box)
    {
        string[] names = box.NewContainer().RunProbe("ls", "/proc")["ls /proc"].Split(' ');
        Check.Sequence(["1"], names.Where(n => n.All(char.IsAsciiDigit)), "the list of processes in /proc");
    }

    [Clause("config-linux.namespaces.network")]
    public static void Network_HasNoSocketsOfTheHost(Sandbox box)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint("\0" + box.Token));
        Check.That(System.IO.File.ReadAllText("/proc/net/unix").Contains(box.Token, StringComparison.Ordinal), "the host's own list of sockets lacks one");
        Check.That(!box.NewContainer().RunProbe("read", "/proc/net/unix").Content("/proc/net/unix").Contains(box.Token, StringComparison.Ordinal), "the container sees a socket of the host");
    }

    [Clause("config-linux.namespaces.mount")]
    public static void Mount_IsNotSeenOnTheHost(Sandbox box)
    {
        var container = box.NewContainer().Mount("/mnt", "tmpfs", "tmpfs").Create();
        Check.That(container.Proc("mountinfo").Contains(" /mnt ", StringComparison.Ordinal), "the container has no /mnt");
        Check.That(!System.IO.File.ReadAllText("/proc/self/mountinfo").Contains(container.Rootfs, StringComparison.Ordinal), "the host's mount table has a mount of the container");
    }

    [Clause("config-linux.namespaces.ipc")]
    public static void Ipc_QueueIsNotSeenOnTheHost(Sandbox box)
    {
        const int Create = 0x380;
        int key = 0x0c000000 + (Environment.ProcessId & 0xffff);
        var said = box.NewContainer().RunProbe("syscall", Syscalls.Number("msgget"), Invariant(key), Invariant(Create), "+", "read", "/proc/sysvipc/msg");
        Check.That(said.Content("/proc/sysvipc/msg").Contains(Invariant(key), StringComparison.Ordinal), "the container has not its queue");
        Check.That(!System.IO.File.ReadAllText("/proc/sysvipc/msg").Contains(Invariant(key), StringComparison.Ordinal), "the host has the container's queue");
    }

    private static string Invariant(int number) => number.ToString(CultureInfo.InvariantCulture);

    [Clause("config-linux.namespaces.uts")]
    public static void Uts_HasItsOwnNames(Sandbox box)
    {
        string before = Names();
        var report = box.NewContainer().Set("/hostname", "conformance").Set("/domainname", "example.test").Report();
        Check.Equal("conformance example.test", $"{report.Text("hostname")} {report.Text("domainname")}", "the container's host and domain name");
        Check.Equal(before, Names(), "the host's host and domain name");

        static string Names() => System.IO.File.ReadAllText("/proc/sys/kernel/hostname") + System.IO.File.ReadAllText("/proc/sys/kernel/domainname");
    }

    [Clause("config-linux.namespaces.user")]
    public static void User_RemapsIds(Sandbox box)
    {
        var container = box.NewContainer().UserNamespace().Waiting().Create().Start().WaitFor("ready");
        string[] status = container.Proc("status").Split('\n');
        foreach (string kind in new[] { "Uid:", "Gid:" })
            Check.Equal("100000", status.Single(l => l.StartsWith(kind, StringComparison.Ordinal)).Split('\t')[1], $"on the host, {kind}");
        Check.Equal(0, box.NewContainer().UserNamespace().Report().Id("uid"), "in the container, uid");
    }

    [Clause("config-linux.namespaces.cgroup")]
    public static void Cgroup_IsTheRootInside(Sandbox box) =>
        Check.That(With(box, "cgroup").Report().List("cgroup").Any(l => l.EndsWith(":/", StringComparison.Ordinal)), "in no hierarchy does the container see its own cgroup as /");

    [Clause("config-linux.namespaces.time")]
    public static void Time_HasItsOwnClocks(Sandbox box)
    {
        Check.Needs(Exists("time"), "this kernel has no time namespaces");
        var container = With(box, "time").Set("/linux/timeOffsets", new JsonObject { ["boottime"] = new JsonObject { ["secs"] = 1_000_000_000 } });
        string uptime = container.RunProbe("read", "/proc/uptime").Content("/proc/uptime");
        Check.That(double.Parse(uptime.Split(' ')[0], CultureInfo.InvariantCulture) > 1e9, $"the container is up {uptime.Split(' ')[0]} s");
    }

    private static bool Exists(string file) => System.IO.File.Exists("/proc/self/ns/" + file);

    [Row("config-linux.namespaces.path", "pid")]
    [Row("config-linux.namespaces.path", "network")]
    [Row("config-linux.namespaces.path", "ipc")]
    [Row("config-linux.namespaces.path", "uts")]
    [Row("config-linux.namespaces.path", "user")]
    [Row("config-linux.namespaces.path", "cgroup")]
    [Row("config-linux.namespaces.path", "time")]
    public static void Path_IsTheNamespaceOfTheProcess(Sandbox box, string type)
    {
        int holder = Holder(box, type);
        string path = $"/proc/{holder}/ns/{File(type)}", wanted = Host.Namespace(File(type), holder);
        var container = With(box, type, path);
        Check.Equal(wanted, container.Report().Namespace(File(type)), "the container's namespace");
    }

    [Row("config-linux.namespaces.path", "network", "ipc", "uts")]
    [Row("config-linux.namespaces.path", "user", "network", "ipc")]
    public static void Path_OfAnotherContainer_IsItsNamespace(Sandbox box, string first, string second, string third)
    {
        string[] types = [first, second, third];
        var other = box.NewContainer();
        if (types.Contains("user"))
            other.UserNamespace();
        other.Waiting().Create().Start().WaitFor("ready");
        var container = box.NewContainer();
        foreach (string type in types)
        {
            if (type != "user")
                container.RemoveNamespace(type);
            container.Add("/linux/namespaces", new JsonObject { ["type"] = type, ["path"] = $"/proc/{other.Pid}/ns/{File(type)}" });
        }
        var report = container.Report();
        foreach (string type in types)
            Check.Equal(Host.Namespace(File(type), other.Pid), report.Namespace(File(type)), $"the container's {type} namespace");
    }

    // A process of ours in a new namespace of this type; the sandbox ends it by its environment.
    private static int Holder(Sandbox box, string type)
    {
        Check.Needs(Exists(File(type)), $"this kernel has no {type} namespaces");
        string option = type switch { "network" => "--net", "user" => "--user --map-root-user", _ => "--" + type };
        var start = box.Program("sh", "-c", $"CONFORMANCE={box.Token} unshare {option} --fork sleep 300 >/dev/null 2>&1 & echo $!");
        string children = $"/proc/{start.Output.Trim()}/task/{start.Output.Trim()}/children";
        int child = 0;
        Check.Eventually(() => System.IO.File.Exists(children) && int.TryParse(System.IO.File.ReadAllText(children).Trim(), out child), $"unshare {option} does not work here");
        Check.Eventually(() => System.IO.File.ReadAllText($"/proc/{child}/comm") == "sleep\n", "sleep does not start");
        return child;
    }

    [Row("config-linux.namespaces.path.absolute", "network")]
    [Row("config-linux.namespaces.path.absolute", "uts")]
    public static void Path_Relative_IsAnError(Sandbox box, string type)
    {
        // Where a runtime would look for it: in its working directory.
        int holder = Holder(box, type);
        System.IO.File.CreateSymbolicLink(box.File("namespace"), $"/proc/{holder}/ns/{File(type)}");
        With(box, type, "namespace").ShouldNotRun("the path is relative");
    }

    [Row("config-linux.namespaces.path.type", "network", "/proc/self/ns/uts")]
    [Row("config-linux.namespaces.path.type", "ipc", "/proc/self/ns/net")]
    [Row("config-linux.namespaces.path.type", "uts", "/etc/passwd")]
    [Row("config-linux.namespaces.path.type", "uts", "/nonexistent")]
    public static void Path_OfAnotherType_IsAnError(Sandbox box, string type, string path) => With(box, type, path).ShouldNotRun($"{path} is no {type} namespace");

    [Row("config-linux.namespaces.new", "pid")]
    [Row("config-linux.namespaces.new", "network")]
    [Row("config-linux.namespaces.new", "mount")]
    [Row("config-linux.namespaces.new", "ipc")]
    [Row("config-linux.namespaces.new", "uts")]
    [Row("config-linux.namespaces.new", "user")]
    [Row("config-linux.namespaces.new", "cgroup")]
    [Row("config-linux.namespaces.new", "time")]
    public static void NoPath_IsANewNamespace(Sandbox box, string type)
    {
        Check.Needs(Exists(File(type)), $"this kernel has no {type} namespaces");
        Check.That(With(box, type).Report().Namespace(File(type)) != Host.Namespace(File(type)), "the container is in the runtime's namespace");
    }

    [Row("config-linux.namespaces.inherit", "pid")]
    [Row("config-linux.namespaces.inherit", "network")]
    [Row("config-linux.namespaces.inherit", "ipc")]
    [Row("config-linux.namespaces.inherit", "uts")]
    [Row("config-linux.namespaces.inherit", "user")]
    [Row("config-linux.namespaces.inherit", "cgroup")]
    [Row("config-linux.namespaces.inherit", "time")]
    public static void Absent_IsTheRuntimesNamespace(Sandbox box, string type)
    {
        Check.Needs(Exists(File(type)), $"this kernel has no {type} namespaces");
        var container = box.NewContainer();
        if (type is not ("user" or "cgroup" or "time"))
            container.RemoveNamespace(type);
        Check.Equal(Host.Namespace(File(type)), container.Report().Namespace(File(type)), "the container's namespace");
    }

    [Row("config-linux.namespaces.duplicate", "network")]
    [Row("config-linux.namespaces.duplicate", "mount")]
    [Row("config-linux.namespaces.duplicate", "pid")]
    public static void Type_Twice_IsAnError(Sandbox box, string type) =>
        box.NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = type }).ShouldNotRun($"{type} is there twice");
}
