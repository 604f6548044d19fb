using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>Where images, their layers, and the changes of containers are kept.</summary>
internal static class StoreDirectory
{
    /// <summary>That of --store; else /var/lib/ocirun for root, $XDG_DATA_HOME/ocirun for everybody else, also for root of a user namespace.</summary>
    internal static string Of(GlobalSettings settings) => settings.Store ?? Choose(
        Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace, Environment.GetEnvironmentVariable("XDG_DATA_HOME"), Environment.GetEnvironmentVariable("HOME"));

    /// <summary>The choice, without the facts (XDG base directory specification: $HOME/.local/share where the variable is unset).</summary>
    internal static string Choose(bool realRoot, string? dataHome, string? home)
    {
        if (realRoot)
        {
            return "/var/lib/ocirun";
        }
        string? data = !string.IsNullOrEmpty(dataHome) ? dataHome : !string.IsNullOrEmpty(home) ? Path.Join(home, ".local/share") : null;
        return data is not null && Path.IsPathFullyQualified(data)
            ? Path.Join(data, "ocirun")
            : throw new ContainerException(ErrorCode.Usage, "neither XDG_DATA_HOME nor HOME is an absolute path: set one, or name a directory for images with --store");
    }
}
