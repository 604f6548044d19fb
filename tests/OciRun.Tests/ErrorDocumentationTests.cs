using System.Reflection;
using OciRun.Runtime;

namespace OciRun.Tests;

public sealed class ErrorDocumentationTests
{
    [Fact]
    public void Document_Codes_AreThoseOfErrorCodeInTheSameOrder()
    {
        string[] codes = typeof(ErrorCode).GetFields(BindingFlags.Public | BindingFlags.Static).Select(field => (string)field.GetRawConstantValue()!).ToArray();

        Rows().Select(row => row[0].Trim('`')).Should().Equal(codes);
    }

    [Fact]
    public void Document_EveryCode_HasMeaningTextAndExitCode() =>
        Rows().Should().OnlyContain(row => row.Length == 4 && row.All(cell => cell.Length > 0) && row[3] == "1");

    private static List<string[]> Rows()
    {
        string root = typeof(ErrorDocumentationTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;
        string file = Path.Join(root, "docs/errors.md");
        Assert.SkipUnless(File.Exists(file), $"{file} is not there: the tests run away from their repository");
        return File.ReadLines(file).SkipWhile(line => line != "## Codes").Where(line => line.StartsWith("| `", StringComparison.Ordinal))
            .Select(line => line.Trim('|', ' ').Split('|', StringSplitOptions.TrimEntries)).ToList();
    }
}
