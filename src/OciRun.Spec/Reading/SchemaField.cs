namespace OciRun.Spec.Reading;

/// <summary>A member of an object: its type, whether it must be there, and whether null stands for absent.</summary>
internal sealed record SchemaField(SchemaNode Node, bool Required, bool Nullable);
