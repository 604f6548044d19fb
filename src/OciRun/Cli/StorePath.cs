using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>Where the images are.</summary>
internal static class StorePath
{
    private const string ForRoot = "/var/lib/ocirun";

    /// <summary>Opens the store of this call.</summary>
    internal static ImageStore Open(Invocation call) => ImageStore.Open(Find(call.Global));

    /// <summary>Absolute path of the store: --store; else /var/lib/ocirun for root, $XDG_DATA_HOME/ocirun for everybody else.</summary>
    internal static string Find(GlobalSettings settings)
    {
        if (settings.Store is { } store)
        {
            return store.Length == 0 ? throw Usage.Error(null, "flag needs an argument: --store is empty")
                : PathText.Absolute(store) is var path && Path.GetFullPath(path) != "/" ? path
                : throw Usage.Error(null, $"--store={store} is not allowed: it must be a directory for images alone");
        }
        return Choose(
            Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace, Environment.GetEnvironmentVariable("XDG_DATA_HOME"), Environment.GetEnvironmentVariable("HOME"));
    }

    /// <summary>The choice, without the facts (XDG base directory specification: a path that is not absolute counts for nothing).</summary>
    internal static string Choose(bool realRoot, string? dataHome, string? home)
    {
        if (realRoot)
        {
            return ForRoot;
        }
        if (Path.IsPathFullyQualified(dataHome ?? ""))
        {
            return Path.Join(dataHome, "ocirun");
        }
        return Path.IsPathFullyQualified(home ?? "")
            ? Path.Join(home, ".local/share/ocirun")
            : throw new ContainerException(ErrorCode.Usage, "neither XDG_DATA_HOME nor HOME is set: set one, or name a directory for images with --store");
    }
}
