namespace OciRun.Cgroups;

/// <summary>How a part of the container's /sys/fs/cgroup comes about.</summary>
public enum CgroupMountKind
{
    /// <summary>A new mount of a filesystem.</summary>
    Filesystem,

    /// <summary>A bind mount of a directory of the host.</summary>
    Bind,

    /// <summary>A symbolic link.</summary>
    Symlink,
}
