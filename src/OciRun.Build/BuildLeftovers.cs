using System.Text;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Build;

/// <summary>Containers of builds that were killed: their program has ended with the build, but what is known of them is still there.</summary>
public static class BuildLeftovers
{
    private const string MarkName = "build";

    /// <summary>Deletes them. Those of builds that run are locked.</summary>
    /// <param name="store">Open.</param>
    /// <param name="diagnostics">Warnings and debug lines.</param>
    /// <exception cref="ContainerException">One of them cannot be deleted.</exception>
    public static void Remove(ImageStore store, Diagnostics diagnostics)
    {
        ArgumentNullException.ThrowIfNull(store);
        using SafeFd all = Files.Open(store.Directory + "/containers", OpenFlags.ReadOnly | OpenFlags.Directory);
        foreach (var (name, _) in TreeFiles.Entries(all))
        {
            using SafeFd? directory = TreeFiles.TryOpen(all, name, OpenFlags.ReadOnly | OpenFlags.Directory, out _);
            if (directory is null || TreeFiles.TryFacts(directory, MarkName, out _) is null || Files.TryLock(directory, wait: false) != Errno.None)
            {
                continue;
            }

            using SafeFd? state = TreeFiles.TryOpen(directory, "state", OpenFlags.ReadOnly, out _);
            string path = state is null ? "" : Encoding.UTF8.GetString(Files.ReadAll(state, "state", 4096));
            if (path.StartsWith('/'))
            {
                var runtime = new RuntimeOptions(Path.GetDirectoryName(path)!, CgroupDriver.Cgroupfs, diagnostics); // its cgroups are in its state, with who made them
                Deleter.Delete(runtime, Path.GetFileName(path), force: true);
            }

            store.RemoveContainerDirectory(RawName.ToText(name));
        }
    }

    /// <summary>The container of this directory is of a build.</summary>
    internal static void Mark(string directory)
    {
        using SafeFd _ = Files.Open($"{directory}/{MarkName}", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow, 0x180);
    }
}
