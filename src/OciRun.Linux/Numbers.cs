namespace OciRun.Linux;

/// <summary>Flags of open(2).</summary>
[Flags]
public enum OpenFlags
{
#pragma warning disable CS1591
    ReadOnly = 0, WriteOnly = 1, ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NoCtty = 0x100, Truncate = 0x200, Append = 0x400, NonBlock = 0x800,
    Directory = 0x10000, NoFollow = 0x20000, CloseOnExec = 0x80000, Path = 0x200000,
#pragma warning restore CS1591
}

/// <summary>Clone flags of namespaces, namespaces(7).</summary>
[Flags]
public enum CloneFlags : ulong
{
#pragma warning disable CS1591
    None = 0, NewTime = 0x80, NewNamespace = 0x20000, NewCgroup = 0x2000000, NewUts = 0x4000000, NewIpc = 0x8000000, NewUser = 0x10000000,
    NewPid = 0x20000000, NewNet = 0x40000000, IntoCgroup = 0x200000000,
#pragma warning restore CS1591
}

/// <summary>File types of a mode, inode(7).</summary>
public static class FileType
{
#pragma warning disable CS1591
    public const uint Mask = 0xF000, Socket = 0xC000, Link = 0xA000, Regular = 0x8000, Block = 0x6000, Directory = 0x4000, Character = 0x2000, Fifo = 0x1000;
#pragma warning restore CS1591
}
