using OciRun.Images.Sources;
using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>The store as the layout that it is.</summary>
internal sealed class StoreFiles(StoreDirectory store) : FileSet
{
    internal override string Name => Quoting.Escape(store.Path);

    internal override FdStream? TryOpen(string path)
    {
        SafeFd? file = TreeFiles.TryOpen(store.Root, path, OpenFlags.ReadOnly, out _);
        return file is null ? null : new FdStream(file, 0, (long)TreeFiles.Facts(file, path).Size, path, owns: true);
    }

    public override void Dispose() { } // the store stays open
}
