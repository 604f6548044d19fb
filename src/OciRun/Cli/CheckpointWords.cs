using OciRun.Runtime.Criu;

namespace OciRun.Cli;

/// <summary>The options that checkpoint and restore share: runc's, and two of crun's.</summary>
internal sealed class CheckpointWords
{
    private readonly CommandOption _imagePath = new("--image-path") { ValueName = "DIR", Description = "directory of the images (default: checkpoint)" };
    private readonly CommandOption _workPath = new("--work-path") { ValueName = "DIR", Description = "directory of criu's log (default: that of the images)" };
    private readonly CommandOption _tcpEstablished = new("--tcp-established") { Description = "keep open TCP connections" };
    private readonly CommandOption _tcpClose = new("--tcp-close") { Description = "close open TCP connections" };
    private readonly CommandOption _extUnixSk = new("--ext-unix-sk") { Description = "allow sockets that are connected to other processes" };
    private readonly CommandOption _shellJob = new("--shell-job") { Description = "allow a session or terminal that is the caller's" };
    private readonly CommandOption _lazyPages = new("--lazy-pages") { Description = "fetch memory when it is touched" };
    private readonly CommandOption _fileLocks = new("--file-locks") { Description = "keep file locks" };
    private readonly CommandOption _manageCgroups = new("--manage-cgroups-mode") { ValueName = "MODE", Description = "soft (default), full, strict or ignore" };
    private readonly CommandOption _emptyNs = new("--empty-ns") { ValueName = "network", Description = "keep that there is a namespace, and not what is in it" };
    private readonly CommandOption _autoDedup = new("--auto-dedup") { Description = "drop from the parent's images what is in these, too" };
    private readonly CommandOption _networkLock = new("--network-lock") { ValueName = "METHOD", Description = "how the network is held meanwhile: iptables, nftables or skip" };

    internal CheckpointWords(List<CommandOption> options) => options.AddRange((ReadOnlySpan<CommandOption>)
        [_imagePath, _workPath, _tcpEstablished, _tcpClose, _extUnixSk, _shellJob, _lazyPages, _fileLocks, _manageCgroups, _emptyNs, _autoDedup, _networkLock]);

    internal CriuOptions Read(Invocation call) => new(call.AbsolutePath(_imagePath) ?? PathText.Absolute("checkpoint"))
    {
        WorkPath = call.AbsolutePath(_workPath),
        TcpEstablished = call.Values.IsSet(_tcpEstablished),
        TcpClose = call.Values.IsSet(_tcpClose),
        ExternalUnixSockets = call.Values.IsSet(_extUnixSk),
        ShellJob = call.Values.IsSet(_shellJob),
        LazyPages = call.Values.IsSet(_lazyPages),
        FileLocks = call.Values.IsSet(_fileLocks),
        ManageCgroups = call.NonEmpty(_manageCgroups),
        EmptyNetwork = EmptyNetwork(call),
        AutoDedup = call.Values.IsSet(_autoDedup),
        NetworkLock = call.NonEmpty(_networkLock),
    };

    private bool EmptyNetwork(Invocation call) => call.NonEmpty(_emptyNs) switch
    {
        null => false,
        "network" => true,
        var value => throw Usage.Error(call.Verb.Name, $"invalid value \"{value}\" for --empty-ns: only network can be emptied"),
    };
}
