using System.CommandLine;
using System.Globalization;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Cli;

/// <summary>The options that create and run share.</summary>
internal sealed class ContainerOptions
{
    private readonly Option<string> _bundle = new("--bundle", "-b") { HelpName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly Option<string> _config = new("--config", "-f") { HelpName = "FILE", Description = "configuration instead of config.json, relative to the bundle" };
    private readonly Option<string> _consoleSocket = new("--console-socket")
    { HelpName = "SOCKET", Description = "AF_UNIX socket that gets the terminal's master" };
    private readonly Option<string> _pidfdSocket = new("--pidfd-socket")
    { HelpName = "SOCKET", Description = "AF_UNIX socket that gets a pidfd of the container's first process" };
    private readonly Option<string> _pidFile = new("--pid-file") { HelpName = "FILE", Description = "file that gets the pid of the container's first process" };
    private readonly Option<bool> _noPivot = new("--no-pivot")
    { Description = "move the root filesystem instead of pivot_root(2): only for roots on a ramdisk, where nothing else works" };
    private readonly Option<bool> _noNewKeyring = new("--no-new-keyring") { Description = "keep the caller's session keyring" };
    private readonly Option<string> _preserveFds = new("--preserve-fds")
    { HelpName = "N", Description = "pass N more descriptors, after stdio and those of LISTEN_FDS (default: 0)" };
    private readonly Option<bool> _noSubreaper = new("--no-subreaper") { Description = "accepted and ignored", Hidden = true };

    /// <summary>Adds them to <paramref name="command"/>.</summary>
    internal ContainerOptions(Command command)
    {
        Option[] all = [_bundle, _config, _consoleSocket, _pidfdSocket, _pidFile, _noPivot, _noNewKeyring, _preserveFds, _noSubreaper];
        foreach (var option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The values. Paths are absolute: the runtime enters the bundle before it uses them.</summary>
    internal CreateOptions Read(Invocation call)
    {
        var values = call.Values;
        return new CreateOptions(call.Id, AbsolutePath(call, _bundle) ?? PathText.CurrentDirectory())
        {
            ConfigFile = NonEmpty(call, _config),
            ConsoleSocket = AbsolutePath(call, _consoleSocket),
            PidfdSocket = AbsolutePath(call, _pidfdSocket),
            PidFile = AbsolutePath(call, _pidFile),
            NoPivot = values.GetValue(_noPivot),
            NoNewKeyring = values.GetValue(_noNewKeyring),
            PreserveFds = Count(call, _preserveFds),
        };
    }

    // runc takes an empty value for an absent one, and callers with unset variables rely on it.
    private static string? NonEmpty(Invocation call, Option<string> option) => call.Values.GetValue(option) is { Length: > 0 } value ? value : null;

    private static string? AbsolutePath(Invocation call, Option<string> option) => NonEmpty(call, option) is { } path ? PathText.Absolute(path) : null;

    private static int Count(Invocation call, Option<string> option)
    {
        string? text = call.Values.GetValue(option);
        if (text is null)
        {
            return 0;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count
            : throw Usage.Error(call.Values.CommandResult.Command.Name, $"invalid value \"{text}\" for {option.Name}: it is a number from 0");
    }
}
