namespace OciRun.Runtime.Security;

/// <summary>The refused calls of a program, counted by kind. The program chooses number and name: it must not have our memory with them.</summary>
internal sealed class SeccompRefusals
{
    /// <summary>So many kinds have a row of their own, all others have the one after them.</summary>
    internal const int MaxKinds = 1000;

    private readonly Dictionary<Kind, SeccompRefusal> _byKind = [];
    private readonly List<SeccompRefusal> _rows = [];

    /// <summary>Calls that are alike.</summary>
    /// <param name="Token">The ABI.</param>
    /// <param name="Number">The call.</param>
    /// <param name="Action">What the filter does with it.</param>
    /// <param name="Place">What says so.</param>
    /// <param name="Program">Who calls.</param>
    internal readonly record struct Kind(uint Token, uint Number, uint Action, string Place, string Program);

    /// <summary>The first first; the last may be that of the rest.</summary>
    internal IReadOnlyList<SeccompRefusal> Rows => _rows;

    /// <summary>Counts a call; its row.</summary>
    /// <param name="kind">What it counts to.</param>
    /// <param name="create">Makes the row of a kind that has none.</param>
    internal SeccompRefusal Add(in Kind kind, Func<SeccompRefusal> create)
    {
        if (!_byKind.TryGetValue(kind, out var row))
        {
            if (_byKind.Count < MaxKinds)
            {
                _rows.Add(row = _byKind[kind] = create());
            }
            else if (_rows.Count == MaxKinds)
            {
                _rows.Add(row = create() with { IsRest = true });
            }
            else
            {
                row = _rows[MaxKinds];
            }
        }

        row.Count++;
        return row;
    }
}
