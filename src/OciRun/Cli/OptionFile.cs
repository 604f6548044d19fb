using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>A file that an option names, for what we have to say: opened before anything is done.</summary>
internal static class OptionFile
{
    /// <summary>0644, and the umask.</summary>
    internal const uint ForAll = 0x1A4;

    /// <summary>0600: for what others must not know.</summary>
    internal const uint Private = 0x180;

    /// <param name="option">Its name, for the error.</param>
    /// <param name="path">Made where it is missing.</param>
    /// <param name="how">What becomes of what is in it: <see cref="OpenFlags.Append"/> or <see cref="OpenFlags.Truncate"/>.</param>
    /// <param name="mode">Permissions of a new one.</param>
    /// <exception cref="ContainerException">It cannot be opened.</exception>
    internal static SafeFd Open(string option, string path, OpenFlags how, uint mode)
    {
        try
        {
            return Files.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.NoCtty | how, mode);
        }
        catch (LinuxException error)
        {
            throw CannotOpen(option, error);
        }
    }

    /// <summary>The error of one that cannot be opened.</summary>
    internal static ContainerException CannotOpen(string option, LinuxException error) =>
        new(ErrorCode.Usage, $"cannot open {option}: {error.Message}", error) { Call = error.Call, Errno = error.Errno };

    /// <summary>Writes what is said in the end. What the verb has done is done: a full disk is a warning.</summary>
    internal static void Write(SafeFd file, string option, string path, ReadOnlySpan<byte> text, Diagnostics diagnostics)
    {
        try
        {
            Files.Write(file, text, path);
        }
        catch (LinuxException error)
        {
            diagnostics.Warn($"cannot write {option}: {error.Message}");
        }
    }
}
