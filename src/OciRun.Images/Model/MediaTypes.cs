namespace OciRun.Images.Model;

/// <summary>The media types of images, media-types.md, and Docker's older names of the same things.</summary>
public static class MediaTypes
{
    /// <summary>An index.</summary>
    public const string Index = "application/vnd.oci.image.index.v1+json";

    /// <summary>A manifest.</summary>
    public const string Manifest = "application/vnd.oci.image.manifest.v1+json";

    /// <summary>A configuration.</summary>
    public const string Config = "application/vnd.oci.image.config.v1+json";

    /// <summary>A layer that is not compressed.</summary>
    public const string Layer = "application/vnd.oci.image.layer.v1.tar";

    /// <summary>A layer compressed with gzip.</summary>
    public const string LayerGzip = Layer + "+gzip";

    /// <summary>A layer compressed with zstd.</summary>
    public const string LayerZstd = Layer + "+zstd";

    private const string NonDistributable = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    private const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json", DockerManifest = "application/vnd.docker.distribution.manifest.v2+json",
        DockerConfig = "application/vnd.docker.container.image.v1+json", DockerLayer = "application/vnd.docker.image.rootfs.diff.tar",
        DockerForeign = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    internal static bool IsIndex(string? type) => type is Index or DockerList;

    internal static bool IsManifest(string? type) => type is Manifest or DockerManifest;

    internal static bool IsConfig(string? type) => type is Config or DockerConfig;

    /// <summary>Is it a layer, and how compressed?</summary>
    internal static bool TryGetCompression(string? type, out Compression compression)
    {
        (compression, bool known) = type switch
        {
            Layer or NonDistributable or DockerLayer or DockerForeign => (Compression.None, true),
            LayerGzip or NonDistributable + "+gzip" or DockerLayer + ".gzip" or DockerForeign + ".gzip" => (Compression.Gzip, true),
            LayerZstd or NonDistributable + "+zstd" or DockerLayer + ".zstd" => (Compression.Zstd, true),
            _ => (Compression.None, false),
        };
        return known;
    }
}
