using OciRun.Linux;

namespace OciRun.Images.Export;

/// <summary>Where an image is written to: a directory, or an archive of one.</summary>
internal abstract class ExportTarget : IDisposable
{
    /// <summary>Is there a file of this size already? Blobs are named after their content.</summary>
    internal abstract bool Has(string path, long size);

    /// <summary>Writes a file.</summary>
    internal abstract void Put(string path, long size, Stream content);

    /// <summary>Writes a small file.</summary>
    internal void Put(string path, byte[] content) => Put(path, content.Length, new MemoryStream(content, writable: false));

    /// <summary>Everything is there: makes it so for others.</summary>
    internal abstract void Finish();

    public abstract void Dispose();

    /// <summary>Hands on so many bytes.</summary>
    protected static void Copy(Stream content, long size, string path, Action<ReadOnlySpan<byte>> write)
    {
        byte[] buffer = GC.AllocateUninitializedArray<byte>(256 << 10);
        long left = size;
        for (int count; (count = content.Read(buffer)) > 0; left -= count)
        {
            if (count > left)
            {
                break;
            }

            write(buffer.AsSpan(0, count));
        }

        if (left != 0)
        {
            throw new ImageException(ImageError.Store, $"{Quoting.Escape(path)} is not of the size that it should have: see image verify");
        }
    }
}
