namespace OciRun.Images.Tar;

/// <summary>Bytes in order, handed out where they lie.</summary>
internal abstract class BlockSource
{
    /// <summary>The next 1 to <paramref name="max"/> bytes, good until the next call; empty at the end.</summary>
    internal abstract ReadOnlySpan<byte> Take(int max);

    /// <summary>Passes over bytes; false when there are not that many.</summary>
    internal virtual bool TrySkip(long count)
    {
        while (count > 0)
        {
            int taken = Take((int)Math.Min(count, 1 << 20)).Length;
            if (taken == 0)
            {
                return false;
            }

            count -= taken;
        }

        return true;
    }
}
