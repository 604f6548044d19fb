namespace OciRun.Spec.Writing;

/// <content>The types of linux.resources.</content>
internal sealed partial class ModelWriter
{
    private void Resources(Resources value)
    {
        TextMap("unified"u8, value.Unified);
        List("devices"u8, value.Devices, DeviceRule);
        Object("memory"u8, value.Memory, MemoryResources);
        Object("cpu"u8, value.Cpu, CpuResources);
        Object("pids"u8, value.Pids, PidsResources);
        Object("blockIO"u8, value.BlockIO, BlockIoResources);
        List("hugepageLimits"u8, value.HugepageLimits, HugepageLimit);
        Object("network"u8, value.Network, NetworkResources);
        Map("rdma"u8, value.Rdma, RdmaLimit);
    }

    private void DeviceRule(DeviceRule value)
    {
        Boolean("allow"u8, value.Allow);
        Text("type"u8, value.Type);
        Number("major"u8, value.Major);
        Number("minor"u8, value.Minor);
        Text("access"u8, value.Access);
    }

    private void MemoryResources(MemoryResources value)
    {
        Number("limit"u8, value.Limit);
        Number("reservation"u8, value.Reservation);
        Number("swap"u8, value.Swap);
        Number("kernel"u8, value.Kernel);
        Number("kernelTCP"u8, value.KernelTCP);
        Unsigned("swappiness"u8, value.Swappiness);
        Boolean("disableOOMKiller"u8, value.DisableOOMKiller);
        Boolean("useHierarchy"u8, value.UseHierarchy);
        Boolean("checkBeforeUpdate"u8, value.CheckBeforeUpdate);
    }

    private void CpuResources(CpuResources value)
    {
        Unsigned("shares"u8, value.Shares);
        Number("quota"u8, value.Quota);
        Unsigned("burst"u8, value.Burst);
        Unsigned("period"u8, value.Period);
        Number("realtimeRuntime"u8, value.RealtimeRuntime);
        Unsigned("realtimePeriod"u8, value.RealtimePeriod);
        Text("cpus"u8, value.Cpus);
        Text("mems"u8, value.Mems);
        Number("idle"u8, value.Idle);
    }

    private void PidsResources(PidsResources value)
    {
        Number("limit"u8, value.Limit);
    }

    private void BlockIoResources(BlockIoResources value)
    {
        Number("weight"u8, value.Weight);
        Number("leafWeight"u8, value.LeafWeight);
        List("weightDevice"u8, value.WeightDevice, WeightDevice);
        List("throttleReadBpsDevice"u8, value.ThrottleReadBpsDevice, ThrottleDevice);
        List("throttleWriteBpsDevice"u8, value.ThrottleWriteBpsDevice, ThrottleDevice);
        List("throttleReadIOPSDevice"u8, value.ThrottleReadIOPSDevice, ThrottleDevice);
        List("throttleWriteIOPSDevice"u8, value.ThrottleWriteIOPSDevice, ThrottleDevice);
    }

    private void WeightDevice(WeightDevice value)
    {
        Number("major"u8, value.Major);
        Number("minor"u8, value.Minor);
        Number("weight"u8, value.Weight);
        Number("leafWeight"u8, value.LeafWeight);
    }

    private void ThrottleDevice(ThrottleDevice value)
    {
        Number("major"u8, value.Major);
        Number("minor"u8, value.Minor);
        Unsigned("rate"u8, value.Rate);
    }

    private void HugepageLimit(HugepageLimit value)
    {
        Text("pageSize"u8, value.PageSize);
        Unsigned("limit"u8, value.Limit);
    }

    private void NetworkResources(NetworkResources value)
    {
        Number("classID"u8, value.ClassID);
        List("priorities"u8, value.Priorities, InterfacePriority);
    }

    private void InterfacePriority(InterfacePriority value)
    {
        Text("name"u8, value.Name);
        Number("priority"u8, value.Priority);
    }

    private void RdmaLimit(RdmaLimit value)
    {
        Number("hcaHandles"u8, value.HcaHandles);
        Number("hcaObjects"u8, value.HcaObjects);
    }
}
