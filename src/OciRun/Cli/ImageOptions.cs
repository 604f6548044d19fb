using System.Globalization;
using OciRun.Build;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>The options of containers that are made of an image: run and create with --image, and unpack.</summary>
internal sealed class ImageOptions
{
    private readonly CommandOption _volume = new("--volume", "-v")
    { ValueName = "HOST:DIR[:ro|z|Z]", IsRepeatable = true, Description = "show a directory or file of the host in the container" };
    private readonly CommandOption _tmpfs = new("--tmpfs") { ValueName = "DIR[:OPTIONS]", IsRepeatable = true, Description = "a directory in memory" };
    private readonly CommandOption _memory = new("--memory", "-m") { ValueName = "BYTES", Description = "limit of memory, as 64m" };
    private readonly CommandOption _cpus = new("--cpus") { ValueName = "N", Description = "limit of processor time, as 0.5 of one" };
    private readonly CommandOption _pids = new("--pids-limit") { ValueName = "N", Description = "limit of processes and threads" };
    private readonly CommandOption _env = new("--env", "-e")
    { ValueName = "NAME[=VALUE]", IsRepeatable = true, Description = "a variable of the environment; without a value: as it is here" };
    private readonly CommandOption _user = new("--user", "-u") { ValueName = "USER[:GROUP]", Description = "who runs it: names of the image, or numbers" };
    private readonly CommandOption _workdir = new("--workdir", "-w") { ValueName = "DIR", Description = "working directory" };
    private readonly CommandOption _hostname = new("--hostname") { ValueName = "NAME", Description = "host name (default: the id)" };
    private readonly CommandOption _readOnly = new("--read-only") { Description = "nothing of the root filesystem can be changed" };
    private readonly CommandOption _userns = new("--userns") { ValueName = "auto|host", Description = "auto: a user namespace with 65,536 ids of its own" };
    private readonly CommandOption _network = new("--network") { ValueName = "none|host|PATH", Description = "network (default: none, only the loopback device)" };
    private readonly CommandOption _tty = new("--tty", "-t") { Description = "a terminal" };
    private readonly CommandOption _capAdd = new("--cap-add") { ValueName = "NAME", IsRepeatable = true, Description = "a capability more" };
    private readonly CommandOption _capDrop = new("--cap-drop") { ValueName = "NAME", IsRepeatable = true, Description = "a capability less, or ALL" };
    private readonly CommandOption _securityOpt = new("--security-opt")
    { ValueName = "seccomp=FILE|unconfined", IsRepeatable = true, Description = "another filter of system calls, or none" };

    /// <summary>Adds them to the <paramref name="options"/> of a verb.</summary>
    internal ImageOptions(List<CommandOption> options)
    {
        All =
        [
            _volume, _tmpfs, _memory, _cpus, _pids, _env, _user, _workdir, _hostname, _readOnly, _userns, _network, _tty, _capAdd, _capDrop, _securityOpt,
        ];
        options.AddRange((ReadOnlySpan<CommandOption>)All);
    }

    private CommandOption[] All { get; }

    /// <summary>--userns=auto.</summary>
    internal bool WantsOwnIds(OptionValues values) => (values.Of(_userns) ?? "host") switch
    {
        "auto" => true,
        "host" => false,
        var value => throw Usage.Error(null, $"invalid value \"{value}\" for --userns (auto, host)"),
    };

    /// <summary>The first of them that was given; null: none.</summary>
    internal CommandOption? FirstGiven(OptionValues values) => Array.Find(All, values.IsGiven);

    /// <summary>The values. Throws <see cref="ContainerException"/> with <see cref="ErrorCode.Usage"/>.</summary>
    internal BundleOptions Read(Invocation call, IReadOnlyList<string> command)
    {
        var values = call.Values;
        var options = new BundleOptions
        {
            Command = command,
            Environment = values.All(_env),
            User = values.Of(_user),
            WorkingDirectory = values.Of(_workdir),
            Hostname = values.Of(_hostname),
            Memory = values.Of(_memory) is { } memory ? ByteCount.Parse(call, _memory, memory) : null,
            Cpus = values.Of(_cpus) is { } cpus ? Number(call, _cpus, cpus) : null,
            Pids = values.Of(_pids) is { } pids ? (long)Number(call, _pids, pids) : null,
            Volumes = values.All(_volume),
            Tmpfs = values.All(_tmpfs),
            ReadOnly = values.IsSet(_readOnly),
            Network = values.Of(_network) ?? "none",
            Terminal = values.IsSet(_tty),
            AddedCapabilities = values.All(_capAdd),
            DroppedCapabilities = values.All(_capDrop),
        };
        foreach (string option in values.All(_securityOpt))
        {
            options = option switch
            {
                "seccomp=unconfined" => options with { NoSeccomp = true },
                _ when option.StartsWith("seccomp=", StringComparison.Ordinal) => options with { SeccompProfile = Files.ReadAll(option["seccomp=".Length..]) },
                _ => throw Usage.Error(call.Verb.Name, $"invalid value \"{option}\" for --security-opt: there is seccomp=FILE and seccomp=unconfined"),
            };
        }
        return options;
    }

    private static decimal Number(Invocation call, CommandOption option, string text) =>
        decimal.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) && value is > 0 and < 1_000_000_000
            ? value
            : throw Usage.Error(call.Verb.Name, $"invalid value \"{text}\" for {option.Name}: it is a number above 0");
}
