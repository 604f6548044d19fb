using System.Reflection;

namespace OciRun.Tests;

/// <summary>docs/callers.md names tests: they are there.</summary>
public sealed class CallerDocumentationTests
{
    private static readonly string s_root = typeof(CallerDocumentationTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;

    [Fact]
    public void Document_Tests_Exist()
    {
        var sources = Directory.GetFiles(Path.Combine(s_root, "tests"), "*Tests.cs", SearchOption.AllDirectories).ToLookup(path => Path.GetFileNameWithoutExtension(path), File.ReadAllText);
        string[] names = [.. File.ReadAllText(Path.Combine(s_root, "docs/callers.md")).Split('`').Where(word => word.Contains("Tests.", StringComparison.Ordinal))];

        names.Should().HaveCountGreaterThan(100);
        foreach (string[] name in names.Select(word => word.Split('.', 2)))
        {
            sources[name[0]].Should().Contain(text => text.Contains($" {name[1]}(", StringComparison.Ordinal), "docs/callers.md names {0}.{1}", name[0], name[1]);
        }
    }
}
