namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: devices and default devices.</summary>
internal static class DeviceTests
{
    private static JsonObject Device(string type, string path, int major, int minor)
    {
        var device = new JsonObject { ["type"] = type, ["path"] = path };
        if (type != "p")
            (device["major"], device["minor"]) = (major, minor);
        return device;
    }

    private static JsonObject Fuse(string path) => Device("c", path, 10, 229);

    private static string Stat(Container container, string path) => container.RunProbe("stat", path)["stat " + path];

    [Row("config-linux.devices", "c", 10, 229, "char", "10:229")]
    [Row("config-linux.devices", "b", 7, 0, "block", "7:0")]
    [Row("config-linux.devices", "c", 240, 1048575, "char", "240:1048575")]
    [Row("config-linux.devices.type", "u", 10, 229, "char", "10:229")]
    [Row("config-linux.devices.type", "p", 0, 0, "fifo", "0")]
    public static void Device_IsThere(Sandbox box, string type, int major, int minor, string kind, string number)
    {
        string[] words = Stat(box.NewContainer().Add("/linux/devices", Device(type, "/dev/asked", major, minor)), "/dev/asked").Split(' ');
        Check.Equal($"{kind} {number}", $"{words[0]} {words[^1]}", "what is at the path");
    }

    [Clause("config-linux.devices.type")]
    public static void Type_Unknown_IsAnError(Sandbox box) => box.NewContainer().Add("/linux/devices", Device("x", "/dev/asked", 10, 229)).ShouldNotRun("the type is unknown");

    [Row("config-linux.devices.path", "/dev/asked")]
    [Row("config-linux.devices.path", "/dev/new/directory/asked")]
    [Row("config-linux.devices.anywhere", "/opt/asked")]
    [Row("config-linux.devices.anywhere", "/asked")]
    public static void Path_IsWhereItIs(Sandbox box, string path) =>
        Check.That(Stat(box.NewContainer().Add("/linux/devices", Fuse(path)), path).EndsWith(" 10:229", StringComparison.Ordinal), $"the device is not at {path}");

    [Row("config-linux.devices.existing", "a file")]
    [Row("config-linux.devices.existing", "a directory")]
    [Row("config-linux.devices.existing", "another device")]
    [Row("config-linux.devices.existing", "a device of the other kind")]
    public static void Path_HasSomethingElse_IsAnError(Sandbox box, string what)
    {
        var container = box.NewContainer().WriteFile("/opt/asked", "text").Add("/linux/devices", Fuse("/opt/asked"));
        string path = Path.Combine(container.Rootfs, "opt/asked");
        if (what != "a file")
            File.Delete(path);
        if (what == "a directory")
            Directory.CreateDirectory(path);
        else if (what != "a file")
            Check.That(box.Program("mknod", path, what == "another device" ? "c" : "b", "10", what == "another device" ? "228" : "229").ExitCode == 0, "the suite cannot make a device");
        container.ShouldNotRun($"at the path there is {what}");
    }

