using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>The options before the verb: those of runc and crun together.</summary>
internal sealed class GlobalOptions
{
    private readonly CommandOption _root = new("--root", "-r")
    { ValueName = "DIR", Description = "directory for the state of containers (default: /run/ocirun, for ordinary users $XDG_RUNTIME_DIR/ocirun)" };
    private readonly CommandOption _store = new("--store")
    { ValueName = "DIR", Description = "directory for images and the changes of containers (default: /var/lib/ocirun, for ordinary users $XDG_DATA_HOME/ocirun)" };
    private readonly CommandOption _log = new("--log") { ValueName = "FILE", Description = "file that errors and warnings are appended to" };
    private readonly CommandOption _logFormat = new("--log-format") { ValueName = "text|json", Description = "form of that file (default: text)" };
    private readonly CommandOption _logLevel = new("--log-level") { ValueName = "error|warning|debug", Description = "the least of what is logged (default: warning)" };
    private readonly CommandOption _debug = new("--debug") { Description = "debug lines, to --debug-log or else, without --log, to stderr" };
    private readonly CommandOption _debugLog = new("--debug-log")
    { ValueName = "FILE", Description = "file that debug lines are appended to; implies --debug" };
    private readonly CommandOption _trace = new("--trace")
    { ValueName = "FILE|DIR", Description = "file for the times of all steps, which Perfetto and chrome://tracing open; in a directory one for each command" };
    private readonly CommandOption _strict = new("--strict") { Description = "nothing is left out or done in a weaker way: what would be a warning is an error" };
    private readonly CommandOption _systemdCgroup = new("--systemd-cgroup") { Description = "let systemd make the cgroups: --cgroup-manager systemd" };
    private readonly CommandOption _cgroupManager = new("--cgroup-manager") { ValueName = "cgroupfs|systemd|disabled", Description = "who makes the cgroups (default: cgroupfs)" };
    private readonly CommandOption _rootless = new("--rootless") { ValueName = "true|false|auto", Description = "accepted and ignored: it is found out" };
    private readonly CommandOption _criu = new("--criu") { ValueName = "PATH", Description = "accepted and ignored", IsHidden = true };

    internal GlobalOptions() => All = [_root, _store, _log, _logFormat, _logLevel, _debug, _debugLog, _trace, _strict, _systemdCgroup, _cgroupManager, _rootless, _criu];

    /// <summary>In the order in which help lists them.</summary>
    internal CommandOption[] All { get; }

    /// <summary>Where errors go, as far as the values make sense: for errors that prevent <see cref="Read"/>.</summary>
    internal GlobalSettings ReadLogOnly(OptionValues values) => new()
    {
        Log = values.Of(_log) is { } log && !IsService(log) ? WithoutPrefix(log) : null,
        JsonLog = values.Of(_logFormat) == "json",
        Debug = values.IsSet(_debug),
    };

    /// <summary>All values, checked. Throws <see cref="ContainerException"/> with <see cref="ErrorCode.Usage"/>.</summary>
    internal GlobalSettings Read(OptionValues values)
    {
        string level = OneOf(values, _logLevel, "warning", "error", "warning", "warn", "info", "debug", "trace");
        OneOf(values, _rootless, "auto", "true", "false", "auto", "1", "0");
        return new()
        {
            Root = values.Of(_root) is { } root ? AbsoluteRoot(root) : null,
            Store = values.Of(_store) is { } store ? NotEmpty(_store, PathText.Absolute(store)) : null,
            Log = FileName(values, _log),
            JsonLog = OneOf(values, _logFormat, "text", "text", "json") == "json",
            LogWarnings = level != "error",
            Debug = values.IsSet(_debug) || level is "debug" or "trace" || values.Of(_debugLog) is not null,
            DebugLog = FileName(values, _debugLog),
            Trace = values.Of(_trace) is { } trace ? NotEmpty(_trace, trace) : null,
            Strict = values.IsSet(_strict),
            CgroupDriver = Driver(values),
        };
    }

    private static string NotEmpty(CommandOption option, string value) =>
        value.Length > 0 ? value : throw Usage.Error(null, $"flag needs an argument: {option.Name} is empty");

    private CgroupDriver Driver(OptionValues values)
    {
        string name = OneOf(values, _cgroupManager, "", "cgroupfs", "systemd", "disabled");
        bool systemd = values.IsSet(_systemdCgroup);
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
    private static string? FileName(OptionValues values, CommandOption option)
    {
        string? value = values.Of(option);
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

    private static string OneOf(OptionValues values, CommandOption option, string otherwise, params ReadOnlySpan<string> choices)
    {
        string? value = values.Of(option);
        if (value is null)
        {
            return otherwise;
        }
        return choices.Contains(value) ? value : throw Usage.Error(null, $"invalid value \"{value}\" for {option.Name} ({string.Join(", ", choices!)})");
    }
}
