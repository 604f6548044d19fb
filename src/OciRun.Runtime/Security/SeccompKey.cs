using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace OciRun.Runtime.Security;

/// <summary>
/// The name of a profile's program in the cache: a hash over all that decides the program and is known without libseccomp. (The library
/// itself is checked
/// by what the entry says of it.) Flags and listener decide nothing in the program, the kernel decides only whether there is one.
/// </summary>
internal static class SeccompKey
{
    /// <summary>Computes the key, <see cref="Sha256.HashSize"/> bytes.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="libraryPath">LD_LIBRARY_PATH: it can bring another libseccomp.</param>
    /// <param name="key">Out.</param>
    internal static void Compute(SeccompRuleSet profile, string? libraryPath, Span<byte> key)
    {
        var sha = new Sha256();
        Add(ref sha, SeccompCompiler.Revision);
        Add(ref sha, (uint)RuntimeInformation.ProcessArchitecture);
        Add(ref sha, libraryPath ?? "");
        Add(ref sha, profile.DefaultAction);
        Add(ref sha, profile.Architectures);
        Add(ref sha, (uint)profile.Rules.Length);
        foreach (var rule in profile.Rules)
        {
            Add(ref sha, rule.Action);
            Add(ref sha, rule.Names);
            Add(ref sha, (uint)rule.Conditions.Length);
            sha.Append(MemoryMarshal.AsBytes<Linux.SeccompComparison>(rule.Conditions));
        }
        sha.Finish(key);
    }

    private static void Add(ref Sha256 sha, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        sha.Append(bytes);
    }

    private static void Add(ref Sha256 sha, string[] words)
    {
        Add(ref sha, (uint)words.Length);
        foreach (string word in words)
            Add(ref sha, word);
    }

    // The length first, so that no two lists look alike. Half the bytes for what is ASCII; the lowest bit of the length says which it is.
    private static void Add(ref Sha256 sha, string word)
    {
        Span<byte> bytes = stackalloc byte[128];
        if (Ascii.FromUtf16(word, bytes, out int written) == OperationStatus.Done)
        {
            Add(ref sha, (uint)word.Length << 1);
            sha.Append(bytes[..written]);
        }
        else
        {
            Add(ref sha, ((uint)word.Length << 1) | 1);
            sha.Append(MemoryMarshal.AsBytes(word.AsSpan()));
        }
    }
}
