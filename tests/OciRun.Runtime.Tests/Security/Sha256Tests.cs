using System.Security.Cryptography;
using System.Text;

namespace OciRun.Runtime.Tests.Security;

using Sha256 = OciRun.Runtime.Security.Sha256;

public sealed class Sha256Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Hash_VectorOfFips180_IsThePublishedOne(string text, string expected)
    {
        var hash = new byte[32];
        Sha256.Hash(Encoding.ASCII.GetBytes(text), hash);
        Convert.ToHexStringLower(hash).Should().Be(expected);
    }

    [Fact]
    public void Append_AnyLengthInAnyPieces_EqualsOpenSsl()
    {
        var random = new Random(7);
        for (int length = 0; length < 300; length++)
        {
            var data = new byte[length];
            random.NextBytes(data);
            var sha = new Sha256();
            for (int at = 0; at < length;)
            {
                int piece = Math.Min(random.Next(1, 100), length - at);
                sha.Append(data.AsSpan(at, piece));
                at += piece;
            }
            var hash = new byte[32];
            sha.Finish(hash);
            hash.Should().Equal(SHA256.HashData(data), $"length {length}");
        }
    }
}