    [Clause("config-linux.devices.existing")]
    public static void Path_HasTheDeviceAlready_IsNoError(Sandbox box)
    {
        var container = box.NewContainer().Add("/linux/devices", Fuse("/opt/asked"));
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "opt"));
        Check.That(box.Program("mknod", Path.Combine(container.Rootfs, "opt/asked"), "c", "10", "229").ExitCode == 0, "the suite cannot make a device");
        Check.That(Stat(container, "/opt/asked").EndsWith(" 10:229", StringComparison.Ordinal), "the device is not there");
    }

    [Row("config-linux.devices.number", "c", "major")]
    [Row("config-linux.devices.number", "b", "minor")]
    [Reading("REQUIRED binds only the author of the config: an absent number can be read as 0")]
    public static void Number_Absent_IsAnError(Sandbox box, string type, string property)
    {
        var device = Device(type, "/dev/asked", 10, 229);
        device.Remove(property);
        box.NewContainer().Add("/linux/devices", device).ShouldNotRun($"{property} is absent");
    }

    [Row("config-linux.devices.fileMode", "fileMode", 0b110_100_010, 1, "0642")]
    [Row("config-linux.devices.fileMode", "fileMode", 0b111_111_111, 1, "0777")]
    [Row("config-linux.devices.uid", "uid", 1234, 2, "1234")]
    [Row("config-linux.devices.gid", "gid", 5678, 3, "5678")]
    public static void Attribute_IsTheDevices(Sandbox box, string property, int value, int word, string shown)
    {
        var device = Fuse("/dev/asked");
        device[property] = value;
        Check.Equal(shown, Stat(box.NewContainer().Add("/linux/devices", device), "/dev/asked").Split(' ')[word], property);
    }

    [Clause("config-linux.devices.others")]
    [Reading("\"MAY NOT\" is no key word of RFC 2119, and what is allowed without linux.resources.devices is for the runtime to choose")]
    public static void OtherDevice_CannotBeOpened(Sandbox box)
    {
        Check.Needs(Directory.Exists("/sys/dev/char/10:229"), "this kernel has no device 10:229 (fuse)");
        var container = box.NewContainer();
        Check.That(box.Program("mknod", Path.Combine(container.Rootfs, "other"), "c", "10", "229").ExitCode == 0, "the suite cannot make a device");
        Check.Equal("EPERM", container.RunProbe("open", "/other")["open /other"], "the answer to opening a device that is not in the list");
    }

    [Row("config-linux.devices.default", "/dev/null", "1:3", "ok")]
    [Row("config-linux.devices.default", "/dev/zero", "1:5", "ok")]
    [Row("config-linux.devices.default", "/dev/full", "1:7", "ok")]
    [Row("config-linux.devices.default", "/dev/random", "1:8", "ok")]
    [Row("config-linux.devices.default", "/dev/urandom", "1:9", "ok")]
    [Row("config-linux.devices.default", "/dev/tty", "5:0", "ENXIO")]
    public static void DefaultDevice_IsThereAndOpens(Sandbox box, string path, string number, string answer)
    {
        foreach (var container in new[] { box.NewContainer(), box.NewContainer().UserNamespace(), box.NewContainer().Set("/linux/devices", new JsonArray()) })
        {
            var said = container.RunProbe("stat", path, "+", "open", path, "rw");
            string[] words = said["stat " + path].Split(' ');
            Check.Equal("char " + number, $"{words[0]} {words[^1]}", "what is there");
            // /dev/tty of a process without a controlling terminal.
            Check.Equal(answer, said["open " + path], "the answer to opening it");
        }
    }

    [Row("config-linux.devices.default.console", true)]
    [Row("config-linux.devices.default.console", false)]
    [Reading("a symbolic link to the terminal sets /dev/console up as well")]
    public static void Console_IsTheTerminal(Sandbox box, bool terminal)
    {
        var container = box.NewContainer().Waiting();
        if (!terminal)
        {
            Check.That(!container.Create().Proc("mountinfo").Contains(" /dev/console ", StringComparison.Ordinal), "without a terminal there is a mount at /dev/console");
            return;
        }
        using var socket = new ConsoleSocket(box.File("tty.sock"));
        container.Set("/process/terminal", true).Create("--console-socket", socket.Path);
        using var master = socket.Receive();
        container.Start();
        var mount = container.Proc("mountinfo").Split('\n').Select(MountInfo.Parse).SingleOrDefault(m => m.Target == "/dev/console");
        Check.That(mount is not null, "there is no mount at /dev/console");
        Check.Equal("devpts", mount!.Type, "the type of what is mounted there");
    }

    [Clause("config-linux.devices.default.ptmx")]
    public static void Ptmx_IsThatOfDevpts(Sandbox box)
    {
        var said = box.NewContainer().RunProbe("stat", "/dev/ptmx", "+", "readlink", "/dev/ptmx", "+", "open", "/dev/ptmx", "rw", "+", "report");
        if (said["stat /dev/ptmx"].StartsWith("link", StringComparison.Ordinal))
            Check.That(said["readlink /dev/ptmx"] is "pts/ptmx" or "/dev/pts/ptmx", $"it is a link to {said["readlink /dev/ptmx"]}");
        else
            Check.Equal("devpts", said.Report.Mount("/dev/ptmx").Type, "the type of what is mounted there");
        Check.Equal("ok", said["open /dev/ptmx"], "the answer to opening it");
    }
}
