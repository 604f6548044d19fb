using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// SHA-256 and SHA-512 (FIPS 180-4), fed in pieces, by OpenSSL's own code. These few functions of libcrypto are part of the published program (a debug
/// build loads the system's); the framework's hashes would load all of OpenSSL, which a static program cannot, and which costs 14 ms.
/// </summary>
public sealed unsafe partial class Sha2
{
    /// <summary>Bytes of a SHA-256.</summary>
    public const int HashSize256 = 32;

    private const string Library = "libcrypto.so.3";
    private const int ContextSize = 216; // SHA512_CTX; SHA256_CTX is smaller

    private readonly byte[] _context = new byte[ContextSize];
    private readonly bool _is512;

    private Sha2(bool is512)
    {
        _is512 = is512;
        fixed (byte* context = _context)
            _ = is512 ? Init512(context) : Init256(context);
    }

    /// <summary>Bytes of the hash.</summary>
    public int HashSize => _is512 ? 64 : HashSize256;

    /// <summary>An empty SHA-256.</summary>
    public static Sha2 Start256() => new(is512: false);

    /// <summary>An empty SHA-512.</summary>
    public static Sha2 Start512() => new(is512: true);

    /// <summary>Adds bytes.</summary>
    public void Append(ReadOnlySpan<byte> data)
    {
        fixed (byte* context = _context, bytes = data)
            _ = _is512 ? Update512(context, bytes, (nuint)data.Length) : Update256(context, bytes, (nuint)data.Length);
    }

    /// <summary>Writes the hash, <see cref="HashSize"/> bytes. Nothing may be appended afterwards.</summary>
    public void Finish(Span<byte> hash)
    {
        fixed (byte* context = _context, bytes = hash[..HashSize])
            _ = _is512 ? Final512(bytes, context) : Final256(bytes, context);
    }

    [LibraryImport(Library, EntryPoint = "SHA256_Init")]
    private static partial int Init256(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA256_Update")]
    private static partial int Update256(byte* context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "SHA256_Final")]
    private static partial int Final256(byte* hash, byte* context);

    [LibraryImport(Library, EntryPoint = "SHA512_Init")]
    private static partial int Init512(byte* context);

    [LibraryImport(Library, EntryPoint = "SHA512_Update")]
    private static partial int Update512(byte* context, byte* data, nuint length);

    [LibraryImport(Library, EntryPoint = "SHA512_Final")]
    private static partial int Final512(byte* hash, byte* context);
}
