using OciRun.Images.Store;

namespace OciRun.Images;

/// <summary>A directory of a store for work in progress: removed when it is disposed, and with the store's next collection when we die before.</summary>
public sealed class ScratchDirectory : IDisposable
{
    private readonly StoreDirectory _store;
    private readonly string _name;

    internal ScratchDirectory(StoreDirectory store)
    {
        (_store, _name) = (store, StoreDirectory.NewTemporary());
        store.MakeDirectory(_name);
    }

    /// <summary>Absolute; mode 0700.</summary>
    public string Path => $"{_store.Path}/{_name}";

    /// <inheritdoc/>
    public void Dispose() => _store.RemoveAll(_name);
}
