using System.Diagnostics;
using System.Reflection;
using OciRun.Cli;
using OciRun.Man;

namespace OciRun.Tests;

/// <summary>The manual pages, by the programs that read them.</summary>
public sealed class ManualTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("ocirun-manual-").FullName;

    private static readonly string s_texts = Path.Combine(
        typeof(ManualTests).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!, "docs/man");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Pages_EveryVerb_HasItsOptions()
    {
        Write();

        Page("ocirun").Should().Contain("\\-\\-log\\-format").And.NotContain("\\-\\-criu", "hidden options are not in help either");
        foreach (var verb in Verbs())
        {
            string page = Page("ocirun-" + verb.Name.Replace(' ', '-'));
            foreach (var option in verb.Options.Where(option => !option.IsHidden))
            {
                page.Should().Contain(option.Name.Replace("-", "\\-", StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public void Texts_OfPages_AreAllUsed() => Write().UnusedTexts().Should().BeEmpty();

    [Theory]
    [InlineData("/usr/bin/man", "--warnings -P cat -l \"$@\" 2>&1 >/dev/null")]
    [InlineData("/usr/bin/mandoc", "-Tlint -Wwarning \"$@\" 2>&1")]
    public void Pages_Readers_HaveNothingToSay(string reader, string arguments)
    {
        Assert.SkipUnless(File.Exists(reader), $"{reader} is not installed");
        Write();

        var start = new ProcessStartInfo("/bin/sh", ["-c", $"LC_ALL=C.UTF-8 MANWIDTH=100 {reader} {arguments}", "sh", .. Directory.GetFiles(_directory)]) { RedirectStandardOutput = true };
        using var process = Process.Start(start)!;
        process.StandardOutput.ReadToEnd().Should().BeEmpty();
        process.WaitForExit();
        process.ExitCode.Should().Be(0);
    }

    private static IEnumerable<Verb> Verbs()
    {
        foreach (string name in VerbList.Names)
        {
            var verb = VerbList.Create(name)!;
            yield return verb;
            foreach (string word in verb is GroupVerb group ? group.Names : [])
            {
                yield return ((GroupVerb)verb).Create(word)!;
            }
        }
    }

    private PageWriter Write()
    {
        var pages = new PageWriter(s_texts, "2026-01-02", _directory);
        pages.WriteAll();
        return pages;
    }

    private string Page(string name) => File.ReadAllText(Path.Combine(_directory, name + ".8"));
}
