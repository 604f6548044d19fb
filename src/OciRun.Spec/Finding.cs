using System.Text;

namespace OciRun.Spec;

/// <summary>One thing that is wrong in a document, with the place where it is and what to do about it.</summary>
/// <param name="Path">JSON pointer (RFC 6901) to the value, or to where the missing one belongs; empty: the whole document.</param>
/// <param name="Level">Whether it is fatal.</param>
/// <param name="Code">Stable kebab-case word for programs (<see cref="FindingCode"/>).</param>
/// <param name="Clause">File and heading of the specification, such as <c>config.md#mounts</c>.</param>
/// <param name="Message">One line, lower case: what is wrong, what was expected, what to do.</param>
public sealed record Finding(string Path, FindingLevel Level, string Code, string Clause, string Message)
{
    /// <summary>Line in the document, from 1; 0 when not (yet) known.</summary>
    public int Line { get; init; }

    /// <summary>Column in characters, from 1; 0 when not (yet) known.</summary>
    public int Column { get; init; }

    /// <summary>The value that was probably meant; null when there is no good guess.</summary>
    public string? Suggestion { get; init; }

    /// <summary>Place, position where known, message and suggestion in one line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder(Path.Length + Message.Length + 48);
        text.Append(Path.Length == 0 ? "document" : Path);
        if (Line > 0)
            text.Append(" (line ").Append(Line).Append(", column ").Append(Column).Append(')');
        text.Append(": ").Append(Message);
        if (Suggestion is not null)
            text.Append("; did you mean \"").Append(Suggestion).Append("\"?");
        return text.ToString();
    }
}
