namespace OciRun.Images.Tar;

/// <summary>Kinds of members, by the type flag of POSIX ustar; the flags that are another spelling of one of these are read as it.</summary>
internal enum TarType : byte
{
    File = (byte)'0',
    HardLink = (byte)'1',
    SymbolicLink = (byte)'2',
    Character = (byte)'3',
    Block = (byte)'4',
    Directory = (byte)'5',
    Fifo = (byte)'6',
}
