namespace OciRun.Spec.Validation;

/// <summary>What rules of one part need to know of the others.</summary>
internal readonly struct Scope
{
    private readonly ulong _new;
    private readonly ulong _joined;

    internal Scope(LinuxSection? linux)
    {
        foreach (var entry in linux?.Namespaces ?? [])
        {
            if (!NamespaceTypes.TryGetFlag(entry?.Type, out ulong flag))
                continue;
            if (string.IsNullOrEmpty(entry!.Path))
                _new |= flag;
            else
                _joined |= flag;
        }
        UidMappings = linux?.UidMappings;
        GidMappings = linux?.GidMappings;
    }

    internal IdMapping[]? UidMappings { get; }

    internal IdMapping[]? GidMappings { get; }

    /// <summary>The container gets a namespace of this kind that is not simply the runtime's.</summary>
    internal bool Has(ulong flag) => ((_new | _joined) & flag) != 0;

    /// <summary>A new one.</summary>
    internal bool IsNew(ulong flag) => (_new & flag) != 0;
}
