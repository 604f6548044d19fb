using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>A mount of a checkpoint: mnt_entry of CRIU's mnt.proto.</summary>
internal sealed class ImageMount
{
    private ImageMount(ReadOnlySpan<byte> entry)
    {
        var reader = new ProtobufReader(entry);
        while (reader.Next())
        {
            switch (reader.Field)
            {
                case 2:
                    Id = reader.Number;
                    break;
                case 3:
                    Device = reader.Number;
                    break;
                case 4:
                    Parent = reader.Number;
                    break;
                case 6:
                    Root = RawName.Of(reader.Bytes);
                    break;
                case 7:
                    Path = RawName.Of(reader.Bytes);
                    break;
                case 18:
                    Key = RawName.Of(reader.Bytes);
                    break;
            }
        }

        if (!Path.StartsWith('/'))
        {
            throw new FormatException("a mount without a path");
        }
    }

    internal long Id { get; }

    /// <summary>Id of the mount that it is in.</summary>
    internal long Parent { get; }

    /// <summary>What of its filesystem is mounted: a raw path.</summary>
    internal string Root { get; } = "";

    /// <summary>Where, seen from the container's root: a raw path.</summary>
    internal string Path { get; } = "";

    /// <summary>Of its filesystem.</summary>
    internal long Device { get; }

    /// <summary>The name by which a restore must say what is mounted here; null where CRIU mounts it by itself. A raw text.</summary>
    internal string? Key { get; }

    /// <exception cref="FormatException">One is none.</exception>
    internal static List<ImageMount> ParseAll(List<byte[]> entries)
    {
        var mounts = new List<ImageMount>(entries.Count);
        foreach (byte[] entry in entries)
        {
            mounts.Add(new ImageMount(entry));
        }

        return mounts;
    }
}
