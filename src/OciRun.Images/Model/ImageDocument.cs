namespace OciRun.Images.Model;

/// <summary>
/// An index or a manifest. Both in one type: a document that has the fields of both can mean one thing to whoever checks it and another to whoever runs it
/// (CVE-2021-41190), so it must be seen whole to be refused.
/// </summary>
public sealed record ImageDocument
{
    /// <summary>schemaVersion: 2.</summary>
    public int SchemaVersion { get; init; }

    /// <summary>mediaType.</summary>
    public string? MediaType { get; init; }

    /// <summary>artifactType.</summary>
    public string? ArtifactType { get; init; }

    /// <summary>manifests, of an index.</summary>
    public List<Descriptor>? Manifests { get; init; }

    /// <summary>config, of a manifest.</summary>
    public Descriptor? Config { get; init; }

    /// <summary>layers, of a manifest: the lowest first.</summary>
    public List<Descriptor>? Layers { get; init; }

    /// <summary>subject.</summary>
    public Descriptor? Subject { get; init; }

    /// <summary>annotations.</summary>
    public Dictionary<string, string>? Annotations { get; init; }
}
