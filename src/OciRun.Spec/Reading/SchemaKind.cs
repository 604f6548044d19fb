namespace OciRun.Spec.Reading;

/// <summary>The JSON type that a property has.</summary>
internal enum SchemaKind
{
    Any,
    Object,
    Array,
    Map,
    String,
    Boolean,
    UInt16,
    Int32,
    UInt32,
    Int64,
    UInt64,
}
