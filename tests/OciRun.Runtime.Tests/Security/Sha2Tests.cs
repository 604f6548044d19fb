using System.Security.Cryptography;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Tests.Security;

public sealed class Sha2Tests
{
    [Theory]
    [InlineData("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    [InlineData("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    [InlineData("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")]
    public void Finish_VectorOfFips180_IsThePublishedOne(string text, string expected)
    {
        var sha = Sha2.Start256();
        sha.Append(Encoding.ASCII.GetBytes(text));
        var hash = new byte[Sha2.HashSize256];
        sha.Finish(hash);
        Convert.ToHexStringLower(hash).Should().Be(expected);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Append_AnyLengthInAnyPieces_EqualsTheFrameworks(bool is512)
    {
        var random = new Random(7);
        for (int length = 0; length < 300; length++)
        {
            var data = new byte[length];
            random.NextBytes(data);
            var sha = is512 ? Sha2.Start512() : Sha2.Start256();
            for (int at = 0; at < length;)
            {
                int piece = Math.Min(random.Next(1, 100), length - at);
                sha.Append(data.AsSpan(at, piece));
                at += piece;
            }
            var hash = new byte[sha.HashSize];
            sha.Finish(hash);
            hash.Should().Equal(is512 ? SHA512.HashData(data) : SHA256.HashData(data), $"length {length}");
        }
    }
}
