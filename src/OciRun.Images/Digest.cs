using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using OciRun.Linux;

namespace OciRun.Images;

/// <summary>A digest as the image specification writes it, descriptor.md "Digests": <c>sha256:</c> and 64 digits, or <c>sha512:</c> and 128.</summary>
public readonly record struct Digest
{
    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    private readonly string? _text;

    private Digest(string text) => _text = text;

    /// <summary>sha256 or sha512.</summary>
    public string Algorithm => Text[..Text.IndexOf(':')];

    /// <summary>The digits, in lower case.</summary>
    public string Hex => Text[(Text.IndexOf(':') + 1)..];

    private string Text => _text ?? throw new InvalidOperationException("a digest without a value");

    /// <summary>Is the text a digest of an algorithm that is known here? Everything else may not name a file.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        int length = text is null ? 0 : text.StartsWith("sha256:", StringComparison.Ordinal) ? 64 : text.StartsWith("sha512:", StringComparison.Ordinal) ? 128 : 0;
        if (length == 0 || text!.Length != 7 + length || text.AsSpan(7).IndexOfAnyExcept(s_digits) >= 0)
        {
            return false;
        }

        digest = new(text);
        return true;
    }

    /// <summary>The digest that a document gives; the place is for the message.</summary>
    /// <exception cref="ImageException">It is none.</exception>
    public static Digest Parse(string? text, string place) => TryParse(text, out var digest)
        ? digest
        : throw new ImageException(ImageError.Invalid, $"{place}: \"{Quoting.Escape(text ?? "")}\" is no digest (sha256 or sha512)");

    /// <summary>The sha256 of these bytes.</summary>
    public static Digest Of(ReadOnlySpan<byte> content)
    {
        var hash = Sha2.Start256();
        hash.Append(content);
        return Finish(hash);
    }

    /// <summary>The chain id of a layer, config.md "Layer ChainID": what it is together with all the layers below it.</summary>
    /// <param name="below">Chain id of the layers below; null for the lowest.</param>
    /// <param name="diffId">Digest of its uncompressed archive.</param>
    public static Digest Chain(Digest? below, Digest diffId) => below is null
        ? diffId
        : Of(System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{below} {diffId}")));

    /// <summary>A hash to be filled.</summary>
    internal static Sha2 Start(string algorithm) => algorithm == "sha512" ? Sha2.Start512() : Sha2.Start256();

    /// <summary>What has been put into it.</summary>
    internal static Digest Finish(Sha2 hash)
    {
        Span<byte> bytes = stackalloc byte[hash.HashSize];
        hash.Finish(bytes);
        return new($"sha{8 * bytes.Length}:{Convert.ToHexStringLower(bytes)}");
    }

    /// <summary>Does this content have this digest?</summary>
    internal bool Matches(ReadOnlySpan<byte> content)
    {
        var hash = Start(Algorithm);
        hash.Append(content);
        return Finish(hash) == this;
    }

    /// <summary>As it is written.</summary>
    public override string ToString() => Text;
}
