using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>criu_req of CRIU's rpc.proto: a type, and options by their numbers there (criu_opts). Options that are not set are not sent: CRIU's own defaults hold.</summary>
internal sealed class CriuRequest(CriuRequestType type)
{
    private const int LogEverything = 4;
    private readonly ProtobufWriter _options = new();

    internal CriuRequestType Type { get; } = type;

    /// <summary>What both verbs send.</summary>
    /// <param name="options">The command line.</param>
    /// <param name="images">The images' directory: CRIU opens it by its number through our /proc directory.</param>
    /// <param name="work">The same of the work directory.</param>
    /// <param name="log">Name of the log in the work directory.</param>
    /// <param name="hasCgroup">The container has a cgroup; else CRIU is to leave cgroups alone.</param>
    internal void AddCommon(CriuOptions options, SafeFd images, SafeFd work, string log, bool hasCgroup)
    {
        Set(1, images.Number);
        Set(17, work.Number);
        Set(9, LogEverything);
        Set(10, log);
        Set(12, true); // notifications
        Set(50, true); // orphan_pts_master: the container's terminal, whose other end is outside
        Set(4, options.ExternalUnixSockets);
        Set(5, options.TcpEstablished);
        Set(7, options.ShellJob);
        Set(8, options.FileLocks);
        Set(16, options.AutoDedup);
        Set(48, options.LazyPages);
        Set(52, options.TcpClose);
        Set(34, CgroupMode(hasCgroup ? options.ManageCgroups : "ignore"));
        if (options.EmptyNetwork)
        {
            Set(38, (long)CloneFlags.NewNet);
        }

        if (options.NetworkLock is { } method)
        {
            Set(64, LockMethod(method));
        }
    }

    internal void Set(int option, bool value) => _options.Add(option, value);

    internal void Set(int option, long value) => _options.Add(option, value);

    internal void Set(int option, string value) => _options.Add(option, value);

    /// <summary>An option with two members: ext_mnt (key, value), join_ns, cg_root.</summary>
    internal void Set(int option, string first, string second)
    {
        var pair = new ProtobufWriter();
        pair.Add(1, first);
        pair.Add(2, second);
        _options.Add(option, pair.Written);
    }

    /// <summary>The same with a number: inherit_fd (key, descriptor), ps (address, port).</summary>
    internal void Set(int option, string first, long second)
    {
        var pair = new ProtobufWriter();
        pair.Add(1, first);
        pair.Add(2, second);
        _options.Add(option, pair.Written);
    }

    internal ReadOnlySpan<byte> Serialize()
    {
        var request = new ProtobufWriter();
        request.Add(1, (int)Type);
        if (!_options.Written.IsEmpty)
        {
            request.Add(2, _options.Written);
        }

        if (Type == CriuRequestType.FeatureCheck)
        {
            var features = new ProtobufWriter();
            features.Add(1, true); // mem_track
            features.Add(2, true); // lazy_pages
            request.Add(5, features.Written);
        }

        return request.Written;
    }

    /// <summary>The answer to a notification.</summary>
    internal static ReadOnlySpan<byte> NotifyAnswer(bool success)
    {
        var answer = new ProtobufWriter();
        answer.Add(1, (int)CriuRequestType.Notify);
        answer.Add(3, success);
        return answer.Written;
    }

    private static int CgroupMode(string? word) => word switch
    {
        null => 6, // DEFAULT
        "ignore" => 0,
        "soft" => 3,
        "full" => 4,
        "strict" => 5,
        _ => throw new ContainerException(ErrorCode.Usage, $"invalid value {Quoting.Quote(word)} for --manage-cgroups-mode: it is soft, full, strict or ignore"),
    };

    private static int LockMethod(string word) => word switch
    {
        "iptables" => 1,
        "nftables" => 2,
        "skip" => 3,
        _ => throw new ContainerException(ErrorCode.Usage, $"invalid value {Quoting.Quote(word)} for --network-lock: it is iptables, nftables or skip"),
    };
}
