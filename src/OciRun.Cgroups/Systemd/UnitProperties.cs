using System.Buffers.Binary;
using System.Globalization;
using OciRun.Spec;

namespace OciRun.Cgroups.Systemd;

/// <summary>
/// What systemd is told of a container. The limits are in the cgroup's files as well; systemd has to know them, else it would write its own when it reloads its units. Pure.
/// </summary>
internal static class UnitProperties
{
    private const string AnnotationPrefix = "org.systemd.property.";
    private const ulong Unlimited = ulong.MaxValue;
    private const ulong DefaultPeriod = 100_000;

    /// <summary>The unit itself, without limits and pid.</summary>
    internal static List<UnitProperty> OfScope(string id, string slice, CgroupMode mode) =>
    [
        new("Description", BusValue.Of("ocirun container " + id)),
        new("Slice", BusValue.Of(slice)),
        new("Delegate", BusValue.Of(true)),
        new("DefaultDependencies", BusValue.Of(false)),
        // One whose processes were killed for memory has failed, and would stay for somebody to look at it (systemd 236).
        new("CollectMode", BusValue.Of("inactive-or-failed")),
        new("MemoryAccounting", BusValue.Of(true)),
        new("CPUAccounting", BusValue.Of(true)),
        new(mode == CgroupMode.V2 ? "IOAccounting" : "BlockIOAccounting", BusValue.Of(true)),
        new("TasksAccounting", BusValue.Of(true)),
    ];

    /// <summary>linux.resources, other than device rules; what systemd has no property for is in the files only.</summary>
    /// <exception cref="CgroupException">A field cannot be converted.</exception>
    internal static List<UnitProperty> OfLimits(Resources? resources, CgroupMode mode)
    {
        var list = new List<UnitProperty>();
        AddMemory(list, resources?.Memory, mode);
        AddCpu(list, resources?.Cpu, mode);
        if (resources?.Pids?.Limit is { } tasks)
        {
            // 0 is no value of TasksMax: 1 lets nobody fork either, and the file gets the 0.
            list.Add(new("TasksMax", BusValue.Of(tasks < 0 ? Unlimited : Math.Max((ulong)tasks, 1))));
        }
        if (resources?.BlockIO?.Weight is { } weight and not 0)
        {
            list.Add(mode == CgroupMode.V2 ? new("IOWeight", BusValue.Of(Conversions.BlockWeightToIoWeight(weight))) : new("BlockIOWeight", BusValue.Of((ulong)weight)));
        }
        foreach (var (file, value) in resources?.Unified ?? [])
        {
            AddUnified(list, file, value.Trim());
        }
        return list;
    }

    /// <summary>Annotations org.systemd.property.NAME in the text format of GVariant; NAMESec, in seconds, is what systemd calls NAMEUSec.</summary>
    /// <exception cref="CgroupException">A name or a value is none.</exception>
    internal static List<UnitProperty> OfAnnotations(IReadOnlyDictionary<string, string>? annotations)
    {
        var list = new List<UnitProperty>();
        foreach (var (key, text) in annotations ?? new Dictionary<string, string>())
        {
            if (!key.StartsWith(AnnotationPrefix, StringComparison.Ordinal))
            {
                continue;
            }
            var name = key[AnnotationPrefix.Length..];
            var place = "/annotations/" + key;
            if (name.Length < 3 || !Array.TrueForAll(name.ToCharArray(), char.IsAsciiLetter))
            {
                throw new CgroupException($"\"{Linux.Quoting.Escape(name)}\" is no name of a property of systemd", place);
            }
            if (GVariantText.TryParse(text) is not { } value)
            {
                throw new CgroupException($"\"{Linux.Quoting.Escape(text)}\" is no value in the text format of GVariant: as 'text', true, uint64 5, ['a', 'b']", place);
            }
            // After a small letter only, as runc has it: so that USec is left alone.
            list.Add(name.EndsWith("Sec", StringComparison.Ordinal) && name.Length > 3 && char.IsAsciiLetterLower(name[^4])
                ? new(name[..^3] + "USec", Microseconds(value, text, place), place)
                : new(name, value, place));
        }
        return list;
    }

    /// <summary>What a property is when nothing was said: to take back one that was set.</summary>
    internal static UnitProperty Default(UnitProperty property) => property with
    {
        Value = property.Name switch
        {
            "MemoryLow" or "MemoryMin" => BusValue.Of(0),
            "AllowedCPUs" or "AllowedMemoryNodes" => BusValue.Bytes([]),
            _ => BusValue.Of(Unlimited),
        },
    };

    private static void AddMemory(List<UnitProperty> list, MemoryResources? memory, CgroupMode mode)
    {
        var limit = memory?.Limit ?? 0;
        if (limit != 0)
        {
            list.Add(new(mode == CgroupMode.V2 ? "MemoryMax" : "MemoryLimit", Limit(limit)));
        }
        if (mode != CgroupMode.V2)
        {
            return; // systemd has no more of v1
        }
        if (memory?.Reservation is { } low and not 0)
        {
            list.Add(new("MemoryLow", Limit(low)));
        }
        if (Conversions.SwapAlone(memory?.Swap ?? 0, limit) is { } swap)
        {
            list.Add(new("MemorySwapMax", Limit(swap)));
        }
    }

