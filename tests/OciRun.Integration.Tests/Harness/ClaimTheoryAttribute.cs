using System.Runtime.CompilerServices;

namespace OciRun.Integration.Harness;

/// <summary>As <see cref="ClaimFactAttribute"/>, for a table of cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClaimTheoryAttribute : TheoryAttribute
{
    /// <param name="claim">What ocirun does that the other runtimes do not, with the row or CVE.</param>
    /// <param name="sourceFilePath">Filled in by the compiler.</param>
    /// <param name="sourceLineNumber">Filled in by the compiler.</param>
    public ClaimTheoryAttribute(string claim, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
        : base(sourceFilePath, sourceLineNumber)
    {
        Claim = claim;
        Skip = $"a claim of ocirun, another runtime is under test: {claim}";
        SkipType = typeof(RuntimeUnderTest);
        SkipUnless = nameof(RuntimeUnderTest.IsOurs);
    }

    /// <summary>What ocirun does that the other runtimes do not.</summary>
    public string Claim { get; }
}
