namespace OciRun.Conformance.Containers;

/// <summary>The config that every test starts from: the file systems a Linux program expects, its own namespaces, no limit.</summary>
internal static class DefaultConfig
{
    private const string Text = """
        {
          "ociVersion": "1.0.2",
          "process": {
            "user": { "uid": 0, "gid": 0 },
            "args": [ "/bin/probe", "exit", "0" ],
            "env": [ "PATH=/usr/sbin:/usr/bin:/sbin:/bin" ],
            "cwd": "/"
          },
          "root": { "path": "rootfs" },
          "mounts": [
            { "destination": "/proc", "type": "proc", "source": "proc" },
            { "destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": [ "nosuid", "strictatime", "mode=755", "size=65536k" ] },
            { "destination": "/dev/pts", "type": "devpts", "source": "devpts", "options": [ "nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620" ] },
            { "destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": [ "nosuid", "noexec", "nodev", "mode=1777", "size=65536k" ] },
            { "destination": "/sys", "type": "sysfs", "source": "sysfs", "options": [ "nosuid", "noexec", "nodev", "ro" ] }
          ],
          "linux": {
            "namespaces": [ { "type": "pid" }, { "type": "network" }, { "type": "ipc" }, { "type": "uts" }, { "type": "mount" } ]
          }
        }
        """;

    public static JsonObject Create() => JsonNode.Parse(Text)!.AsObject();
}
