using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>A layer of an import, from when it is wanted until it is in its place.</summary>
internal sealed class LayerJob(SourceLayer source, Digest chain, Digest? below) : IDisposable
{
    internal SourceLayer Source => source;

    internal Digest Chain => chain;

    internal Digest? Below => below;

    /// <summary>The layer's directory, when it is there: in its place or still in tmp.</summary>
    internal SafeFd? Directory { get; set; }

    /// <summary>Held from before it is looked for until it is in place, so that it is made once.</summary>
    internal SafeFd? Lock { get; set; }

    /// <summary>Where it waits to be put in place; null when it was there.</summary>
    internal string? TemporaryLayer { get; set; }

    /// <summary>The same of its blob.</summary>
    internal string? TemporaryBlob { get; set; }

    internal List<string> Warnings { get; } = [];

    public void Dispose()
    {
        Directory?.Dispose();
        Lock?.Dispose();
    }
}
