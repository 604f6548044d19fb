namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: default filesystems, masked and read-only paths, sysctl.</summary>
internal static class PathTests
{
    [Row("config-linux.filesystems", "/proc", "proc")]
    [Row("config-linux.filesystems", "/sys", "sysfs")]
    [Row("config-linux.filesystems", "/dev/pts", "devpts")]
    [Row("config-linux.filesystems", "/dev/shm", "tmpfs")]
    [Reading("the runtime does what the config's mounts say, and no more")]
    public static void Filesystem_NotInTheConfig_IsThere(Sandbox box, string path, string type)
    {
        var container = box.NewContainer().Probe("statfs", path);
        var mounts = container.Config["mounts"]!.AsArray();
        mounts.Remove(mounts.Single(m => (string)m!["destination"]! == path));
        string magic = type switch { "proc" => "0x9fa0", "sysfs" => "0x62656572", "devpts" => "0x1cd1", _ => "0x1021994" };
        string said = container.Run().ShouldSucceed().Probe["statfs " + path];
        Check.That(said.StartsWith($"type {magic} ", StringComparison.Ordinal), $"no {type} at {path}: {said}");
    }

    [Row("config-linux.maskedPaths", "file")]
    [Row("config-linux.maskedPaths", "directory")]
    [Row("config-linux.maskedPaths", "link")]
    public static void MaskedPath_CannotBeRead(Sandbox box, string what)
    {
        var container = box.NewContainer().WriteFile("/opt/secret/file", "secret").Args("sh", "-c", "cat /opt/secret/file; ls -A /opt/secret; echo end");
        if (what == "link")
            File.CreateSymbolicLink(Path.Combine(container.Rootfs, "opt/link"), "secret");
        string path = what switch { "file" => "/opt/secret/file", "link" => "/opt/link", _ => "/opt/secret" };
        string output = container.Set("/linux/maskedPaths", Container.List(path)).Run().Output;
        Check.That(output.EndsWith("end\n", StringComparison.Ordinal), "the program did not run to its end");
        Check.That(!output.Contains("secret", StringComparison.Ordinal), $"the content can be read: {output}");
        Check.That(what == "file" || !output.Contains("file", StringComparison.Ordinal), $"the names can be read: {output}");
    }

    [Clause("config-linux.maskedPaths.absolute")]
    public static void MaskedPath_Relative_IsAnError(Sandbox box) =>
        box.NewContainer().WriteFile("/opt/secret", "secret").Set("/linux/maskedPaths", Container.List("opt/secret")).ShouldNotRun("the path is relative");

    [Row("config-linux.readonlyPaths", "/opt/dir/file")]
    [Row("config-linux.readonlyPaths", "/opt/dir")]
    [Row("config-linux.readonlyPaths", "/opt")]
    public static void ReadonlyPath_CannotBeWritten(Sandbox box, string path)
    {
        var container = box.NewContainer().WriteFile("/opt/dir/file", "text").WriteFile("/srv/file", "text").Set("/linux/readonlyPaths", Container.List(path));
        var said = container.RunProbe("write", "/opt/dir/file", "+", "read", "/opt/dir/file", "+", "write", "/srv/file");
        Check.Equal("EROFS", said["write /opt/dir/file"], "the answer to a write");
        Check.Equal("text", said.Content("/opt/dir/file"), "its content");
        Check.Equal("ok", said["write /srv/file"], "elsewhere, the answer to a write");
    }

    [Clause("config-linux.readonlyPaths")]
    public static void ReadonlyPath_OfProc_CannotBeWritten(Sandbox box) =>
        Check.Equal("EROFS", box.NewContainer().Set("/linux/readonlyPaths", Container.List("/proc/sys")).RunProbe("write", "/proc/sys/kernel/hostname", "no")["write /proc/sys/kernel/hostname"], "the answer to a write");

    [Clause("config-linux.readonlyPaths.absolute")]
    public static void ReadonlyPath_Relative_IsAnError(Sandbox box) =>
        box.NewContainer().WriteFile("/opt/dir/file", "text").Set("/linux/readonlyPaths", Container.List("opt/dir")).ShouldNotRun("the path is relative");

    [Row("config-linux.sysctl", "net.ipv4.ip_forward", "1", "/proc/sys/net/ipv4/ip_forward")]
    [Row("config-linux.sysctl", "kernel.msgmax", "4321", "/proc/sys/kernel/msgmax")]
    [Row("config-linux.sysctl", "net.ipv4.ping_group_range", "0 42", "/proc/sys/net/ipv4/ping_group_range")]
    [Row("config-linux.sysctl", "fs.mqueue.msg_max", "11", "/proc/sys/fs/mqueue/msg_max")]
    public static void Sysctl_IsSet(Sandbox box, string name, string value, string path)
    {
        Check.Needs(File.Exists(path), $"this kernel has no {path}");
        string host = File.ReadAllText(path);
        Check.Equal(value, box.NewContainer().Set("/linux/sysctl", new JsonObject { [name] = value }).RunProbe("read", path).Content(path).Trim().Replace('\t', ' '), name);
        Check.Equal(host, File.ReadAllText(path), $"on the host, {name}");
    }

    [Row("config-linux.sysctl", "net.ipv4.no_such_parameter", "1")]
    [Row("config-linux.sysctl", "net.ipv4.ip_forward", "many")]
    public static void Sysctl_CannotBeSet_IsAnError(Sandbox box, string name, string value) =>
        box.NewContainer().Set("/linux/sysctl", new JsonObject { [name] = value }).ShouldNotRun($"{name} cannot be {value}");
}
