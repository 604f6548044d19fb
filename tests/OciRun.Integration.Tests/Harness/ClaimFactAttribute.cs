using System.Runtime.CompilerServices;

namespace OciRun.Integration.Harness;

/// <summary>A test that runc fails: a claim to be better. It is skipped, with the claim as its reason, when another runtime is under test.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ClaimFactAttribute : FactAttribute
{
    /// <param name="claim">What ocirun does that the other runtimes do not, with the row or CVE.</param>
    /// <param name="sourceFilePath">Filled in by the compiler.</param>
    /// <param name="sourceLineNumber">Filled in by the compiler.</param>
    public ClaimFactAttribute(string claim, [CallerFilePath] string? sourceFilePath = null, [CallerLineNumber] int sourceLineNumber = -1)
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
