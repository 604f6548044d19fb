namespace OciRun.Spec.Reading;

/// <summary>A type of the model, as the second walk needs it.</summary>
internal sealed class SchemaNode(SchemaKind kind, string clause)
{
    private string[]? _names;

    internal SchemaKind Kind { get; } = kind;

    /// <summary>Where the specification describes it.</summary>
    internal string Clause { get; } = clause;

    /// <summary>What an array or a map holds.</summary>
    internal SchemaNode? Element { get; init; }

    /// <summary>Members of an object.</summary>
    internal Dictionary<string, SchemaField> Fields { get; } = [];

    internal IReadOnlyList<string> Names => _names ??= [.. Fields.Keys];
}
