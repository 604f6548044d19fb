namespace OciRun.Spec.Reading;

/// <summary>
/// The model as a table, for the walk that explains faults. One line a type: name, clause, members. A member is name:type; [] is an array,
/// {} a map with any names; s text, b boolean, u16 i32 u32 i64 u64 integers, any: not looked at. ! required, ? null is as good as absent
/// (text, arrays and objects always are). It is only read when there is a fault, and a test holds it against the model.
/// </summary>
internal static class ConfigSchema
{
    private const string Table = """
        RuntimeConfig config.md#configuration ociVersion:s root:Root mounts:Mount[] process:Process hostname:s domainname:s hooks:Hooks annotations:s{} linux:LinuxSection solaris:any windows:any vm:any zos:any freebsd:any
        Root config.md#root path:s readonly:b
        Mount config.md#mounts destination:s source:s type:s options:s[] uidMappings:IdMapping[] gidMappings:IdMapping[]
        IdMapping config-linux.md#user-namespace-mappings containerID:u32! hostID:u32! size:u32!
        Process config.md#process terminal:b consoleSize:ConsoleSize cwd:s env:s[] args:s[] commandLine:s rlimits:Rlimit[] apparmorProfile:s capabilities:Capabilities noNewPrivileges:b? oomScoreAdj:i32? scheduler:Scheduler selinuxLabel:s ioPriority:IoPriority execCPUAffinity:ExecCpuAffinity user:User
        ConsoleSize config.md#process height:u32! width:u32!
        Rlimit config.md#posix-process type:s soft:u64! hard:u64!
        Capabilities config.md#linux-process bounding:s[] effective:s[] inheritable:s[] permitted:s[] ambient:s[]
        Scheduler config.md#linux-process policy:s nice:i32? priority:i32? flags:s[] runtime:u64? deadline:u64? period:u64?
        IoPriority config.md#linux-process class:s priority:i32!
        ExecCpuAffinity config.md#linux-process initial:s final:s
        User config.md#posix-platform-user uid:u32 gid:u32 umask:u32? additionalGids:u32[] username:s
        Hooks config.md#posix-platform-hooks prestart:Hook[] createRuntime:Hook[] createContainer:Hook[] startContainer:Hook[] poststart:Hook[] poststop:Hook[]
        Hook config.md#posix-platform-hooks path:s args:s[] env:s[] timeout:i32?
        LinuxSection config-linux.md#linux-container-configuration devices:Device[] netDevices:NetDevice{} uidMappings:IdMapping[] gidMappings:IdMapping[] sysctl:s{} cgroupsPath:s resources:Resources intelRdt:IntelRdt memoryPolicy:MemoryPolicy mountLabel:s namespaces:LinuxNamespace[] personality:Personality rootfsPropagation:s maskedPaths:s[] readonlyPaths:s[] seccomp:Seccomp timeOffsets:TimeOffset{}
        Device config-linux.md#devices type:s path:s major:i64? minor:i64? fileMode:u32? uid:u32? gid:u32?
        NetDevice config-linux.md#network-devices name:s
        LinuxNamespace config-linux.md#namespaces type:s path:s
        TimeOffset config-linux.md#offset-for-time-namespace secs:i64 nanosecs:u32
        Personality config-linux.md#personality domain:s flags:s[]
        IntelRdt config-linux.md#intelrdt closID:s schemata:s[] l3CacheSchema:s memBwSchema:s enableMonitoring:b?
        MemoryPolicy config-linux.md#memory-policy mode:s nodes:s flags:s[]
        Seccomp config-linux.md#seccomp defaultAction:s defaultErrnoRet:u32? architectures:s[] flags:s[] listenerPath:s listenerMetadata:s syscalls:SeccompRule[]
        SeccompRule config-linux.md#seccomp names:s[] action:s errnoRet:u32? args:SeccompArgument[]
        SeccompArgument config-linux.md#seccomp index:u32! value:u64! valueTwo:u64 op:s
        Resources config-linux.md#control-groups devices:DeviceRule[] memory:MemoryResources cpu:CpuResources pids:PidsResources blockIO:BlockIoResources hugepageLimits:HugepageLimit[] network:NetworkResources rdma:RdmaLimit{} unified:s{}
        DeviceRule config-linux.md#allowed-device-list allow:b! type:s major:i64? minor:i64? access:s
        MemoryResources config-linux.md#memory limit:i64? reservation:i64? swap:i64? kernel:i64? kernelTCP:i64? swappiness:u64? disableOOMKiller:b? useHierarchy:b? checkBeforeUpdate:b?
        CpuResources config-linux.md#cpu shares:u64? quota:i64? burst:u64? period:u64? realtimeRuntime:i64? realtimePeriod:u64? cpus:s mems:s idle:i64?
        PidsResources config-linux.md#pids limit:i64?
        BlockIoResources config-linux.md#block-io weight:u16? leafWeight:u16? weightDevice:WeightDevice[] throttleReadBpsDevice:ThrottleDevice[] throttleWriteBpsDevice:ThrottleDevice[] throttleReadIOPSDevice:ThrottleDevice[] throttleWriteIOPSDevice:ThrottleDevice[]
        WeightDevice config-linux.md#block-io major:i64! minor:i64! weight:u16? leafWeight:u16?
        ThrottleDevice config-linux.md#block-io major:i64! minor:i64! rate:u64!
        HugepageLimit config-linux.md#huge-page-limits pageSize:s limit:u64!
        NetworkResources config-linux.md#network classID:u32? priorities:InterfacePriority[]
        InterfacePriority config-linux.md#network name:s priority:u32!
        RdmaLimit config-linux.md#rdma hcaHandles:u32? hcaObjects:u32?
        """;

