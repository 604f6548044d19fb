using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>Where the state of containers is kept without --root.</summary>
internal static class RootDirectory
{
    private const string ForRoot = "/run/ocirun";

    /// <summary>/run/ocirun for root; $XDG_RUNTIME_DIR/ocirun for everybody else, also for root of a user namespace.</summary>
    internal static string Default() => Choose(Processes.EffectiveUid == 0 && Processes.InInitialUserNamespace, Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR"));

    /// <summary>
    /// For verbs that make containers: the default directory of an ordinary user is made here, with the sticky bit, which tells systemd-tmpfiles not
    /// to clean it (XDG base directory specification). Other directories are the runtime's to make.
    /// </summary>
    internal static RuntimeOptions Prepare(Invocation call)
    {
        var runtime = call.Runtime;
        if (call.Global.Root is null && runtime.Root != ForRoot)
        {
            const uint PrivateAndSticky = 0x3C0; // 01700
            _ = Files.TryMakeDirectory(SafeFd.CurrentDirectory, runtime.Root, PrivateAndSticky);
            try
            {
                using var directory = Files.Open(runtime.Root, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow);
                Files.ChangeMode(directory, PrivateAndSticky, runtime.Root);
            }
            catch (LinuxException error)
            {
                throw new ContainerException(ErrorCode.State, $"cannot make {runtime.Root} for the state of containers: {error.Message}", error)
                { Call = error.Call, Errno = error.Errno };
            }
        }
        return runtime;
    }

    /// <summary>The choice, without the facts.</summary>
    internal static string Choose(bool realRoot, string? runtimeDirectory)
    {
        if (realRoot)
        {
            return ForRoot;
        }
        if (string.IsNullOrEmpty(runtimeDirectory))
        {
            throw new ContainerException(
                ErrorCode.Usage, "XDG_RUNTIME_DIR is not set: set it, or name a directory for the state of containers with --root");
        }
        return Path.IsPathFullyQualified(runtimeDirectory)
            ? Path.Join(runtimeDirectory, "ocirun")
            : throw new ContainerException(ErrorCode.Usage, $"XDG_RUNTIME_DIR=\"{runtimeDirectory}\" is not an absolute path: set it right, or use --root");
    }
}