    private static void AddCpu(List<UnitProperty> list, CpuResources? cpu, CgroupMode mode)
    {
        if (mode != CgroupMode.V2)
        {
            if (cpu?.Shares is { } shares and not 0)
            {
                list.Add(new("CPUShares", BusValue.Of(shares)));
            }
        }
        else if (cpu?.Idle is not null and not 0)
        {
            list.Add(new("CPUWeight", BusValue.Of(0))); // that is how systemd calls it (252)
        }
        else if (Conversions.SharesToWeight(cpu?.Shares ?? 0) is var weight and not 0)
        {
            list.Add(new("CPUWeight", BusValue.Of(weight)));
        }
        AddQuota(list, cpu?.Quota ?? 0, cpu?.Period ?? 0);
        AddList(list, "AllowedCPUs", cpu?.Cpus);
        AddList(list, "AllowedMemoryNodes", cpu?.Mems);
    }

    /// <summary>systemd remembers whole percents: rounded up, so that nobody gets less than was asked for. The file has the exact number.</summary>
    private static void AddQuota(List<UnitProperty> list, long quota, ulong period)
    {
        const ulong Percent = 10_000;
        if (period != 0)
        {
            list.Add(new("CPUQuotaPeriodUSec", BusValue.Of(period)));
        }
        if (quota > 0)
        {
            period = period == 0 ? DefaultPeriod : period;
            var perSecond = ((ulong)quota / period * 1_000_000) + ((ulong)quota % period * 1_000_000 / period);
            list.Add(new("CPUQuotaPerSecUSec", BusValue.Of((perSecond + Percent - 1) / Percent * Percent)));
        }
        else if (quota < 0 || period != 0)
        {
            list.Add(new("CPUQuotaPerSecUSec", BusValue.Of(Unlimited)));
        }
    }

    private static void AddList(List<UnitProperty> list, string name, string? numbers)
    {
        // What is no list is refused by the kernel, with the file's name.
        if (!string.IsNullOrEmpty(numbers) && CpuList.TryParse(numbers, out var mask))
        {
            Span<byte> bytes = new byte[mask.Length * 8];
            for (var i = 0; i < mask.Length; i++)
            {
                BinaryPrimitives.WriteUInt64LittleEndian(bytes[(i * 8)..], mask[i]);
            }
            list.Add(new(name, BusValue.Bytes(bytes.TrimEnd((byte)0))));
        }
    }

    /// <summary>Files of cgroup v2 by their names; values that are none are left to the kernel, which says so.</summary>
    private static void AddUnified(List<UnitProperty> list, string file, string value)
    {
        var name = file switch
        {
            "cpu.weight" => "CPUWeight",
            "memory.high" => "MemoryHigh",
            "memory.low" => "MemoryLow",
            "memory.max" => "MemoryMax",
            "memory.min" => "MemoryMin",
            "memory.swap.max" => "MemorySwapMax",
            "pids.max" => "TasksMax",
            _ => null,
        };
        ulong number = 0;
        if (name is not null && (value == "max" || ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            list.Add(new(name, BusValue.Of(value == "max" ? Unlimited : name == "TasksMax" ? Math.Max(number, 1) : number)));
        }
        else if (file is "cpuset.cpus" or "cpuset.mems")
        {
            AddList(list, file == "cpuset.cpus" ? "AllowedCPUs" : "AllowedMemoryNodes", value);
        }
        else if (file == "cpu.idle" && value == "1")
        {
            list.Add(new("CPUWeight", BusValue.Of(0)));
        }
        else if (file == "cpu.max" && value.Split(' ', StringSplitOptions.RemoveEmptyEntries) is { Length: 1 or 2 } words)
        {
            var period = DefaultPeriod;
            long quota = -1;
            if ((words[0] == "max" || long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out quota))
                && (words.Length == 1 || ulong.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out period)))
            {
                AddQuota(list, quota, period);
            }
        }
    }

    private static BusValue Limit(long limit) => BusValue.Of(limit < 0 ? Unlimited : (ulong)limit);

    private static BusValue Microseconds(BusValue value, string text, string place)
    {
        var seconds = value.Signature switch
        {
            "y" or "q" or "u" or "t" => value.Bits,
            "n" or "i" or "x" => (long)value.Bits,
            "d" => BitConverter.UInt64BitsToDouble(value.Bits),
            _ => -1,
        };
        return seconds >= 0 && seconds <= Unlimited / 1_000_000
            ? BusValue.Of((ulong)(seconds * 1_000_000))
            : throw new CgroupException($"\"{Linux.Quoting.Escape(text)}\" is no number of seconds", place);
    }
}
