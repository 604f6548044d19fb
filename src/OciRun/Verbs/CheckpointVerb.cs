using System.Globalization;
using OciRun.Cli;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun checkpoint: the options are runc's.</summary>
internal sealed class CheckpointVerb : Verb
{
    private readonly CheckpointWords _words;
    private readonly CommandOption _parentPath = new("--parent-path") { ValueName = "DIR", Description = "images of a pre-dump, relative to --image-path" };
    private readonly CommandOption _leaveRunning = new("--leave-running") { Description = "let the container go on" };
    private readonly CommandOption _preDump = new("--pre-dump") { Description = "write only the memory, and let the container go on" };
    private readonly CommandOption _tcpSkipInFlight = new("--tcp-skip-in-flight") { Description = "leave out TCP connections that are not yet established" };
    private readonly CommandOption _linkRemap = new("--link-remap") { Description = "give open files that have no name any more one" };
    private readonly CommandOption _statusFd = new("--status-fd") { ValueName = "N", Description = "descriptor that gets a zero byte when memory can be fetched (--lazy-pages)" };
    private readonly CommandOption _pageServer = new("--page-server") { ValueName = "ADDRESS:PORT", Description = "send the memory to a page server (criu page-server)" };

    internal CheckpointVerb() : base("checkpoint", "Writes a running container to files, by criu, and ends it.")
    {
        _words = new CheckpointWords(Options);
        Options.AddRange((ReadOnlySpan<CommandOption>)[_parentPath, _leaveRunning, _preDump, _tcpSkipInFlight, _linkRemap, _statusFd, _pageServer]);
    }

    internal override int Execute(Invocation call)
    {
        Checkpointer.Checkpoint(call.Runtime, Read(call));
        return 0;
    }

    /// <summary>What the command line says.</summary>
    internal CheckpointOptions Read(Invocation call)
    {
        (string? server, int port) = PageServer(call);
        return new CheckpointOptions(call.Id, _words.Read(call))
        {
            ParentPath = call.NonEmpty(_parentPath),
            LeaveRunning = call.Values.IsSet(_leaveRunning),
            PreDump = call.Values.IsSet(_preDump),
            TcpSkipInFlight = call.Values.IsSet(_tcpSkipInFlight),
            LinkRemap = call.Values.IsSet(_linkRemap),
            StatusFd = call.Values.Of(_statusFd) is null or "-1" ? -1 : call.Count(_statusFd),
            PageServer = server,
            PageServerPort = port,
        };
    }

    private (string? Address, int Port) PageServer(Invocation call)
    {
        if (call.NonEmpty(_pageServer) is not { } text)
        {
            return (null, 0);
        }
        int colon = text.LastIndexOf(':');
        return colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port) && port > 0
            ? (text[..colon].Trim('[', ']'), port)
            : throw Usage.Error(Name, $"invalid value \"{text}\" for --page-server: it is ADDRESS:PORT");
    }
}
