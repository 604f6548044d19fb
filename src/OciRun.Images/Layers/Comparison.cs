using OciRun.Linux;

namespace OciRun.Images.Layers;

/// <summary>Are two files the same? Holds the buffers.</summary>
internal sealed class Comparison
{
    private readonly byte[] _left = new byte[1 << 17], _right = new byte[1 << 17];

    /// <summary>The same bytes; the path is for messages.</summary>
    internal bool SameContent(SafeFd left, SafeFd right, string path)
    {
        for (long offset = 0; ;)
        {
            int count = TreeFiles.ReadAt(left, _left, offset, path), other = TreeFiles.ReadAt(right, _right, offset, path);
            if (count != other || !_left.AsSpan(0, count).SequenceEqual(_right.AsSpan(0, other)))
            {
                return false;
            }

            if (count == 0)
            {
                return true;
            }

            offset += count;
        }
    }

    /// <summary>The same extended attributes, in the same order.</summary>
    internal static bool SameAttributes(List<KeyValuePair<string, byte[]>> left, List<KeyValuePair<string, byte[]>> right)
    {
        for (int i = 0; left.Count == right.Count && i < left.Count; i++)
        {
            if (left[i].Key != right[i].Key || !left[i].Value.AsSpan().SequenceEqual(right[i].Value))
            {
                return false;
            }
        }

        return left.Count == right.Count;
    }
}
