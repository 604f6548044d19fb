using OciRun.Linux;

namespace OciRun.Images.Store;

/// <summary>Room on the disk, as du(1) counts it: blocks, each inode once.</summary>
internal static class DiskUsage
{
    /// <summary>Bytes that a name and all below it take; 0 when it is missing.</summary>
    internal static long Of(SafeFd directory, string path)
    {
        if (TreeFiles.TryFacts(directory, path, out _) is not { } facts)
        {
            return 0;
        }

        long total = (long)facts.Blocks * 512;
        if (facts.IsDirectory)
        {
            using SafeFd inner = TreeFiles.Open(directory, path, OpenFlags.ReadOnly | OpenFlags.Directory);
            total += Below(inner, facts.Device, []);
        }

        return total;
    }

    private static long Below(SafeFd directory, ulong device, HashSet<ulong> linked)
    {
        long total = 0;
        foreach (var (name, _) in TreeFiles.Entries(directory))
        {
            // Names may go while we look: containers write.
            if (TreeFiles.TryFacts(directory, name, out _) is not { } facts || facts.Device != device || (!facts.IsDirectory && facts.Links > 1 && !linked.Add(facts.Inode)))
            {
                continue;
            }

            total += (long)facts.Blocks * 512;
            if (facts.IsDirectory && TreeFiles.TryOpen(directory, name, OpenFlags.ReadOnly | OpenFlags.Directory, out _) is { } inner)
            {
                using (inner)
                {
                    total += Below(inner, device, linked);
                }
            }
        }

        return total;
    }
}
