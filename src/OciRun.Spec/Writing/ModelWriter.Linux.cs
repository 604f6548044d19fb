namespace OciRun.Spec.Writing;

/// <content>The types of linux, but for its resources.</content>
internal sealed partial class ModelWriter
{
    private void LinuxSection(LinuxSection value)
    {
        List("uidMappings"u8, value.UidMappings, IdMapping);
        List("gidMappings"u8, value.GidMappings, IdMapping);
        TextMap("sysctl"u8, value.Sysctl);
        Object("resources"u8, value.Resources, Resources);
        Text("cgroupsPath"u8, value.CgroupsPath);
        List("namespaces"u8, value.Namespaces, LinuxNamespace);
        List("devices"u8, value.Devices, Device);
        Map("netDevices"u8, value.NetDevices, NetDevice);
        Object("seccomp"u8, value.Seccomp, Seccomp);
        Text("rootfsPropagation"u8, value.RootfsPropagation);
        Texts("maskedPaths"u8, value.MaskedPaths);
        Texts("readonlyPaths"u8, value.ReadonlyPaths);
        Text("mountLabel"u8, value.MountLabel);
        Object("intelRdt"u8, value.IntelRdt, IntelRdt);
        Object("memoryPolicy"u8, value.MemoryPolicy, MemoryPolicy);
        Object("personality"u8, value.Personality, Personality);
        Map("timeOffsets"u8, value.TimeOffsets, TimeOffset);
    }

    private void LinuxNamespace(LinuxNamespace value)
    {
        Text("type"u8, value.Type);
        Text("path"u8, value.Path);
    }

    private void Device(Device value)
    {
        Text("type"u8, value.Type);
        Text("path"u8, value.Path);
        Number("major"u8, value.Major);
        Number("minor"u8, value.Minor);
        Number("fileMode"u8, value.FileMode);
        Number("uid"u8, value.Uid);
        Number("gid"u8, value.Gid);
    }

    private void NetDevice(NetDevice value)
    {
        Text("name"u8, value.Name);
    }

    private void IntelRdt(IntelRdt value)
    {
        Text("closID"u8, value.ClosID);
        Texts("schemata"u8, value.Schemata);
        Text("l3CacheSchema"u8, value.L3CacheSchema);
        Text("memBwSchema"u8, value.MemBwSchema);
        Boolean("enableMonitoring"u8, value.EnableMonitoring);
    }

    private void MemoryPolicy(MemoryPolicy value)
    {
        Text("mode"u8, value.Mode);
        Text("nodes"u8, value.Nodes);
        Texts("flags"u8, value.Flags);
    }

    private void Personality(Personality value)
    {
        Text("domain"u8, value.Domain);
        Texts("flags"u8, value.Flags);
    }

    private void TimeOffset(TimeOffset value)
    {
        Number("secs"u8, value.Secs);
        Number("nanosecs"u8, value.Nanosecs);
    }

    private void Seccomp(Seccomp value)
    {
        Text("defaultAction"u8, value.DefaultAction);
        Number("defaultErrnoRet"u8, value.DefaultErrnoRet);
        Texts("architectures"u8, value.Architectures);
        Texts("flags"u8, value.Flags);
        Text("listenerPath"u8, value.ListenerPath);
        Text("listenerMetadata"u8, value.ListenerMetadata);
        List("syscalls"u8, value.Syscalls, SeccompRule);
    }

    private void SeccompRule(SeccompRule value)
    {
        Texts("names"u8, value.Names);
        Text("action"u8, value.Action);
        Number("errnoRet"u8, value.ErrnoRet);
        List("args"u8, value.Args, SeccompArgument);
    }

    private void SeccompArgument(SeccompArgument value)
    {
        Number("index"u8, value.Index);
        Unsigned("value"u8, value.Value);
        Unsigned("valueTwo"u8, value.ValueTwo);
        Text("op"u8, value.Op);
    }
}
