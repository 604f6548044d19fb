using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Security;

/// <summary>
/// The name of a profile's program in the cache: a hash over all that decides the program. Flags and listener decide nothing in it, the kernel decides
/// only whether there is one.
/// </summary>
internal static class SeccompKey
{
    /// <summary>Computes the key, <see cref="Sha2.HashSize256"/> bytes.</summary>
    /// <param name="profile">The profile.</param>
    /// <param name="maker">The file of the compiler: of this program, as it is now.</param>
    /// <param name="key">Out.</param>
    internal static void Compute(SeccompRuleSet profile, in FileStamp maker, Span<byte> key)
    {
        var sha = Sha2.Start256();
        sha.Append(MemoryMarshal.AsBytes([maker]));
        Add(sha, profile.DefaultAction);
        Add(sha, profile.Architectures);
        Add(sha, (uint)profile.Rules.Length);
        foreach (var rule in profile.Rules)
        {
            Add(sha, rule.Action);
            Add(sha, rule.Names);
            Add(sha, (uint)rule.Conditions.Length);
            sha.Append(MemoryMarshal.AsBytes<SeccompComparison>(rule.Conditions));
        }
        sha.Finish(key);
    }

    private static void Add(Sha2 sha, uint value)
    {
        Span<byte> bytes = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, value);
        sha.Append(bytes);
    }

    private static void Add(Sha2 sha, string[] words)
    {
        Add(sha, (uint)words.Length);
        foreach (string word in words)
            Add(sha, word);
    }

    // The length first, so that no two lists look alike. Half the bytes for what is ASCII; the lowest bit of the length says which it is.
    private static void Add(Sha2 sha, string word)
    {
        Span<byte> bytes = stackalloc byte[128];
        if (Ascii.FromUtf16(word, bytes, out int written) == OperationStatus.Done)
        {
            Add(sha, (uint)word.Length << 1);
            sha.Append(bytes[..written]);
        }
        else
        {
            Add(sha, ((uint)word.Length << 1) | 1);
            sha.Append(MemoryMarshal.AsBytes(word.AsSpan()));
        }
    }
}
