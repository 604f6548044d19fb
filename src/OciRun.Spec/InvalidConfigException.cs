using System.Text;

namespace OciRun.Spec;

/// <summary>A document that cannot be used: the only exception that reading one throws. It holds every fault, not just the first.</summary>
public sealed class InvalidConfigException : Exception
{
    private const int MaximumInMessage = 8;

    /// <param name="findings">All findings, at least one of them a <see cref="FindingLevel.Must"/>.</param>
    public InvalidConfigException(IReadOnlyList<Finding> findings) : base(Describe(findings)) => Findings = findings;

    /// <summary>Every finding, in the order of the document.</summary>
    public IReadOnlyList<Finding> Findings { get; }

    /// <summary>The fatal findings in one line, as an error message; the first few when there are many.</summary>
    /// <param name="findings">Findings of any level.</param>
    public static string Describe(IReadOnlyList<Finding> findings)
    {
        ArgumentNullException.ThrowIfNull(findings);
        var text = new StringBuilder();
        int shown = 0, more = 0;
        foreach (var finding in findings)
        {
            if (finding.Level != FindingLevel.Must)
                continue;
            if (shown == MaximumInMessage)
            {
                more++;
                continue;
            }
            if (shown++ > 0)
                text.Append("; ");
            text.Append(finding);
        }
        if (more > 0)
            text.Append("; and ").Append(more).Append(" more");
        return text.ToString();
    }
}
