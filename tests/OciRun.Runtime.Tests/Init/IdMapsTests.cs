using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Init;

/// <summary>Mappings of a config beside those that the kernel reports of a user namespace to join (S125).</summary>
public sealed class IdMapsTests
{
    private const string Kernels = "         0     100000       1000\n      1000       5000          1\n";

    [Fact]
    public void Parse_TextOfTheKernel_IsThere() => IdMaps.Lines(IdMaps.Parse(Kernels)).Should().Be("0 100000 1000\n1000 5000 1\n");

    [Theory]
    [InlineData("0 100000 1000\n1000 5000 1\n", true)]
    [InlineData("1000 5000 1\n0 100000 1000\n", true)]
    [InlineData("500 100500 500\n1000 5000 1\n0 100000 500\n", true)]
    [InlineData("0 100000 1000\n", false)]
    [InlineData("0 100000 1001\n", false)]
    [InlineData("0 100000 1000\n1000 5001 1\n", false)]
    [InlineData("0 200000 1000\n1000 5000 1\n", false)]
    [InlineData("", false)]
    public void Same_OrderAndPieces_DoNotMatter(string configs, bool same)
    {
        IdMapping[] kernels = IdMaps.Parse(Kernels), wanted = IdMaps.Parse(configs);
        IdMaps.Same(kernels, wanted).Should().Be(same);
        IdMaps.Same(wanted, kernels).Should().Be(same);
    }
}
