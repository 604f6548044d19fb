using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Lifecycle;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Tests.Lifecycle;

/// <summary>Changes the working directory for a moment.</summary>
[CollectionDefinition(nameof(OverlayLinksTests), DisableParallelization = true)]
[Collection(nameof(OverlayLinksTests))]
public sealed class OverlayLinksTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-links-").FullName;

    public OverlayLinksTests() => Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root: a detached overlay is mounted");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private OverlayRoot Root(int layers)
    {
        var lower = new List<string>();
        for (int i = 0; i < layers; i++)
        {
            string layer = Path.Combine(_directory, string.Create(CultureInfo.InvariantCulture, $"a layer, with: odd \\ name {i}"));
            Directory.CreateDirectory(layer);
            File.WriteAllText(Path.Combine(layer, string.Create(CultureInfo.InvariantCulture, $"file{i}")), "");
            lower.Add(layer);
        }

        string upper = Directory.CreateDirectory(Path.Combine(_directory, "upper, and: \\")).FullName;
        return new OverlayRoot(lower, upper, Directory.CreateDirectory(Path.Combine(_directory, "work")).FullName, "/test");
    }

    [Theory]
    [InlineData(2)]
    [InlineData(100)]
    public void TryAsLinks_Layers_AreMergedAndWritable(int layers)
    {
        var root = Root(layers);
        string before = Directory.GetCurrentDirectory();
        using SafeFd? mount = OverlayMount.TryAsLinks(root);

        mount.Should().NotBeNull();
        using SafeFd merged = TreeFiles.Open(mount!, "", OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.Entries(merged).Select(entry => entry.Name).Should().BeEquivalentTo(Enumerable.Range(0, layers).Select(i => string.Create(CultureInfo.InvariantCulture, $"file{i}")));
        TreeFiles.Open(merged, "new", OpenFlags.WriteOnly | OpenFlags.Create, 0x1A4).Dispose();
        File.Exists(Path.Combine(root.Upper!, "new")).Should().BeTrue();
        Directory.GetCurrentDirectory().Should().Be(before);
    }

    [Fact]
    public void TryAsLinks_MoreThanFit_IsNull() => OverlayMount.TryAsLinks(Root(200)).Should().BeNull();
}
