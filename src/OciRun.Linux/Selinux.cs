namespace OciRun.Linux;

/// <summary>SELinux as the host has it.</summary>
public static class Selinux
{
    /// <summary>It is on: files have labels, and its file system is mounted (selinux_status_open(3)).</summary>
    public static bool IsEnabled => Files.TryStatus(SafeFd.CurrentDirectory, "/sys/fs/selinux/enforce", followLink: true, out _) is not null;
}
