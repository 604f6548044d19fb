namespace OciRun.Spec.Tests;

/// <summary>Tables of names and numbers, and the small languages of lists, keys and ids.</summary>
public sealed class NamesTests
{
    [Theory]
    [InlineData("TERM", 15)]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigterm", 15)]
    [InlineData("15", 15)]
    [InlineData("1", 1)]
    [InlineData("64", 64)]
    [InlineData("KILL", 9)]
    [InlineData("SYS", 31)]
    [InlineData("SIGCHLD", 17)]
    [InlineData("CLD", 17)]
    [InlineData("IOT", 6)]
    [InlineData("POLL", 29)]
    [InlineData("STKFLT", 16)]
    [InlineData("WINCH", 28)]
    [InlineData("RTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("rtmin+30", 64)]
    [InlineData("SIGRTMAX", 64)]
    [InlineData("SIGRTMAX-1", 63)]
    [InlineData("RTMAX-30", 34)]
    public void Signal_TryParse_Known(string text, int number)
    {
        SignalNames.TryParse(text, out int parsed).Should().BeTrue();
        parsed.Should().Be(number);
        SignalNames.TryParse(SignalNames.GetName(number), out parsed).Should().BeTrue("the name reads back");
        parsed.Should().Be(number);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65")]
    [InlineData("-9")]
    [InlineData("+9")]
    [InlineData(" 9")]
    [InlineData("9 ")]
    [InlineData("0x9")]
    [InlineData("99999999999999999999")]
    [InlineData("SIG")]
    [InlineData("SIG9")]
    [InlineData("SIGSIGTERM")]
    [InlineData("TERMS")]
    [InlineData("RTMIN-1")]
    [InlineData("RTMIN+31")]
    [InlineData("RTMIN+")]
    [InlineData("RTMIN+-1")]
    [InlineData("RTMAX+1")]
    [InlineData("RTMAX-31")]
    [InlineData("RT")]
    public void Signal_TryParse_Refuses(string text) => SignalNames.TryParse(text, out _).Should().BeFalse();

    [Fact]
    public void Signal_GetName_OutsideIsNull()
    {
        foreach (int number in (int[])[-1, 0, 32, 33, 65])
            SignalNames.GetName(number).Should().BeNull();
    }

    [Theory]
    [InlineData("CAP_CHOWN", 0)]
    [InlineData("CAP_KILL", 5)]
    [InlineData("CAP_NET_BIND_SERVICE", 10)]
    [InlineData("CAP_SYS_ADMIN", 21)]
    [InlineData("CAP_SETFCAP", 31)]
    [InlineData("CAP_MAC_OVERRIDE", 32)]
    [InlineData("CAP_AUDIT_READ", 37)]
    [InlineData("CAP_CHECKPOINT_RESTORE", 40)]
    public void Capability_Numbers_AreTheKernels(string name, int number)
    {
        CapabilityNames.TryGetNumber(name, out int parsed).Should().BeTrue();
        parsed.Should().Be(number);
        CapabilityNames.GetName(number).Should().Be(name);
    }

    [Fact]
    public void Capability_Unknown_HasNoNumberAndNoBit()
    {
        foreach (string? name in (string?[])["", "CHOWN", "cap_chown", "CAP_", "CAP_NOPE", null])
            CapabilityNames.TryGetNumber(name, out _).Should().BeFalse();
        CapabilityNames.GetName(41).Should().BeNull();
        CapabilityNames.All.Should().HaveCount(CapabilityNames.Last + 1).And.OnlyHaveUniqueItems();
        CapabilityNames.ToMask(["CAP_CHOWN", "CAP_NOPE", "CAP_CHECKPOINT_RESTORE"]).Should().Be(1UL << 40 | 1);
    }

    [Theory]
    [InlineData("RLIMIT_CPU", 0)]
    [InlineData("RLIMIT_NPROC", 6)]
    [InlineData("RLIMIT_NOFILE", 7)]
    [InlineData("RLIMIT_MEMLOCK", 8)]
    [InlineData("RLIMIT_AS", 9)]
    [InlineData("RLIMIT_RTTIME", 15)]
    public void Rlimit_Numbers_AreTheKernels(string name, int number)
    {
        RlimitNames.TryGetNumber(name, out int parsed).Should().BeTrue();
        parsed.Should().Be(number);
        RlimitNames.GetName(number).Should().Be(name);
        RlimitNames.TryGetNumber("NOFILE", out _).Should().BeFalse();
        RlimitNames.TryGetNumber(null, out _).Should().BeFalse();
        RlimitNames.GetName(16).Should().BeNull();
        RlimitNames.Count.Should().Be(16);
    }

    [Theory]
    [InlineData("pid", 0x20000000UL, "pid")]
    [InlineData("network", 0x40000000UL, "net")]
    [InlineData("mount", 0x00020000UL, "mnt")]
    [InlineData("ipc", 0x08000000UL, "ipc")]
    [InlineData("uts", 0x04000000UL, "uts")]
    [InlineData("user", 0x10000000UL, "user")]
    [InlineData("cgroup", 0x02000000UL, "cgroup")]
    [InlineData("time", 0x00000080UL, "time")]
    public void Namespace_Flags_AreTheKernels(string type, ulong flag, string file)
    {
        NamespaceTypes.TryGetFlag(type, out ulong parsed).Should().BeTrue();
        parsed.Should().Be(flag);
        NamespaceTypes.ProcFile(flag).Should().Be(file);
        LinuxNamespace[] namespaces = [new() { Type = "nope" }, new() { Type = type, Path = "/p" }];
        NamespaceTypes.Find(namespaces, flag)!.Path.Should().Be("/p");
        NamespaceTypes.IsNew(namespaces, flag).Should().BeFalse();
        NamespaceTypes.IsNew([new() { Type = type, Path = "" }], flag).Should().BeTrue();
        NamespaceTypes.Find(null, flag).Should().BeNull();
    }

    [Theory]
    [InlineData("net.ipv4.ip_forward", "net/ipv4/ip_forward", NamespaceTypes.Network)]
    [InlineData("net/ipv4/ip_forward", "net/ipv4/ip_forward", NamespaceTypes.Network)]
    [InlineData("net/ipv4/conf/eth0.1/forwarding", "net/ipv4/conf/eth0.1/forwarding", NamespaceTypes.Network)]
    [InlineData("net.ipv4.conf.eth0/1.forwarding", "net/ipv4/conf/eth0.1/forwarding", NamespaceTypes.Network)]
    [InlineData("kernel.shm_rmid_forced", "kernel/shm_rmid_forced", NamespaceTypes.Ipc)]
    [InlineData("kernel.msgmax", "kernel/msgmax", NamespaceTypes.Ipc)]
    [InlineData("kernel.sem", "kernel/sem", NamespaceTypes.Ipc)]
    [InlineData("fs.mqueue.msg_max", "fs/mqueue/msg_max", NamespaceTypes.Ipc)]
    [InlineData("kernel.domainname", "kernel/domainname", NamespaceTypes.Uts)]
    [InlineData("user.max_user_namespaces", "user/max_user_namespaces", NamespaceTypes.User)]
    [InlineData("kernel.pid_max", "kernel/pid_max", 0UL)]
    [InlineData("vm.swappiness", "vm/swappiness", 0UL)]
    [InlineData("network.a", "network/a", 0UL)]
    [InlineData("net", "net", 0UL)]
    public void Sysctl_Normalize_GivesPathAndNamespace(string key, string path, ulong flag)
    {
        SysctlKeys.TryNormalize(key, out string normalized).Should().BeTrue();
        normalized.Should().Be(path);
        SysctlKeys.NamespaceOf(normalized).Should().Be(flag);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("/net/ipv4")]
    [InlineData("net/")]
    [InlineData("net//ipv4")]
    [InlineData("net/../kernel/core_pattern")]
    [InlineData("net/./ipv4")]
    [InlineData("net.ipv4.")]
    [InlineData("net.a.//.kernel.core_pattern")]
    [InlineData("net..x")]
    [InlineData("net.x\n")]
    [InlineData("net.x\0")]
    public void Sysctl_Normalize_RefusesWhatLeadsElsewhere(string? key) => SysctlKeys.TryNormalize(key, out _).Should().BeFalse();

    [Theory]
    [InlineData("a")]
    [InlineData("my-container_1.2+x")]
    [InlineData("...")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public void ContainerId_Validate_Accepts(string id) => ContainerId.Validate(id).Should().BeNull();

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("../x")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("a\n")]
    [InlineData("a\0b")]
    [InlineData("é")]
    [InlineData("a:b")]
    public void ContainerId_Validate_RefusesInOneLine(string? id) =>
        ContainerId.Validate(id).Should().StartWith("container id").And.NotContainAny("\n", "\0");

    [Fact]
    public void ContainerId_Validate_Limits255() =>
        (ContainerId.Validate(new string('a', 255)), ContainerId.Validate(new string('a', 256)) is null).Should().Be(((string?)null, false));

    [Theory]
    [InlineData("", "")]
    [InlineData("0", "1")]
    [InlineData("0-3,7", "8f")]
    [InlineData(" 1 - 2 , 4\n", "16")]
    [InlineData("0-7:2/4", "33")]
    [InlineData("64", "0 1")]
    [InlineData("63,,0", "8000000000000001")]
    public void CpuList_TryParse_GivesMask(string text, string mask)
    {
        CpuList.TryParse(text, out ulong[] words).Should().BeTrue();
        string.Join(' ', words.Select(w => w.ToString("x"))).Should().Be(mask);
    }

    [Theory]
    [InlineData("a")]
    [InlineData("3-1")]
    [InlineData("-1")]
    [InlineData("1-")]
    [InlineData("1-2-3")]
    [InlineData("0x1")]
    [InlineData("65536")]
    [InlineData("1:1/2")]
    [InlineData("0-3:0/2")]
    [InlineData("0-3:3/2")]
    [InlineData("0-3:2")]
    [InlineData("99999999999")]
    public void CpuList_TryParse_Refuses(string text) => CpuList.TryParse(text, out _).Should().BeFalse();

    [Fact]
    public void IdMappings_TryToHost_FindsTheRange()
    {
        IdMapping[] mappings = [new() { ContainerID = 0, HostID = 1000, Size = 1 }, new() { ContainerID = 1, HostID = 100000, Size = 65536 }];
        IdMappings.TryToHost(mappings, 0, out uint host).Should().BeTrue();
        host.Should().Be(1000);
        IdMappings.TryToHost(mappings, 65536, out host).Should().BeTrue();
        host.Should().Be(165535);
        IdMappings.TryToHost(mappings, 65537, out host).Should().BeFalse();
        host.Should().Be(uint.MaxValue);
        IdMappings.Same(mappings, [.. mappings]).Should().BeTrue();
        IdMappings.Same(mappings, [mappings[1], mappings[0]]).Should().BeFalse();
        IdMappings.Same(null, []).Should().BeTrue();
    }
}
