using System.Globalization;
using System.Numerics;
using OciRun.Cli;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun update: the options are runc's.</summary>
internal sealed class UpdateVerb : Verb
{
    private readonly CommandOption _resources = new("--resources", "-r")
    { ValueName = "FILE", Description = "linux.resources as JSON (\"-\": standard input); no other option counts beside it" };
    private readonly CommandOption _blockWeight = Number("--blkio-weight", "weight of block I/O, 10 to 1000");
    private readonly CommandOption _cpuPeriod = Number("--cpu-period", "period of the limit of processor time, in µs");
    private readonly CommandOption _cpuQuota = Number("--cpu-quota", "processor time in a period, in µs; -1: no limit");
    private readonly CommandOption _cpuBurst = Number("--cpu-burst", "what may be saved up for a burst, in µs");
    private readonly CommandOption _cpuShare = Number("--cpu-share", "weight of processor time, 2 to 262144");
    private readonly CommandOption _realtimePeriod = Number("--cpu-rt-period", "period of the realtime budget, in µs (cgroup v1)");
    private readonly CommandOption _realtimeRuntime = Number("--cpu-rt-runtime", "realtime budget of a period, in µs (cgroup v1)");
    private readonly CommandOption _cpuIdle = Number("--cpu-idle", "1: runs only when nothing else does");
    private readonly CommandOption _cpus = new("--cpuset-cpus") { ValueName = "LIST", Description = "the processors, as 0-3,8" };
    private readonly CommandOption _mems = new("--cpuset-mems") { ValueName = "LIST", Description = "the memory nodes" };
    private readonly CommandOption _memory = Bytes("--memory", "limit of memory");
    private readonly CommandOption _reservation = Bytes("--memory-reservation", "memory that is taken from others first");
    private readonly CommandOption _swap = Bytes("--memory-swap", "limit of memory and swap together");
    private readonly CommandOption _kernel = new("--kernel-memory") { ValueName = "BYTES", Description = "without effect", IsHidden = true };
    private readonly CommandOption _kernelTcp = new("--kernel-memory-tcp") { ValueName = "BYTES", Description = "limit of TCP buffers (cgroup v1)", IsHidden = true };
    private readonly CommandOption _pids = Number("--pids-limit", "limit of processes and threads; -1: none");
    private readonly CommandOption _cache = new("--l3-cache-schema") { ValueName = "SCHEMA", Description = "refused", IsHidden = true };
    private readonly CommandOption _bandwidth = new("--mem-bw-schema") { ValueName = "SCHEMA", Description = "refused", IsHidden = true };

    internal UpdateVerb() : base("update", "Changes the limits of a container; what is not named stays as it is.") => Options.AddRange((ReadOnlySpan<CommandOption>)
    [
        _resources, _blockWeight, _cpuPeriod, _cpuQuota, _cpuBurst, _cpuShare, _realtimePeriod, _realtimeRuntime, _cpuIdle, _cpus, _mems,
        _memory, _reservation, _swap, _kernel, _kernelTcp, _pids, _cache, _bandwidth,
    ]);

    internal override int Execute(Invocation call)
    {
        if (call.Values.IsGiven(_cache) || call.Values.IsGiven(_bandwidth))
        {
            throw new ContainerException(ErrorCode.Unsupported, "update: the cache and memory bandwidth of Intel RDT cannot be changed");
        }
        Updater.Update(call.Runtime, call.Id, call.Values.Of(_resources) is { } file ? Read(file) : Given(call));
        return 0;
    }

    private static CommandOption Number(string name, string description) => new(name) { ValueName = "N", Description = description };

    private static CommandOption Bytes(string name, string description) => new(name) { ValueName = "BYTES", Description = description + ", as 64m; -1: none" };

    private static Resources Read(string file)
    {
        byte[] text = InputFile.Read(file, "--resources");
        try
        {
            return ConfigReader.ReadResources(text);
        }
        catch (InvalidConfigException e)
        {
            throw new ContainerException(ErrorCode.InvalidConfig, Quoting.Escape($"--resources {file}: {e.Message}"), e);
        }
    }

    private Resources Given(Invocation call)
    {
        var cpu = new CpuResources
        {
            Period = Unsigned(call, _cpuPeriod),
            Quota = Signed(call, _cpuQuota),
            Burst = Unsigned(call, _cpuBurst),
            Shares = Unsigned(call, _cpuShare),
            RealtimePeriod = Unsigned(call, _realtimePeriod),
            RealtimeRuntime = Signed(call, _realtimeRuntime),
            Idle = Signed(call, _cpuIdle),
            Cpus = call.Values.Of(_cpus),
            Mems = call.Values.Of(_mems),
        };
        var memory = new MemoryResources
        {
            Limit = Limit(call, _memory),
            Reservation = Limit(call, _reservation),
            Swap = Limit(call, _swap),
            Kernel = Limit(call, _kernel),
            KernelTCP = Limit(call, _kernelTcp),
        };
        return new Resources
        {
            Cpu = IsAnyGiven(call, _cpuPeriod, _cpuQuota, _cpuBurst, _cpuShare, _realtimePeriod, _realtimeRuntime, _cpuIdle, _cpus, _mems) ? cpu : null,
            Memory = IsAnyGiven(call, _memory, _reservation, _swap, _kernel, _kernelTcp) ? memory : null,
            Pids = Signed(call, _pids) is { } pids ? new PidsResources { Limit = pids } : null,
            BlockIO = Unsigned(call, _blockWeight) is { } weight ? new BlockIoResources { Weight = (ushort)Math.Min(weight, ushort.MaxValue) } : null,
        };
    }

    private static bool IsAnyGiven(Invocation call, params ReadOnlySpan<CommandOption> options)
    {
        foreach (var option in options)
        {
            if (call.Values.IsGiven(option))
            {
                return true;
            }
        }
        return false;
    }

    private static long? Limit(Invocation call, CommandOption option) => call.Values.Of(option) is { } text ? ByteCount.ParseLimit(call, option, text) : null;

    private static long? Signed(Invocation call, CommandOption option) => Number<long>(call, option, NumberStyles.AllowLeadingSign);

    private static ulong? Unsigned(Invocation call, CommandOption option) => Number<ulong>(call, option, NumberStyles.None);

    private static T? Number<T>(Invocation call, CommandOption option, NumberStyles style) where T : struct, IBinaryInteger<T> => call.Values.Of(option) is not { } text ? null
        : T.TryParse(text, style, CultureInfo.InvariantCulture, out T value) ? value
        : throw Usage.Error(call.Verb.Name, $"invalid value \"{text}\" for {option.Name}: it is a number");
}
