using System.Buffers.Binary;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>What became of the program: struct start_status of src/native/plan.h, read when the stage's end of the socket is closed.</summary>
internal sealed record StatusPage(uint State, Errno Errno, int Step, StageFailure Detail, PlanOp Op, string Text)
{
    internal const uint Executed = 2, Failed = 3;
    private const int PageHeader = 24, PageSize = 4096;

    /// <summary>Waits for the stage's end of the socket to be closed, by execve(2) or by its death: then only the page has something to say.</summary>
    internal static StatusPage ReadAtTheEnd(StageConnection connection, SafeFd page)
    {
        while (connection.Receive() is not null)
        {
            // of no use any more
        }

        return Read(page);
    }

    internal static StatusPage Read(SafeFd page)
    {
        Span<byte> bytes = stackalloc byte[PageSize];
        bytes = bytes[..Files.Read(page, bytes, "status page")];
        int length = Math.Clamp(BinaryPrimitives.ReadInt32LittleEndian(bytes[20..]), 0, bytes.Length - PageHeader);
        return new StatusPage(
            BinaryPrimitives.ReadUInt32LittleEndian(bytes),
            (Errno)BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]),
            BinaryPrimitives.ReadInt32LittleEndian(bytes[8..]),
            (StageFailure)BinaryPrimitives.ReadUInt32LittleEndian(bytes[12..]),
            (PlanOp)BinaryPrimitives.ReadUInt32LittleEndian(bytes[16..]),
            Encoding.UTF8.GetString(bytes.Slice(PageHeader, length)));
    }
}
