using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// Decompresses Zstandard (RFC 8878), frame after frame, by libzstd's streaming functions. They are part of the published program; a debug build loads the
/// system's. A frame that wants a window of more than 128 MiB is refused (ZSTD_WINDOWLOG_LIMIT_DEFAULT).
/// </summary>
public sealed unsafe partial class ZstdDecoder : IDisposable
{
    private const string Library = "libzstd.so.1";

    private nint _stream;

    /// <summary>At the beginning of a frame.</summary>
    public ZstdDecoder()
    {
        _stream = CreateDStream();
        if (_stream == 0)
        {
            throw new InsufficientMemoryException();
        }
    }

    /// <summary>Whether all frames that began have ended: where the input may end.</summary>
    public bool IsBetweenFrames { get; private set; } = true;

    /// <summary>Takes some of the input and makes some output; all that there is for it when it leaves room there.</summary>
    /// <exception cref="InvalidDataException">This is no Zstandard, or damaged.</exception>
    public (int Consumed, int Produced) Decode(ReadOnlySpan<byte> input, Span<byte> output)
    {
        ObjectDisposedException.ThrowIf(_stream == 0, this);
        fixed (byte* from = input, to = output)
        {
            var source = new Buffer { Start = from, Size = (nuint)input.Length };
            var target = new Buffer { Start = to, Size = (nuint)output.Length };
            nuint hint = DecompressStream(_stream, &target, &source);
            if (IsError(hint) != 0)
            {
                throw new InvalidDataException("zstd: " + Marshal.PtrToStringUTF8(GetErrorName(hint)));
            }

            if (source.Position > 0 || target.Position > 0) // else it only says what it would like to see
            {
                IsBetweenFrames = hint == 0;
            }

            return ((int)source.Position, (int)target.Position);
        }
    }

    /// <summary>Frees its memory.</summary>
    public void Dispose()
    {
        _ = FreeDStream(_stream); // 0 is allowed
        _stream = 0;
    }

    [LibraryImport(Library, EntryPoint = "ZSTD_createDStream")]
    private static partial nint CreateDStream();

    [LibraryImport(Library, EntryPoint = "ZSTD_freeDStream")]
    private static partial nuint FreeDStream(nint stream);

    [LibraryImport(Library, EntryPoint = "ZSTD_decompressStream")]
    private static partial nuint DecompressStream(nint stream, Buffer* output, Buffer* input);

    [LibraryImport(Library, EntryPoint = "ZSTD_isError")]
    private static partial uint IsError(nuint result);

    [LibraryImport(Library, EntryPoint = "ZSTD_getErrorName")]
    private static partial nint GetErrorName(nuint result);

    /// <summary>ZSTD_inBuffer and ZSTD_outBuffer.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Buffer
    {
        internal byte* Start;
        internal nuint Size;
        internal nuint Position;
    }
}
