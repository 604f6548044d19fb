namespace OciRun.Spec;

/// <summary>One option for the filesystem itself, as fsconfig(2) takes it: a key alone (a flag) or with a value.</summary>
/// <param name="Key">As in <c>size</c>.</param>
/// <param name="Value">As in <c>64k</c>, without quotes, commas as they are; null: the key is a flag.</param>
public readonly record struct MountData(string Key, string? Value)
{
    /// <summary>As it was written: key or key=value.</summary>
    public override string ToString() => Value is null ? Key : Key + "=" + Value;
}
