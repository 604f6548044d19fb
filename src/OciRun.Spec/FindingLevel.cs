namespace OciRun.Spec;

/// <summary>How much a finding weighs, in the words of RFC 2119.</summary>
public enum FindingLevel
{
    /// <summary>A MUST of the specification (or of the kernel) is broken: nothing can be created from this document.</summary>
    Must,

    /// <summary>A SHOULD is broken, or something will not do what its author expects: a warning, the work goes on.</summary>
    Should,
}
