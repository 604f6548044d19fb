namespace OciRun.Conformance.Running;

/// <summary>What became of a test.</summary>
internal enum Outcome
{
    /// <summary>The runtime does what the clause says.</summary>
    Pass,

    /// <summary>It does otherwise, and is not compliant.</summary>
    Fail,

    /// <summary>It does otherwise, as it may: the clause is only SHOULD or MAY, or can be read in another way.</summary>
    Differ,

    /// <summary>Could not be checked here; there is a reason.</summary>
    Skip,
}
