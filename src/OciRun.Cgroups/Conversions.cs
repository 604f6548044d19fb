using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups;

/// <summary>From the numbers of cgroup v1, in which config.json speaks, to those of v2.</summary>
internal static class Conversions
{
    private const ulong MinShares = 2;
    private const ulong MaxShares = 262144;
    private const ulong MaxWeight = 10000;

    /// <summary>
    /// cpu.shares (2 to 262144, default 1024) to cpu.weight (1 to 10000, default 100) by the curve that runc, crun and Kubernetes took up in 2025: it meets all three
    /// pairs, where the straight line before it made 39 of the default.
    /// </summary>
    /// <returns>0 for 0: unset.</returns>
    internal static ulong SharesToWeight(ulong shares)
    {
        if (shares == 0)
        {
            return 0;
        }
        if (shares <= MinShares)
        {
            return 1;
        }
        if (shares >= MaxShares)
        {
            return MaxWeight;
        }
        var log = Math.Log2(shares);
        var exponent = (((log * log) + (125 * log)) / 612.0) - (7.0 / 34.0);
        // The default meets 100 exactly; rounding errors of a mathematical library must not make 101 of it.
        return (ulong)Math.Ceiling(Math.Pow(10, exponent) - 1e-9);
    }

    /// <summary>blkio weight (10 to 1000) to io.weight (1 to 10000), a straight line.</summary>
    internal static ulong BlockWeightToIoWeight(ulong weight) => weight == 0 ? 0 : 1 + ((Math.Max(weight, 10) - 10) * 9999 / 990);

    /// <summary>Memory and swap together (v1) to swap alone (v2).</summary>
    /// <returns>Bytes; -1: unlimited; null: leave it.</returns>
    /// <exception cref="CgroupException">A swap limit without a memory limit, or below it.</exception>
    internal static long? SwapAlone(long swap, long limit)
    {
        const string Place = ResourceWrites.Root + "memory/swap";
        if (limit == -1 && swap == 0)
        {
            return -1; // v1 lifts both together
        }
        if (swap == 0)
        {
            return null;
        }
        if (swap < 0)
        {
            return -1;
        }
        if (limit <= 0)
        {
            throw new CgroupException("a limit of memory and swap together needs a memory limit too, as cgroup v2 limits swap alone", Place);
        }
        return swap >= limit
            ? swap - limit
            : throw new CgroupException(
                string.Create(CultureInfo.InvariantCulture, $"the limit of memory and swap together ({swap}) is below the memory limit ({limit})"), Place);
    }

    /// <summary>The text of cpu.max, <c>quota period</c>; null when neither is set. A missing half keeps its present value where the file allows that.</summary>
    internal static string? CpuMax(long quota, ulong period)
    {
        if (quota == 0 && period == 0)
        {
            return null;
        }
        var text = quota > 0 ? quota.ToString(CultureInfo.InvariantCulture) : "max";
        return period == 0 ? text : string.Create(CultureInfo.InvariantCulture, $"{text} {period}");
    }

    /// <summary>A size as the kernel names its huge page files: <c>64KB</c>, <c>2MB</c>, <c>1GB</c>.</summary>
    /// <exception cref="CgroupException">It is no such size.</exception>
    internal static string HugePageSize(string? text, int index)
    {
        var digits = 0;
        while (text is not null && digits < text.Length && char.IsAsciiDigit(text[digits]))
        {
            digits++;
        }
        if (digits > 0 && text![0] != '0' && text[digits..] is "KB" or "MB" or "GB")
        {
            return text!;
        }
        throw new CgroupException(
            $"\"{text}\" is no huge page size: a number and KB, MB or GB is wanted, as 2MB",
            string.Create(CultureInfo.InvariantCulture, $"{ResourceWrites.Root}hugepageLimits/{index}/pageSize"));
    }

    /// <summary>An entry of rdma.max: <c>mlx5_0 hca_handle=2 hca_object=max</c>.</summary>
    internal static string Rdma(string device, RdmaLimit limit)
    {
        if (device.Length == 0 || device.AsSpan().IndexOfAny(" \n\0") >= 0)
        {
            throw new CgroupException("the name of an rdma device is not empty and has no spaces", ResourceWrites.Root + "rdma");
        }
        if (limit.HcaHandles is null && limit.HcaObjects is null)
        {
            throw new CgroupException("at least one of hcaHandles and hcaObjects must be set", ResourceWrites.Root + "rdma/" + device);
        }
        var text = device;
        if (limit.HcaHandles is not null)
        {
            text += string.Create(CultureInfo.InvariantCulture, $" hca_handle={limit.HcaHandles}");
        }
        return limit.HcaObjects is null ? text : text + string.Create(CultureInfo.InvariantCulture, $" hca_object={limit.HcaObjects}");
    }
}
