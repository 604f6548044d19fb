using OciRun.Images.Layers;
using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Puts the layers of an image into the store: verified, extracted once, several at a time. The store is locked, shared, meanwhile.</summary>
internal sealed class Importer : IDisposable
{
    private readonly StoreDirectory _store;
    private readonly ImportOptions _options;
    private readonly List<LayerJob> _jobs = [];
    private readonly object _gate = new();
    private Exception? _failure;
    private int _next;

    internal Importer(StoreDirectory store, IReadOnlyList<SourceLayer> layers, ImportOptions options)
    {
        (_store, _options) = (store, options);
        Digest? chain = null;
        foreach (var layer in layers)
        {
            var below = chain;
            chain = Digest.Chain(below, layer.DiffId);
            _jobs.Add(new LayerJob(layer, chain.Value, below));
        }
    }

    /// <summary>Makes what is missing and puts it in place.</summary>
    /// <exception cref="ImageException">A layer is not what it should be, or there is no room. Nothing is left behind.</exception>
    internal void Run()
    {
        try
        {
            var threads = new List<Thread>();
            for (int i = Workers.Count(_jobs.Count); i > 1; i--)
            {
                threads.Add(Workers.Start(Work));
            }

            Work();
            threads.ForEach(static thread => thread.Join());
            if (_failure is not null)
            {
                throw _failure as ImageException ?? new ImageException(ImageError.Store, _failure.Message, _failure);
            }
        }
        catch
        {
            RemoveTemporary();
            throw;
        }

        foreach (var job in _jobs)
        {
            job.Warnings.ForEach(warning => _options.Warn?.Invoke(warning));
        }
    }

    public void Dispose() => _jobs.ForEach(static job => job.Dispose());

    /// <summary>One worker: the lowest layer that nobody has begun, until there is none. So a layer that is waited for is always being made, or made.</summary>
    private void Work()
    {
        for (int index; _failure is null && (index = Interlocked.Increment(ref _next) - 1) < _jobs.Count;)
        {
            try
            {
                SafeFd directory = Make(index);
                lock (_gate)
                {
                    _jobs[index].Directory = directory;
                    Monitor.PulseAll(_gate);
                }
            }
            catch (Exception error)
            {
                lock (_gate)
                {
                    _failure ??= error;
                    Monitor.PulseAll(_gate);
                }
            }
        }
    }

    /// <summary>The directories of the layers below one, the topmost first.</summary>
    private List<SafeFd> WaitBelow(int index)
    {
        var found = new List<SafeFd>(index);
        lock (_gate)
        {
            for (int i = index - 1; i >= 0; i--)
            {
                while (_jobs[i].Directory is null && _failure is null)
                {
                    Monitor.Wait(_gate);
                }

                found.Add(_jobs[i].Directory ?? throw _failure!);
            }
        }

        return found;
    }

    private SafeFd Make(int index)
    {
        var job = _jobs[index];
        var (layer, size) = (job.Source, job.Source.Descriptor.Size);
        if (!_store.HasLayer(job.Chain) || !_store.HasBlob(layer.Digest, size))
        {
            job.Lock = _store.LockName("locks/" + job.Chain.Hex); // another process may be making it: then it is there afterwards
        }

        bool hasLayer = _store.HasLayer(job.Chain), hasBlob = _store.HasBlob(layer.Digest, size);
        if (hasLayer && hasBlob)
        {
            job.Lock?.Dispose();
            Report(index, size, ImportPhase.Present);
            return _store.OpenLayer(job.Chain);
        }

        string what = $"layer {index + 1} of {_jobs.Count} ({layer.Digest})";
        using SafeFd? copy = hasBlob ? null : _store.CreateFile(job.TemporaryBlob = StoreDirectory.NewTemporary());
        Stream content = hasBlob
            ? _store.OpenBlob(layer.Digest)
            : layer.Open() ?? throw new ImageException(ImageError.Invalid, $"{what} is missing{(layer.Descriptor.Urls is { Count: > 0 } ? ": its descriptor says to fetch it from a URL, which is not done" : "")}");
        long done = 0;
        using var blob = new BlobStream(content, layer.Digest, size, what, copy) { OnRead = count => Report(index, done += count, ImportPhase.Extracting) };
        SafeFd directory = hasLayer ? ReadOnly(job, blob) : Extract(index, blob, what);
        Commit(job);
        Report(index, size, ImportPhase.Done);
        return directory;
    }

    private SafeFd ReadOnly(LayerJob job, BlobStream blob)
    {
        blob.Finish();
        return _store.OpenLayer(job.Chain);
    }

    private SafeFd Extract(int index, BlobStream blob, string what)
    {
        var job = _jobs[index];
        string folder = job.TemporaryLayer = StoreDirectory.NewTemporary();
        _store.MakeDirectory(folder);
        _store.MakeDirectory(folder + "/diff");
        SafeFd root = _store.OpenFolder(folder + "/diff");
        try
        {
            var extraction = new LayerExtraction(what, job.Source.DiffId);
            extraction.Run(blob, job.Source.Compression, root, index == 0 ? null : new LowerLayers(() => WaitBelow(index), _store.Form), _store.Form);
            job.Warnings.AddRange(extraction.Warnings);
            using SafeFd record = _store.CreateFile(folder + "/layer.json");
            Files.Write(record, LayerCheck.Text(new()
            {
                DiffId = job.Source.DiffId.ToString(),
                Below = job.Below?.ToString(),
                Size = extraction.Size,
                ArchiveSize = extraction.ArchiveSize,
                Boot = StoreDirectory.Boot,
                UserForm = _store.Form == OverlayForm.User,
            }), "layer.json");
            return root;
        }
        catch
        {
            root.Dispose();
            throw;
        }
    }

    /// <summary>
    /// The blob and the layer get their names, and the lock ends at once: who held it until the whole image is there would wait for another process that waits for it. Blobs
    /// are on the disk by now. Layers are not, which their record says (<see cref="LayerRecord.Boot"/>): syncfs(2) would wait for what everybody else has written too.
    /// </summary>
    private void Commit(LayerJob job)
    {
        if (job.TemporaryBlob is { } blob)
        {
            _store.MakeBlobFolder(job.Source.Digest);
            _store.MoveInto(blob, StoreDirectory.BlobPath(job.Source.Digest));
            _store.SyncFolder("blobs/" + job.Source.Digest.Algorithm);
        }

        if (job.TemporaryLayer is { } layer)
        {
            _store.MoveInto(layer, StoreDirectory.LayerPath(job.Chain));
        }

        (job.TemporaryBlob, job.TemporaryLayer) = (null, null);
        job.Lock?.Dispose();
    }

    private void RemoveTemporary()
    {
        foreach (var job in _jobs)
        {
            foreach (string? path in new[] { job.TemporaryBlob, job.TemporaryLayer })
            {
                if (path is not null)
                {
                    _store.RemoveAll(path);
                }
            }
        }
    }

    private void Report(int index, long done, ImportPhase phase) =>
        _options.Progress?.Invoke(new(index, _jobs.Count, _jobs[index].Source.Digest, done, _jobs[index].Source.Descriptor.Size, phase));
}
