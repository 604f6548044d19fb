using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>A document that the command line names.</summary>
internal static class InputFile
{
    /// <summary>All of it.</summary>
    /// <param name="file">Its path; "-": standard input.</param>
    /// <param name="what">Option or operand, for the message.</param>
    internal static byte[] Read(string file, string what)
    {
        try
        {
            using SafeFd? opened = file == "-" ? null : Files.Open(file, OpenFlags.ReadOnly);
            return Files.ReadAll(opened ?? new SafeFd(0, owns: false), file);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Usage, $"cannot read {what} {Quoting.Quote(file)}: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }
    }
}
