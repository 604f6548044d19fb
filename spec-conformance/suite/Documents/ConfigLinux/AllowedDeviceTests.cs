namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: the allowed device list of the cgroup.</summary>
internal static class AllowedDeviceTests
{
    // The device that the tests ask for has a driver and is no default device; open(2) of it has no effect.
    private const string Number = "10:229";

    private static string Open(Sandbox box, string rules, string mode = "rw")
    {
        Check.Needs(Directory.Exists("/sys/dev/char/" + Number), $"this kernel has no device {Number} (fuse)");
        var container = box.NewContainer().Set("/linux/resources/devices", JsonNode.Parse(rules));
        Check.That(box.Program("mknod", Path.Combine(container.Rootfs, "asked"), "c", "10", "229").ExitCode == 0, "the suite cannot make a device");
        return container.RunProbe("open", "/asked", mode)["open /asked"];
    }

    private const string DenyAll = "{\"allow\": false, \"access\": \"rwm\"}", Allow = "{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rwm\"}";
    private const string Deny = "{\"allow\": false, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"rwm\"}";

    [Row("config-linux.allowedDevices.order", $"[{DenyAll}, {Allow}]", "ok")]
    [Row("config-linux.allowedDevices.order", $"[{Allow}, {DenyAll}]", "EPERM")]
    [Row("config-linux.allowedDevices.order", $"[{DenyAll}, {Allow}, {Deny}]", "EPERM")]
    [Row("config-linux.allowedDevices.order", $"[{DenyAll}, {Deny}, {Allow}]", "ok")]
    [Row("config-linux.allowedDevices.allow", $"[{DenyAll}, {Allow}]", "ok")]
    [Row("config-linux.allowedDevices.allow", $"[{DenyAll}]", "EPERM")]
    [Row("config-linux.allowedDevices.allow", $"[{{\"allow\": true, \"access\": \"rwm\"}}, {Deny}]", "EPERM")]
    [Row("config-linux.allowedDevices.type", $"[{DenyAll}, {{\"allow\": true, \"type\": \"a\", \"access\": \"rwm\"}}]", "ok")]
    [Row("config-linux.allowedDevices.type", $"[{DenyAll}, {{\"allow\": true, \"access\": \"rwm\"}}]", "ok")]
    [Row("config-linux.allowedDevices.type", $"[{DenyAll}, {{\"allow\": true, \"type\": \"b\", \"major\": 10, \"minor\": 229, \"access\": \"rwm\"}}]", "EPERM")]
    [Row("config-linux.allowedDevices.number", $"[{DenyAll}, {{\"allow\": true, \"type\": \"c\", \"access\": \"rwm\"}}]", "ok")]
    [Row("config-linux.allowedDevices.number", $"[{DenyAll}, {{\"allow\": true, \"type\": \"c\", \"major\": 10, \"access\": \"rwm\"}}]", "ok")]
    [Row("config-linux.allowedDevices.number", $"[{DenyAll}, {{\"allow\": true, \"type\": \"c\", \"major\": 11, \"access\": \"rwm\"}}]", "EPERM")]
    [Row("config-linux.allowedDevices.number", $"[{DenyAll}, {{\"allow\": true, \"type\": \"c\", \"minor\": 229, \"access\": \"rwm\"}}]", "ok")]
    public static void Rules_DecideWhetherADeviceOpens(Sandbox box, string rules, string answer) => Check.Equal(answer, Open(box, rules), "the answer to opening it");

    [Row("config-linux.allowedDevices.access", "r", "r", "ok")]
    [Row("config-linux.allowedDevices.access", "r", "w", "EPERM")]
    [Row("config-linux.allowedDevices.access", "w", "w", "ok")]
    [Row("config-linux.allowedDevices.access", "w", "r", "EPERM")]
    [Row("config-linux.allowedDevices.access", "rw", "rw", "ok")]
    [Row("config-linux.allowedDevices.access", "m", "r", "EPERM")]
    public static void Access_DecidesInWhichWay(Sandbox box, string access, string mode, string answer) =>
        Check.Equal(answer, Open(box, $"[{DenyAll}, {{\"allow\": true, \"type\": \"c\", \"major\": 10, \"minor\": 229, \"access\": \"{access}\"}}]", mode), "the answer to opening it");

    [Clause("config-linux.allowedDevices.type")]
    public static void Type_Unknown_IsAnError(Sandbox box) =>
        box.NewContainer().Set("/linux/resources/devices", JsonNode.Parse("[{\"allow\": true, \"type\": \"x\", \"access\": \"rwm\"}]")).ShouldNotRun("the type is unknown");

    [Clause("config-linux.allowedDevices.access")]
    public static void Access_Unknown_IsAnError(Sandbox box) =>
        box.NewContainer().Set("/linux/resources/devices", JsonNode.Parse("[{\"allow\": true, \"type\": \"c\", \"access\": \"x\"}]")).ShouldNotRun("the access is unknown");
}
