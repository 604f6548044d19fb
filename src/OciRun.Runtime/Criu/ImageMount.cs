using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>A mount of a checkpoint: mnt_entry of CRIU's mnt.proto.</summary>
/// <param name="Id">Of the mount.</param>
/// <param name="Parent">Id of the mount that it is in.</param>
/// <param name="Root">What of its filesystem is mounted: a raw path.</param>
/// <param name="Path">Where, seen from the container's root: a raw path.</param>
/// <param name="Device">Of its filesystem.</param>
/// <param name="Key">The name by which a restore must say what is mounted here; null where CRIU mounts it by itself. A raw text.</param>
internal sealed record ImageMount(long Id, long Parent, string Root, string Path, long Device, string? Key)
{
    /// <exception cref="FormatException">One is none.</exception>
    internal static List<ImageMount> ParseAll(List<byte[]> entries)
    {
        var mounts = new List<ImageMount>(entries.Count);
        foreach (byte[] entry in entries)
        {
            mounts.Add(Parse(entry));
        }

        return mounts;
    }

    private static ImageMount Parse(ReadOnlySpan<byte> entry)
    {
        var mount = new ImageMount(0, 0, "", "", 0, null);
        var reader = new ProtobufReader(entry);
        while (reader.Next())
        {
            ReadOnlySpan<byte> bytes = reader.Bytes;
            mount = reader.Field switch
            {
                2 => mount with { Id = reader.Number },
                3 => mount with { Device = reader.Number },
                4 => mount with { Parent = reader.Number },
                6 => mount with { Root = RawName.Of(bytes) },
                7 => mount with { Path = RawName.Of(bytes) },
                18 => mount with { Key = RawName.Of(bytes) },
                _ => mount,
            };
        }

        return mount.Path.StartsWith('/') ? mount : throw new FormatException("a mount without a path");
    }
}
