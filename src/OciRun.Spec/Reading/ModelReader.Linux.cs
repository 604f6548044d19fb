namespace OciRun.Spec.Reading;

/// <content>The types of linux, but for its resources.</content>
internal ref partial struct ModelReader
{
    private LinuxSection? LinuxSection()
    {
        if (!Begin())
            return null;
        var value = new LinuxSection();
        Members members = default;
        while (Next(ref members))
        {
            if (_forExec && (_reader.ValueTextEquals("devices"u8) || _reader.ValueTextEquals("resources"u8)))
                Skip();
            else if (Is(ref members, "devices"u8))
                value.Devices = List(static (ref ModelReader reader) => reader.Device());
            else if (Is(ref members, "netDevices"u8))
                value.NetDevices = Map(static (ref ModelReader reader) => reader.NetDevice());
            else if (Is(ref members, "uidMappings"u8))
                value.UidMappings = List(static (ref ModelReader reader) => reader.IdMapping());
            else if (Is(ref members, "gidMappings"u8))
                value.GidMappings = List(static (ref ModelReader reader) => reader.IdMapping());
            else if (Is(ref members, "sysctl"u8))
                value.Sysctl = TextMap();
            else if (Is(ref members, "cgroupsPath"u8))
                value.CgroupsPath = Text();
            else if (Is(ref members, "resources"u8))
                value.Resources = Resources();
            else if (Is(ref members, "intelRdt"u8))
                value.IntelRdt = IntelRdt();
            else if (Is(ref members, "memoryPolicy"u8))
                value.MemoryPolicy = MemoryPolicy();
            else if (Is(ref members, "mountLabel"u8))
                value.MountLabel = Text();
            else if (Is(ref members, "namespaces"u8))
                value.Namespaces = List(static (ref ModelReader reader) => reader.LinuxNamespace());
            else if (Is(ref members, "personality"u8))
                value.Personality = Personality();
            else if (Is(ref members, "rootfsPropagation"u8))
                value.RootfsPropagation = Text();
            else if (Is(ref members, "maskedPaths"u8))
                value.MaskedPaths = Texts();
            else if (Is(ref members, "readonlyPaths"u8))
                value.ReadonlyPaths = Texts();
            else if (Is(ref members, "seccomp"u8))
                value.Seccomp = Seccomp();
            else if (Is(ref members, "timeOffsets"u8))
                value.TimeOffsets = Map(static (ref ModelReader reader) => reader.TimeOffset());
            else
                Skip();
        }
        return value;
    }

    private Device? Device()
    {
        if (!Begin())
            return null;
        var value = new Device();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "type"u8))
                value.Type = Text();
            else if (Is(ref members, "path"u8))
                value.Path = Text();
            else if (Is(ref members, "major"u8))
                value.Major = OptionalInt64();
            else if (Is(ref members, "minor"u8))
                value.Minor = OptionalInt64();
            else if (Is(ref members, "fileMode"u8))
                value.FileMode = OptionalUInt32();
            else if (Is(ref members, "uid"u8))
                value.Uid = OptionalUInt32();
            else if (Is(ref members, "gid"u8))
                value.Gid = OptionalUInt32();
            else
                Skip();
        }
        return value;
    }

    private NetDevice? NetDevice()
    {
        if (!Begin())
            return null;
        var value = new NetDevice();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "name"u8))
                value.Name = Text();
            else
                Skip();
        }
        return value;
    }

    private LinuxNamespace? LinuxNamespace()
    {
        if (!Begin())
            return null;
        var value = new LinuxNamespace();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "type"u8))
                value.Type = Text();
            else if (Is(ref members, "path"u8))
                value.Path = Text();
            else
                Skip();
        }
        return value;
    }

    private TimeOffset? TimeOffset()
    {
        if (!Begin())
            return null;
        var value = new TimeOffset();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "secs"u8))
                value.Secs = _reader.GetInt64();
            else if (Is(ref members, "nanosecs"u8))
                value.Nanosecs = _reader.GetUInt32();
            else
                Skip();
        }
        return value;
    }

    private Personality? Personality()
    {
        if (!Begin())
            return null;
        var value = new Personality();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "domain"u8))
                value.Domain = Text();
            else if (Is(ref members, "flags"u8))
                value.Flags = Texts();
            else
                Skip();
        }
        return value;
    }

    private IntelRdt? IntelRdt()
    {
        if (!Begin())
            return null;
        var value = new IntelRdt();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "closID"u8))
                value.ClosID = Text();
            else if (Is(ref members, "schemata"u8))
                value.Schemata = Texts();
            else if (Is(ref members, "l3CacheSchema"u8))
                value.L3CacheSchema = Text();
            else if (Is(ref members, "memBwSchema"u8))
                value.MemBwSchema = Text();
            else if (Is(ref members, "enableMonitoring"u8))
                value.EnableMonitoring = OptionalBoolean();
            else
                Skip();
        }
        return value;
    }

    private MemoryPolicy? MemoryPolicy()
    {
        if (!Begin())
            return null;
        var value = new MemoryPolicy();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "mode"u8))
                value.Mode = Text();
            else if (Is(ref members, "nodes"u8))
                value.Nodes = Text();
            else if (Is(ref members, "flags"u8))
                value.Flags = Texts();
            else
                Skip();
        }
        return value;
    }

    private Seccomp? Seccomp()
    {
        if (!Begin())
            return null;
        var value = new Seccomp();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "defaultAction"u8))
                value.DefaultAction = Text();
            else if (Is(ref members, "defaultErrnoRet"u8))
                value.DefaultErrnoRet = OptionalUInt32();
            else if (Is(ref members, "architectures"u8))
                value.Architectures = Texts();
            else if (Is(ref members, "flags"u8))
                value.Flags = Texts();
            else if (Is(ref members, "listenerPath"u8))
                value.ListenerPath = Text();
            else if (Is(ref members, "listenerMetadata"u8))
                value.ListenerMetadata = Text();
            else if (Is(ref members, "syscalls"u8))
                value.Syscalls = List(static (ref ModelReader reader) => reader.SeccompRule());
            else
                Skip();
        }
        return value;
    }

    private SeccompRule? SeccompRule()
    {
        if (!Begin())
            return null;
        var value = new SeccompRule();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "names"u8))
                value.Names = Texts();
            else if (Is(ref members, "action"u8))
                value.Action = Text();
            else if (Is(ref members, "errnoRet"u8))
                value.ErrnoRet = OptionalUInt32();
            else if (Is(ref members, "args"u8))
                value.Args = List(static (ref ModelReader reader) => reader.SeccompArgument());
            else
                Skip();
        }
        return value;
    }

    private SeccompArgument? SeccompArgument()
    {
        if (!Begin())
            return null;
        var value = new SeccompArgument();
        Members members = default;
        while (Next(ref members, required: 2))
        {
            if (Is(ref members, "index"u8))
                value.Index = _reader.GetUInt32();
            else if (Is(ref members, "value"u8))
                value.Value = _reader.GetUInt64();
            else if (Is(ref members, "valueTwo"u8))
                value.ValueTwo = _reader.GetUInt64();
            else if (Is(ref members, "op"u8))
                value.Op = Text();
            else
                Skip();
        }
        return value;
    }
}
