namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: network devices that are moved into the container.</summary>
internal static class NetDeviceTests
{
    // Two ends of a virtual cable: what is moved, and one that stays and takes it away again at the end.
    private static string NewDevice(Sandbox box, char letter = 'a')
    {
        string name = Name(box, letter);
        var made = box.Program("ip", "link", "add", name, "type", "veth", "peer", "name", name + "p");
        Check.Needs(made.ExitCode == 0, $"the suite cannot make a network device here: {made.Error.Trim()}");
        return name;
    }

    // At most 15 bytes.
    private static string Name(Sandbox box, char letter) => $"{box.Token.Replace('x', letter)}";

    private static void Remove(Sandbox box, params string[] names)
    {
        foreach (string name in names)
            box.Program("ip", "link", "delete", name + "p");
    }

    private static Container With(Sandbox box, string device, string? name)
    {
        Feature.Needs(box, "netDevices");
        var entry = new JsonObject();
        if (name is not null)
            entry["name"] = name;
        return box.NewContainer().Set("/linux/netDevices", new JsonObject { [device] = entry });
    }

    private static string Inside(Container container, params string[] words) => container.Args(["ip", .. words]).Run().ShouldSucceed().Output;

    [Row("config-linux.netDevices", "conf0", "conf0")]
    [Row("config-linux.netDevices.name", "conf1", "conf1")]
    [Row("config-linux.netDevices.name", "", "")]
    [Row("config-linux.netDevices.template", "conf%d", "conf0")]
    public static void Device_IsMoved(Sandbox box, string name, string wanted)
    {
        string device = NewDevice(box);
        try
        {
            string output = Inside(With(box, device, name.Length > 0 ? name : null), "link");
            Check.That(output.Contains($" {(wanted.Length > 0 ? wanted : device)}", StringComparison.Ordinal), $"the container has no such device: {output}");
        }
        finally
        {
            Remove(box, device);
        }
    }

    [Clause("config-linux.netDevices.up")]
    public static void Device_IsUp(Sandbox box)
    {
        string device = NewDevice(box);
        try
        {
            string line = Inside(With(box, device, "conf0"), "link", "show", "conf0").Split('\n')[0];
            Check.That(line.Split('<', '>')[1].Split(',').Contains("UP"), $"the device is not up: {line}");
        }
        finally
        {
            Remove(box, device);
        }
    }

    [Clause("config-linux.netDevices.addresses")]
    public static void Addresses_AreKept(Sandbox box)
    {
        string device = NewDevice(box);
        try
        {
            box.Program("ip", "link", "set", device, "mtu", "1400", "address", "02:00:00:00:12:34");
            box.Program("ip", "address", "add", "192.0.2.7/24", "dev", device);
            box.Program("ip", "address", "add", "2001:db8::7/64", "dev", device, "nodad");
            string output = Inside(With(box, device, "conf0"), "address", "show", "conf0");
            foreach (string word in new[] { "192.0.2.7/24", "2001:db8::7/64", "mtu 1400", "02:00:00:00:12:34" })
                Check.That(output.Contains(word, StringComparison.Ordinal), $"in the container the device lacks {word}: {output}");
        }
        finally
        {
            Remove(box, device);
        }
    }

    [Clause("config-linux.netDevices.check")]
    public static void Device_Absent_IsAnError(Sandbox box) => With(box, Name(box, 'n'), "conf0").ShouldNotRun("there is no such device");

    [Clause("config-linux.netDevices.check")]
    [Reading("the device is in the container's network namespace already")]
    public static void Device_WithoutNetworkNamespace_IsAnError(Sandbox box)
    {
        string device = NewDevice(box);
        try
        {
            With(box, device, "conf0").RemoveNamespace("network").ShouldNotRun("the container has the runtime's network namespace");
        }
        finally
        {
            Remove(box, device);
        }
    }

    [Row("config-linux.netDevices.exists", "lo")]
    [Row("config-linux.netDevices.exists", "twice")]
    public static void Name_IsTaken_IsAnError(Sandbox box, string name)
    {
        Feature.Needs(box, "netDevices");
        string first = NewDevice(box), second = NewDevice(box, 'b');
        try
        {
            var container = With(box, first, name);
            if (name == "twice")
                container.Set("/linux/netDevices/" + second, new JsonObject { ["name"] = name });
            container.ShouldNotRun($"the name {name} is taken");
        }
        finally
        {
            Remove(box, first, second);
        }
    }

    [Clause("config-linux.netDevices.back")]
    public static void Device_StaysInANamespaceThatLivesOn(Sandbox box)
    {
        string device = NewDevice(box);
        try
        {
            var first = box.NewContainer().Waiting().Create().Start().WaitFor("ready");
            var container = With(box, device, "conf0").RemoveNamespace("network").Add("/linux/namespaces", new JsonObject { ["type"] = "network", ["path"] = $"/proc/{first.Pid}/ns/net" });
            container.Create().Start().WaitStopped().Delete();
            Check.That(first.Proc("net/dev").Contains("conf0:", StringComparison.Ordinal), "after delete the device is no more in the network namespace");
        }
        finally
        {
            Remove(box, device);
        }
    }
}
