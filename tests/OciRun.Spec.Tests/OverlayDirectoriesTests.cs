namespace OciRun.Spec.Tests;

public sealed class OverlayDirectoriesTests
{
    private static OverlayDirectories? Read(out (string Key, string Problem)? fault, params (string Key, string Value)[] annotations) =>
        OverlayDirectories.From(annotations.ToDictionary(a => OverlayDirectories.Prefix + a.Key, a => a.Value), out fault);

    [Fact]
    public void From_OtherAnnotations_AskForNothing()
    {
        OverlayDirectories.From(new Dictionary<string, string> { ["io.ocirun"] = "x" }, out var fault).Should().BeNull();
        fault.Should().BeNull();
        OverlayDirectories.From(null, out fault).Should().BeNull();
        fault.Should().BeNull();
    }

    [Theory]
    [InlineData("a", new[] { "a" })]
    [InlineData("a:b", new[] { "a", "b" })]
    [InlineData("a\\:b:c", new[] { "a:b", "c" })]
    [InlineData("a\\\\:b", new[] { "a\\", "b" })]
    [InlineData("a\\b,c d", new[] { "a\\b,c d" })]
    [InlineData("a\\", new[] { "a\\" })]
    public void From_Lower_IsSplitAtColons(string value, string[] expected)
    {
        Read(out var fault, ("lowerdir", value))!.Lower.Should().Equal(expected);
        fault.Should().BeNull();
    }

    [Fact]
    public void Join_AnyNames_AreReadBack()
    {
        string[] names = ["a:b", "c\\", "\\:", "d", "e,f g"];
        Read(out _, ("lowerdir", OverlayDirectories.Join(names)))!.Lower.Should().Equal(names);
    }

    [Theory]
    [InlineData("lowerdir", "", "lowerdir")]
    [InlineData("lowerdir", "a::b", "lowerdir")]
    [InlineData("lowerdir", ":a", "lowerdir")]
    [InlineData("lowerdir", "a:", "lowerdir")]
    [InlineData("upperdir", "u", "lowerdir")]
    [InlineData("other", "x", "other")]
    public void From_OneWrongAnnotation_IsNamed(string key, string value, string named)
    {
        Read(out var fault, (key, value)).Should().BeNull();
        fault!.Value.Key.Should().Be(OverlayDirectories.Prefix + named);
    }

    [Theory]
    [InlineData("upperdir", "workdir")]
    [InlineData("workdir", "upperdir")]
    public void From_HalfAPair_NamesTheOther(string given, string missing)
    {
        Read(out var fault, ("lowerdir", "a"), (given, "b")).Should().BeNull();
        fault!.Value.Key.Should().Be(OverlayDirectories.Prefix + missing);
    }
}
