using System.Text.Json;
using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Extracts a layer of the store once more, beside it, and compares the two.</summary>
internal sealed class LayerCheck(StoreDirectory store)
{
    /// <summary>Compares.</summary>
    /// <param name="layer">The layer, its blob in the store.</param>
    /// <param name="chain">Its chain id.</param>
    /// <param name="below">Chain ids of the layers below, the topmost first.</param>
    /// <param name="report">Gets each path that differs, raw, and what is wrong with it.</param>
    /// <exception cref="ImageException">The blob is damaged.</exception>
    internal void Compare(SourceLayer layer, Digest chain, IReadOnlyList<Digest> below, Action<string, string> report)
    {
        string temporary = StoreDirectory.NewTemporary();
        try
        {
            Extract(layer, below, temporary);
            Compare(temporary, chain, report);
        }
        finally
        {
            store.RemoveAll(temporary);
        }
    }

    /// <summary>
    /// For a layer that was extracted before the machine was started: it may have lost files that were never written to the disk. If so, the new one takes its place.
    /// </summary>
    /// <returns>Its record, which asks for no such check any more.</returns>
    /// <exception cref="ImageException">The blob is damaged: the image has to be imported again.</exception>
    internal LayerRecord Recover(SourceLayer layer, Digest chain, IReadOnlyList<Digest> below)
    {
        using SafeFd held = store.LockName("locks/" + chain.Hex);
        string path = StoreDirectory.LayerPath(chain), temporary = StoreDirectory.NewTemporary();
        try
        {
            var record = Extract(layer, below, temporary);
            bool damaged = !store.HasLayer(chain);
            if (!damaged)
            {
                Compare(temporary, chain, (_, _) => damaged = true);
            }

            if (damaged)
            {
                string old = StoreDirectory.NewTemporary();
                store.Replace(temporary + "/layer.json", Text(record));
                if (store.HasLayer(chain))
                {
                    store.MoveInto(path, old);
                }

                store.MoveInto(temporary, path);
                store.RemoveAll(old);
                return record;
            }

            record = record with { Boot = null };
            store.Replace(path + "/layer.json", Text(record));
            return record;
        }
        finally
        {
            store.RemoveAll(temporary);
        }
    }

    /// <summary>layer.json.</summary>
    internal static byte[] Text(LayerRecord record) => JsonSerializer.SerializeToUtf8Bytes(record, ImagesJsonContext.Default.LayerRecord);

    private LayerRecord Extract(SourceLayer layer, IReadOnlyList<Digest> below, string temporary)
    {
        string what = $"layer {layer.Digest}";
        store.MakeDirectory(temporary);
        store.MakeDirectory(temporary + "/diff");
        var lower = new List<SafeFd>();
        try
        {
            foreach (var chain in below)
            {
                lower.Add(store.OpenLayer(chain));
            }

            using SafeFd root = store.OpenFolder(temporary + "/diff");
            using var blob = new BlobStream(store.OpenBlob(layer.Digest), layer.Digest, layer.Descriptor.Size, what, null);
            var extraction = new LayerExtraction(what, layer.DiffId);
            extraction.Run(blob, layer.Compression, root, lower.Count == 0 ? null : new LowerLayers(() => lower, store.Form), store.Form);
            return new LayerRecord
            {
                DiffId = layer.DiffId.ToString(),
                Below = below.Count == 0 ? null : below[0].ToString(),
                Size = extraction.Size,
                ArchiveSize = extraction.ArchiveSize,
                Boot = StoreDirectory.Boot,
                UserForm = store.Form == OverlayForm.User,
            };
        }
        finally
        {
            lower.ForEach(static directory => directory.Dispose());
        }
    }

    private void Compare(string temporary, Digest chain, Action<string, string> report)
    {
        using SafeFd fresh = store.OpenFolder(temporary + "/diff"), present = store.OpenLayer(chain);
        new TreeComparison(report).Run(fresh, present);
    }
}
