namespace OciRun.Linux;

/// <summary>
/// A file on a tmpfs that is attached nowhere, for machines where memory files cannot be executed (vm.memfd_noexec=2, memfd_create(2)). No path leads to it, and its
/// file system is read-only before anybody else can see it, which does what the seals of a memfd do.
/// </summary>
internal static class DetachedFile
{
    private const ulong NoSuid = 2, NoDev = 4;

    /// <summary>Makes it, with these contents, mode 0500.</summary>
    /// <exception cref="LinuxException">As fsopen(2), fsconfig(2), fsmount(2): EPERM without CAP_SYS_ADMIN.</exception>
    internal static SafeFd Create(string name, ReadOnlySpan<byte> contents)
    {
        using FileSystemContext context = FileSystemContext.Open("tmpfs");
        context.Set("mode", "0700");
        context.Set("nr_inodes", "2");
        using SafeFd root = context.Mount(NoSuid | NoDev);
        using (SafeFd file = Files.Open(root, name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, mode: 0x140))
        {
            Files.Write(file, contents, name);
        }

        context.SetWord("ro");
        context.Reconfigure();
        return Files.Open(root, name, OpenFlags.ReadOnly | OpenFlags.NoFollow);
    }
}