    private static Dictionary<string, SchemaNode>? s_types;

    /// <summary>All types by the name of their class.</summary>
    internal static Dictionary<string, SchemaNode> Types => s_types ??= Build();

    private static Dictionary<string, SchemaNode> Build()
    {
        var types = new Dictionary<string, SchemaNode>();
        string[] lines = Table.Split('\n');
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            types.Add(words[0], new SchemaNode(SchemaKind.Object, words[1]));
        }
        foreach (string line in lines)
        {
            string[] words = line.Split(' ');
            var type = types[words[0]];
            foreach (string member in words.AsSpan(2))
            {
                int colon = member.IndexOf(':', StringComparison.Ordinal);
                type.Fields.Add(member[..colon], Field(types, member[(colon + 1)..], type.Clause));
            }
        }
        return types;
    }

    private static SchemaField Field(Dictionary<string, SchemaNode> types, string text, string clause)
    {
        bool required = text.EndsWith('!'), nullable = text.EndsWith('?');
        var node = Node(types, required || nullable ? text[..^1] : text, clause);
        return new SchemaField(node, required, nullable || node.Kind <= SchemaKind.String);
    }

    private static SchemaNode Node(Dictionary<string, SchemaNode> types, string text, string clause)
    {
        if (text.EndsWith("[]", StringComparison.Ordinal))
            return new SchemaNode(SchemaKind.Array, clause) { Element = Node(types, text[..^2], clause) };
        if (text.EndsWith("{}", StringComparison.Ordinal))
            return new SchemaNode(SchemaKind.Map, clause) { Element = Node(types, text[..^2], clause) };
        return text switch
        {
            "any" => new SchemaNode(SchemaKind.Any, clause),
            "s" => new SchemaNode(SchemaKind.String, clause),
            "b" => new SchemaNode(SchemaKind.Boolean, clause),
            "u16" => new SchemaNode(SchemaKind.UInt16, clause),
            "i32" => new SchemaNode(SchemaKind.Int32, clause),
            "u32" => new SchemaNode(SchemaKind.UInt32, clause),
            "i64" => new SchemaNode(SchemaKind.Int64, clause),
            "u64" => new SchemaNode(SchemaKind.UInt64, clause),
            _ => types[text],
        };
    }
}
