namespace OciRun.Linux;

/// <summary>A copy of a mount that is attached nowhere: open_tree(2), Linux 5.2, and mount_setattr(2), 5.12.</summary>
public static unsafe class MountTree
{
    private const int OpenTree = 428, MountSetattr = 442;
    private const int AtEmptyPath = 0x1000, Clone = 1, CloseOnExec = 0x80000;
    private const ulong IdMapped = 0x00100000, Private = 1 << 18;

    /// <summary>
    /// open_tree(2) with OPEN_TREE_CLONE of a directory: what is mounted below it does not come along, and what is mounted on the copy does not show in the original. A mere
    /// clone is a peer of the mount it was taken from (mount_namespaces(7)), which systemd makes shared on every host: a container's mounts would appear there.
    /// </summary>
    /// <exception cref="LinuxException">EPERM without CAP_SYS_ADMIN; EINVAL where the descriptor belongs to another mount namespace.</exception>
    public static SafeFd Copy(SafeFd directory, string name)
    {
        fixed (byte* empty = CString.Of(""))
        {
            int fd = (int)Native.Syscall(OpenTree, directory.Number, (long)empty, AtEmptyPath | Clone | CloseOnExec);
            SafeFd tree = fd >= 0 ? new SafeFd(fd) : throw new LinuxException("open_tree", Quoting.Quote(name), Native.LastErrno);
            Set(tree, 0, Private, 0, name);
            return tree;
        }
    }

    /// <summary>mount_setattr(2): sets <paramref name="attributes"/> (MOUNT_ATTR_*).</summary>
    /// <exception cref="LinuxException">As mount_setattr(2).</exception>
    public static void Set(SafeFd tree, ulong attributes, string name) => Set(tree, attributes, 0, 0, name);

    /// <summary>MOUNT_ATTR_IDMAP: what is on disk shows with the ids that <paramref name="userNamespace"/> maps them to.</summary>
    /// <exception cref="LinuxException">EINVAL where the file system cannot (before Linux 5.12 to 6.5, each has its own).</exception>
    public static void MapIds(SafeFd tree, SafeFd userNamespace, string name) => Set(tree, IdMapped, 0, (ulong)userNamespace.Number, name);

    private static void Set(SafeFd tree, ulong attributes, ulong propagation, ulong userNamespace, string name)
    {
        // struct mount_attr: attr_set, attr_clr, propagation, userns_fd
        ulong* request = stackalloc ulong[] { attributes, 0, propagation, userNamespace };
        fixed (byte* empty = CString.Of(""))
        {
            if (Native.Syscall(MountSetattr, tree.Number, (long)empty, AtEmptyPath, (long)request, 32) < 0)
            {
                throw new LinuxException("mount_setattr", Quoting.Quote(name), Native.LastErrno);
            }
        }
    }
}
