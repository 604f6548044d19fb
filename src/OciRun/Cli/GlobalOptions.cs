using System.CommandLine;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>The options before the verb: those of runc and crun together.</summary>
internal sealed class GlobalOptions
{
    private readonly Option<string> _root = new("--root", "-r")
    { HelpName = "DIR", Description = "directory for the state of containers (default: /run/ocirun, for ordinary users $XDG_RUNTIME_DIR/ocirun)" };
    private readonly Option<string> _log = new("--log") { HelpName = "FILE", Description = "file that errors and warnings are appended to" };
    private readonly Option<string> _logFormat = new("--log-format") { HelpName = "FORMAT", Description = "text (default) or json" };
    private readonly Option<string> _logLevel = new("--log-level") { HelpName = "LEVEL", Description = "error, warning (default) or debug" };
    private readonly Option<bool> _debug = new("--debug") { Description = "debug lines, to --debug-log or else, without --log, to stderr" };
    private readonly Option<string> _debugLog = new("--debug-log")
    { HelpName = "FILE", Description = "file that debug lines are appended to; implies --debug" };
    private readonly Option<bool> _systemdCgroup = new("--systemd-cgroup") { Description = "let systemd make the cgroups: --cgroup-manager systemd" };
    private readonly Option<string> _cgroupManager = new("--cgroup-manager") { HelpName = "NAME", Description = "cgroupfs (default), systemd or disabled" };
    private readonly Option<string> _rootless = new("--rootless") { HelpName = "VALUE", Description = "accepted and ignored: it is found out" };
    private readonly Option<string> _criu = new("--criu") { HelpName = "PATH", Description = "accepted and ignored", Hidden = true };

    internal GlobalOptions()
    {
        Command = new Command("ocirun", "Runs containers as the Open Container Initiative's runtime specification describes them.");
        Option[] all = [_root, _log, _logFormat, _logLevel, _debug, _debugLog, _systemdCgroup, _cgroupManager, _rootless, _criu];
        foreach (var option in all)
        {
            Command.Options.Add(option);
        }
    }

    /// <summary>The program itself; the verb becomes its one subcommand.</summary>
    internal Command Command { get; }

    /// <summary>Where errors go, as far as the values make sense: for errors that prevent <see cref="Read"/>.</summary>
    internal GlobalSettings ReadLogOnly(ParseResult values) => new()
    {
        Log = values.GetValue(_log) is { } log && !IsService(log) ? WithoutPrefix(log) : null,
        JsonLog = values.GetValue(_logFormat) == "json",
        Debug = values.GetValue(_debug),
    };

    /// <summary>All values, checked. Throws <see cref="ContainerException"/> with <see cref="ErrorCode.Usage"/>.</summary>
    internal GlobalSettings Read(ParseResult values)
    {
        string level = OneOf(values, _logLevel, "warning", "error", "warning", "warn", "info", "debug", "trace");
        OneOf(values, _rootless, "auto", "true", "false", "auto", "1", "0");
        return new()
        {
            Root = values.GetValue(_root) is { } root ? AbsoluteRoot(root) : null,
            Log = FileName(values, _log),
            JsonLog = OneOf(values, _logFormat, "text", "text", "json") == "json",
            LogWarnings = level != "error",
            Debug = values.GetValue(_debug) || level is "debug" or "trace" || values.GetValue(_debugLog) is not null,
            DebugLog = FileName(values, _debugLog),
            CgroupDriver = Driver(values),
        };
    }

    private CgroupDriver Driver(ParseResult values)
    {
        string name = OneOf(values, _cgroupManager, "", "cgroupfs", "systemd", "disabled");
        bool systemd = values.GetValue(_systemdCgroup);
        if (systemd && name is not ("" or "systemd"))
        {
            throw Usage.Error(null, $"--systemd-cgroup contradicts --cgroup-manager={name}");
        }
        return systemd || name == "systemd" ? CgroupDriver.Systemd : name == "disabled" ? CgroupDriver.Disabled : CgroupDriver.Cgroupfs;
    }

    /// <summary>A root directory of "/" would make every directory of the machine a container, and delete would remove them.</summary>
    private static string AbsoluteRoot(string root)
    {
        if (root.Length == 0)
        {
            throw Usage.Error(null, "flag needs an argument: --root is empty");
        }
        string path = PathText.Absolute(root);
        return Path.GetFullPath(path) != "/" ? path : throw Usage.Error(null, $"--root={root} is not allowed: it must be a directory for the state of containers alone");
    }

    /// <summary>The name of a log file; null without one. crun's <c>file:</c> is accepted, its other kinds of log are not.</summary>
    private static string? FileName(ParseResult values, Option<string> option)
    {
        string? value = values.GetValue(option);
        if (value is "")
        {
            throw Usage.Error(null, $"flag needs an argument: {option.Name} is empty");
        }
        if (IsService(value))
        {
            throw new ContainerException(ErrorCode.Unsupported, $"{option.Name}={value}: only files are supported (a file of this name: ./{value})");
        }
        return WithoutPrefix(value);
    }

    private static bool IsService(string? name) => name is not null
        && (name.StartsWith("journald:", StringComparison.Ordinal) || name.StartsWith("syslog:", StringComparison.Ordinal));

    /// <summary>runc's default is /dev/stderr, where our line is in any case.</summary>
    private static string? WithoutPrefix(string? name)
    {
        name = name is not null && name.StartsWith("file:", StringComparison.Ordinal) ? name["file:".Length..] : name;
        return name is "" or "/dev/stderr" ? null : name;
    }

    private static string OneOf(ParseResult values, Option<string> option, string otherwise, params ReadOnlySpan<string> choices)
    {
        string? value = values.GetValue(option);
        if (value is null)
        {
            return otherwise;
        }
        return choices.Contains(value) ? value : throw Usage.Error(null, $"invalid value \"{value}\" for {option.Name} ({string.Join(", ", choices!)})");
    }
}
