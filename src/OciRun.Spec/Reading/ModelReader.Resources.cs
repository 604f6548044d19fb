namespace OciRun.Spec.Reading;

/// <content>The types of linux.resources.</content>
internal ref partial struct ModelReader
{
    private Resources? Resources()
    {
        if (!Begin())
            return null;
        var value = new Resources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "devices"u8))
                value.Devices = List(static (ref ModelReader reader) => reader.DeviceRule());
            else if (Is(ref members, "memory"u8))
                value.Memory = MemoryResources();
            else if (Is(ref members, "cpu"u8))
                value.Cpu = CpuResources();
            else if (Is(ref members, "pids"u8))
                value.Pids = PidsResources();
            else if (Is(ref members, "blockIO"u8))
                value.BlockIO = BlockIoResources();
            else if (Is(ref members, "hugepageLimits"u8))
                value.HugepageLimits = List(static (ref ModelReader reader) => reader.HugepageLimit());
            else if (Is(ref members, "network"u8))
                value.Network = NetworkResources();
            else if (Is(ref members, "rdma"u8))
                value.Rdma = Map(static (ref ModelReader reader) => reader.RdmaLimit());
            else if (Is(ref members, "unified"u8))
                value.Unified = TextMap();
            else
                Skip();
        }
        return value;
    }

    private DeviceRule? DeviceRule()
    {
        if (!Begin())
            return null;
        var value = new DeviceRule();
        Members members = default;
        while (Next(ref members, required: 1))
        {
            if (Is(ref members, "allow"u8))
                value.Allow = _reader.GetBoolean();
            else if (Is(ref members, "type"u8))
                value.Type = Text();
            else if (Is(ref members, "major"u8))
                value.Major = OptionalInt64();
            else if (Is(ref members, "minor"u8))
                value.Minor = OptionalInt64();
            else if (Is(ref members, "access"u8))
                value.Access = Text();
            else
                Skip();
        }
        return value;
    }

    private MemoryResources? MemoryResources()
    {
        if (!Begin())
            return null;
        var value = new MemoryResources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "limit"u8))
                value.Limit = OptionalInt64();
            else if (Is(ref members, "reservation"u8))
                value.Reservation = OptionalInt64();
            else if (Is(ref members, "swap"u8))
                value.Swap = OptionalInt64();
            else if (Is(ref members, "kernel"u8))
                value.Kernel = OptionalInt64();
            else if (Is(ref members, "kernelTCP"u8))
                value.KernelTCP = OptionalInt64();
            else if (Is(ref members, "swappiness"u8))
                value.Swappiness = OptionalUInt64();
            else if (Is(ref members, "disableOOMKiller"u8))
                value.DisableOOMKiller = OptionalBoolean();
            else if (Is(ref members, "useHierarchy"u8))
                value.UseHierarchy = OptionalBoolean();
            else if (Is(ref members, "checkBeforeUpdate"u8))
                value.CheckBeforeUpdate = OptionalBoolean();
            else
                Skip();
        }
        return value;
    }

    private CpuResources? CpuResources()
    {
        if (!Begin())
            return null;
        var value = new CpuResources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "shares"u8))
                value.Shares = OptionalUInt64();
            else if (Is(ref members, "quota"u8))
                value.Quota = OptionalInt64();
            else if (Is(ref members, "burst"u8))
                value.Burst = OptionalUInt64();
            else if (Is(ref members, "period"u8))
                value.Period = OptionalUInt64();
            else if (Is(ref members, "realtimeRuntime"u8))
                value.RealtimeRuntime = OptionalInt64();
            else if (Is(ref members, "realtimePeriod"u8))
                value.RealtimePeriod = OptionalUInt64();
            else if (Is(ref members, "cpus"u8))
                value.Cpus = Text();
            else if (Is(ref members, "mems"u8))
                value.Mems = Text();
            else if (Is(ref members, "idle"u8))
                value.Idle = OptionalInt64();
            else
                Skip();
        }
        return value;
    }

    private PidsResources? PidsResources()
    {
        if (!Begin())
            return null;
        var value = new PidsResources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "limit"u8))
                value.Limit = OptionalInt64();
            else
                Skip();
        }
        return value;
    }

    private BlockIoResources? BlockIoResources()
    {
        if (!Begin())
            return null;
        var value = new BlockIoResources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "weight"u8))
                value.Weight = OptionalUInt16();
            else if (Is(ref members, "leafWeight"u8))
                value.LeafWeight = OptionalUInt16();
            else if (Is(ref members, "weightDevice"u8))
                value.WeightDevice = List(static (ref ModelReader reader) => reader.WeightDevice());
            else if (Is(ref members, "throttleReadBpsDevice"u8))
                value.ThrottleReadBpsDevice = List(static (ref ModelReader reader) => reader.ThrottleDevice());
            else if (Is(ref members, "throttleWriteBpsDevice"u8))
                value.ThrottleWriteBpsDevice = List(static (ref ModelReader reader) => reader.ThrottleDevice());
            else if (Is(ref members, "throttleReadIOPSDevice"u8))
                value.ThrottleReadIOPSDevice = List(static (ref ModelReader reader) => reader.ThrottleDevice());
            else if (Is(ref members, "throttleWriteIOPSDevice"u8))
                value.ThrottleWriteIOPSDevice = List(static (ref ModelReader reader) => reader.ThrottleDevice());
            else
                Skip();
        }
        return value;
    }

    private WeightDevice? WeightDevice()
    {
        if (!Begin())
            return null;
        var value = new WeightDevice();
        Members members = default;
        while (Next(ref members, required: 2))
        {
            if (Is(ref members, "major"u8))
                value.Major = _reader.GetInt64();
            else if (Is(ref members, "minor"u8))
                value.Minor = _reader.GetInt64();
            else if (Is(ref members, "weight"u8))
                value.Weight = OptionalUInt16();
            else if (Is(ref members, "leafWeight"u8))
                value.LeafWeight = OptionalUInt16();
            else
                Skip();
        }
        return value;
    }

    private ThrottleDevice? ThrottleDevice()
    {
        if (!Begin())
            return null;
        var value = new ThrottleDevice();
        Members members = default;
        while (Next(ref members, required: 3))
        {
            if (Is(ref members, "major"u8))
                value.Major = _reader.GetInt64();
            else if (Is(ref members, "minor"u8))
                value.Minor = _reader.GetInt64();
            else if (Is(ref members, "rate"u8))
                value.Rate = _reader.GetUInt64();
            else
                Skip();
        }
        return value;
    }

    private HugepageLimit? HugepageLimit()
    {
        if (!Begin())
            return null;
        var value = new HugepageLimit();
        Members members = default;
        while (Next(ref members, required: 1))
        {
            if (Is(ref members, "limit"u8))
                value.Limit = _reader.GetUInt64();
            else if (Is(ref members, "pageSize"u8))
                value.PageSize = Text();
            else
                Skip();
        }
        return value;
    }

    private NetworkResources? NetworkResources()
    {
        if (!Begin())
            return null;
        var value = new NetworkResources();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "classID"u8))
                value.ClassID = OptionalUInt32();
            else if (Is(ref members, "priorities"u8))
                value.Priorities = List(static (ref ModelReader reader) => reader.InterfacePriority());
            else
                Skip();
        }
        return value;
    }

    private InterfacePriority? InterfacePriority()
    {
        if (!Begin())
            return null;
        var value = new InterfacePriority();
        Members members = default;
        while (Next(ref members, required: 1))
        {
            if (Is(ref members, "priority"u8))
                value.Priority = _reader.GetUInt32();
            else if (Is(ref members, "name"u8))
                value.Name = Text();
            else
                Skip();
        }
        return value;
    }

    private RdmaLimit? RdmaLimit()
    {
        if (!Begin())
            return null;
        var value = new RdmaLimit();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "hcaHandles"u8))
                value.HcaHandles = OptionalUInt32();
            else if (Is(ref members, "hcaObjects"u8))
                value.HcaObjects = OptionalUInt32();
            else
                Skip();
        }
        return value;
    }
}
