using System.Globalization;
using System.Text;

namespace OciRun.Spec;

/// <summary>
/// Collects findings while a document or a model is walked. It knows the place as a stack of names and indexes, so that a JSON pointer is
/// only made when there is something to say: a good config costs no string.
/// </summary>
internal sealed class FindingCollector
{
    /// <summary>More findings than anybody reads; bounds the work that a hostile document can ask for.</summary>
    internal const int Maximum = 200;

    private readonly List<Finding> _findings = [];
    private (string? Name, int Index)[] _place = new (string?, int)[16];
    private int _depth;

    internal IReadOnlyList<Finding> Findings => _findings;

    internal bool IsFull => _findings.Count >= Maximum;

    internal bool HasFaults { get; private set; }

    /// <summary>Goes into a member; <see cref="Pop"/> leaves it.</summary>
    internal void Push(string name) => PushSegment((name, 0));

    /// <summary>Goes into an element.</summary>
    internal void Push(int index) => PushSegment((null, index));

    internal void Pop() => _depth--;

    internal void Must(string code, string clause, string message, string? member = null, string? suggestion = null) =>
        Add(FindingLevel.Must, code, clause, message, member, suggestion);

    internal void Should(string code, string clause, string message, string? member = null, string? suggestion = null) =>
        Add(FindingLevel.Should, code, clause, message, member, suggestion);

    internal void Add(Finding finding)
    {
        HasFaults |= finding.Level == FindingLevel.Must;
        if (!IsFull || finding.Level == FindingLevel.Must && _findings.Count < 2 * Maximum)
            _findings.Add(finding);
    }

    /// <summary>JSON pointer (RFC 6901) of the present place, or of a member below it.</summary>
    internal string Pointer(string? member = null)
    {
        var text = new StringBuilder();
        for (int i = 0; i < _depth; i++)
        {
            var (name, index) = _place[i];
            text.Append('/');
            if (name is null)
                text.Append(index.ToString(CultureInfo.InvariantCulture));
            else
                AppendEscaped(text, name);
        }
        if (member is not null)
            AppendEscaped(text.Append('/'), member);
        return text.ToString();
    }

    private static void AppendEscaped(StringBuilder text, string name)
    {
        foreach (char c in name)
        {
            if (c == '~')
                text.Append("~0");
            else if (c == '/')
                text.Append("~1");
            else
                text.Append(c);
        }
    }

    private void Add(FindingLevel level, string code, string clause, string message, string? member, string? suggestion) =>
        Add(new Finding(Pointer(member), level, code, clause, message) { Suggestion = suggestion });

    private void PushSegment((string?, int) segment)
    {
        if (_depth == _place.Length)
            Array.Resize(ref _place, 2 * _depth);
        _place[_depth++] = segment;
    }
}
