using OciRun.Runtime.Lifecycle;

namespace OciRun.Cli;

/// <summary>The options that create and run share.</summary>
internal sealed class ContainerOptions
{
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _config = new("--config", "-f") { ValueName = "FILE", Description = "configuration instead of config.json, relative to the bundle" };
    private readonly CommandOption _overlay = new("--overlay")
    {
        ValueName = "tmpfs[:SIZE]|DIR",
        IsValueOptional = true,
        Description = "leave the root filesystem as it is: changes go to the store until delete, to memory, or to DIR/upper and stay there",
    };
    private readonly CommandOption _consoleSocket = new("--console-socket")
    { ValueName = "SOCKET", Description = "AF_UNIX socket that gets the terminal's master" };
    private readonly CommandOption _pidfdSocket = new("--pidfd-socket")
    { ValueName = "SOCKET", Description = "AF_UNIX socket that gets a pidfd of the container's first process" };
    private readonly CommandOption _pidFile = new("--pid-file") { ValueName = "FILE", Description = "file that gets the pid of the container's first process" };
    private readonly CommandOption _noPivot = new("--no-pivot")
    { Description = "move the root filesystem instead of pivot_root(2): only for roots on a ramdisk, where nothing else works" };
    private readonly CommandOption _noNewKeyring = new("--no-new-keyring") { Description = "keep the caller's session keyring" };
    private readonly CommandOption _preserveFds = new("--preserve-fds")
    { ValueName = "N", Description = "pass N more descriptors, after stdio and those of LISTEN_FDS (default: 0)" };
    private readonly CommandOption _noSubreaper = new("--no-subreaper") { Description = "accepted and ignored", IsHidden = true };

    /// <summary>Adds them to the <paramref name="options"/> of a verb.</summary>
    internal ContainerOptions(List<CommandOption> options) =>
        options.AddRange((ReadOnlySpan<CommandOption>)[_bundle, _config, _overlay, _consoleSocket, _pidfdSocket, _pidFile, _noPivot, _noNewKeyring, _preserveFds, _noSubreaper]);

    /// <summary>The values. Paths are absolute: the runtime enters the bundle before it uses them.</summary>
    internal CreateOptions Read(Invocation call)
    {
        return new CreateOptions(call.Id, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory())
        {
            ConfigFile = call.NonEmpty(_config),
            Overlay = Overlay(call),
            ConsoleSocket = call.AbsolutePath(_consoleSocket),
            PidfdSocket = call.AbsolutePath(_pidfdSocket),
            PidFile = call.AbsolutePath(_pidFile),
            NoPivot = call.Values.IsSet(_noPivot),
            NoNewKeyring = call.Values.IsSet(_noNewKeyring),
            PreserveFds = call.Count(_preserveFds),
        };
    }

    private OverlayRequest? Overlay(Invocation call)
    {
        if (!call.Values.IsGiven(_overlay))
        {
            return null;
        }
        const string InMemory = "tmpfs";
        return call.Values.Of(_overlay) switch
        {
            null or "" => new OverlayRequest(OverlayKind.Temporary, StoreDirectory.Of(call.Global) + "/containers/" + call.Id),
            InMemory => new OverlayRequest(OverlayKind.Memory),
            var value when value.StartsWith(InMemory + ":", StringComparison.Ordinal) => new OverlayRequest(OverlayKind.Memory, Size: value[(InMemory.Length + 1)..]),
            var value => new OverlayRequest(OverlayKind.Kept, PathText.Absolute(value)),
        };
    }
}
