namespace OciRun.Linux;

/// <summary>
/// The standard streams, by plain write(2). System.Console would look up the terminal and install handlers first, which costs a
/// short job more than all it has to say.
/// </summary>
public static class StandardStream
{
    /// <summary>Writes all of <paramref name="bytes"/> to standard output. Throws <see cref="LinuxException"/> (write(2)), EPIPE included.</summary>
    public static void WriteOutput(ReadOnlySpan<byte> bytes) => Write(1, "stdout", bytes);

    /// <summary>Writes all of <paramref name="bytes"/> to standard error. Throws <see cref="LinuxException"/> (write(2)).</summary>
    public static void WriteError(ReadOnlySpan<byte> bytes) => Write(2, "stderr", bytes);

    private static void Write(int number, string name, ReadOnlySpan<byte> bytes)
    {
        using var fd = new SafeFd(number, owns: false);
        FileAppend.WriteAll(fd, name, bytes);
    }
}
