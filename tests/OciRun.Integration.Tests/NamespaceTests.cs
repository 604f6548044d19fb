namespace OciRun.Integration;

/// <summary>Namespaces, new and joined, user mappings, host names, sysctl (S92, S120–S129, S186, S204).</summary>
public sealed class NamespaceTests : IntegrationTest
{
    private static string Own(string name) => File.ResolveLinkTarget("/proc/self/ns/" + name, returnFinalTarget: false)!.Name;

    [Theory]
    [InlineData("pid", "pid")]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("uts", "uts")]
    [InlineData("mount", "mnt")]
    [InlineData("cgroup", "cgroup")]
    public void Namespace_Listed_IsNew(string type, string file)
    {
        NewContainer().Report().Namespace(file).Should().NotBe(Own(file), type);
    }

    [Theory]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("cgroup", "cgroup")]
    public void Namespace_NotListed_IsTheCallers(string type, string file)
    {
        NewContainer().RemoveNamespace(type).Report().Namespace(file).Should().Be(Own(file));
    }

    [Fact]
    public void PidNamespace_NotListed_IsTheCallers()
    {
        var report = NewContainer().RemoveNamespace("pid").Report();
        report.Namespace("pid").Should().Be(Own("pid"));
        report.Process("pid").Should().BeGreaterThan(1);
    }

    [Fact]
    public void UtsNamespace_NotListedButHostname_Fails() => NewContainer().RemoveNamespace("uts").TryCreate().ShouldFailWith("hostname");

    [Fact]
    public void Namespace_Twice_Fails() => NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "ipc" }).TryCreate().ShouldFailWith("ipc");

    [Fact]
    public void Namespace_UnknownType_Fails() => NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "nosuch" }).TryCreate().ShouldFailWith("nosuch");

    [Theory]
    [InlineData("network", "net")]
    [InlineData("ipc", "ipc")]
    [InlineData("uts", "uts")]
    [InlineData("pid", "pid")]
    public void Namespace_Path_IsJoined(string type, string file)
    {
        var first = NewContainer().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        var second = NewContainer().RemoveNamespace(type).Add("/linux/namespaces", new JsonObject { ["type"] = type, ["path"] = $"/proc/{first.Pid}/ns/{file}" });
        if (type == "uts")
            second.Remove("/hostname");
        string wanted = File.ResolveLinkTarget($"/proc/{first.Pid}/ns/{file}", false)!.Name;
        var report = second.Report();
        report.Namespace(file).Should().Be(wanted);
        if (type == "pid")
            report.Process("pid").Should().BeGreaterThan(1);
    }

    [Fact]
    public void Namespace_PathOfAnotherType_Fails()
    {
        NewContainer().RemoveNamespace("ipc").Add("/linux/namespaces", new JsonObject { ["type"] = "ipc", ["path"] = "/proc/self/ns/net" }).TryCreate().ShouldFailWith();
    }

    [Fact]
    public void Namespace_PathMissing_NamesIt()
    {
        NewContainer().RemoveNamespace("ipc").Add("/linux/namespaces", new JsonObject { ["type"] = "ipc", ["path"] = "/no/such/namespace" })
            .TryCreate().ShouldFailWith("/no/such/namespace");
    }

    [Fact]
    public void JoinedPidNamespace_StatePid_IsTheHosts()
    {
        var first = NewContainer().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        var second = NewContainer().RemoveNamespace("pid").Add("/linux/namespaces", new JsonObject { ["type"] = "pid", ["path"] = $"/proc/{first.Pid}/ns/pid" })
            .Probe("signals", "TERM").Create().Start().WaitFor("ready");
        File.ReadAllText($"/proc/{second.Pid}/comm").Trim().Should().Be("probe");
        second.Kill("KILL").WaitStopped();
        second.Delete();
        first.Status.Should().Be("running");
    }

    /// <summary>user_namespaces(7): what an ordinary user maps has "deny" in setgroups for good.</summary>
    [Fact]
    public void JoinedUserNamespace_WithoutSetgroups_IsJoined()
    {
        using var holder = Sandbox.Program("unshare", "--user", "--map-root-user", "sleep", "600").Start();
        string own = new FileInfo("/proc/self/ns/user").LinkTarget!, path = $"/proc/{holder.Pid}/ns/user";
        Wait.Until(() => File.ReadAllText($"/proc/{holder.Pid}/comm") == "sleep\n" && new FileInfo(path).LinkTarget != own, "the namespace is there");
        File.ReadAllText($"/proc/{holder.Pid}/setgroups").Should().Be("deny\n");
        var options = new JsonArray("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"); // the group 5 is not there
        var report = NewContainer().Set("/mounts/2/options", options).Add("/linux/namespaces", new JsonObject { ["type"] = "user", ["path"] = path }).Report();
        report.Namespace("user").Should().Be(new FileInfo(path).LinkTarget);
    }

    [Fact]
    public void Hostname_IsSet() => NewContainer().Set("/hostname", "some-host").Report().Text("hostname").Should().Be("some-host");

    [ClaimFact("S92: domainname; runc has it since 1.2")]
    public void Domainname_IsSet() => NewContainer().Set("/domainname", "example.org").Report().Text("domainname").Should().Be("example.org");

    [Fact]
    public void Network_New_HasLoopbackUp()
    {
        var answers = NewContainer().Args("sh", "-c", "ip -o link show lo; ping -c1 -W1 127.0.0.1 >/dev/null && echo pings").Set("/process/capabilities/effective/0", "CAP_NET_RAW")
            .Set("/process/capabilities/permitted/0", "CAP_NET_RAW").Set("/process/capabilities/bounding/0", "CAP_NET_RAW").Run().ShouldExit(0);
        answers.Output.Should().Contain("LOOPBACK,UP").And.Contain("pings");
    }

    [Fact]
    public void Sysctl_Namespaced_IsSet()
    {
        var container = NewContainer().Set("/linux/sysctl", new JsonObject { ["net.ipv4.ip_forward"] = "1", ["kernel.shm_rmid_forced"] = "1" });
        var answers = container.RunProbe("read", "/proc/sys/net/ipv4/ip_forward", "+", "read", "/proc/sys/kernel/shm_rmid_forced");
        answers.Content("/proc/sys/net/ipv4/ip_forward").Should().Be("1\n");
        answers.Content("/proc/sys/kernel/shm_rmid_forced").Should().Be("1\n");
    }

    [Theory]
    [InlineData("kernel.hostname")]
    [InlineData("vm.swappiness")]
    [InlineData("kernel.core_pattern")]
    public void Sysctl_NotNamespaced_IsRefused(string name)
    {
        NewContainer().Set("/linux/sysctl", new JsonObject { [name] = "1" }).TryCreate().ShouldFailWith(name);
    }

    [Fact]
    public void Sysctl_NetWithoutOwnNetwork_IsRefused()
    {
        string before = File.ReadAllText("/proc/sys/net/ipv4/ip_forward");
        NewContainer().RemoveNamespace("network").Set("/linux/sysctl", new JsonObject { ["net.ipv4.ip_forward"] = "1" }).TryCreate().ShouldFailWith("net.ipv4.ip_forward");
        File.ReadAllText("/proc/sys/net/ipv4/ip_forward").Should().Be(before);
    }

    [Theory]
    [InlineData("network", "net", "net.ipv4.ip_forward", "/proc/sys/net/ipv4/ip_forward")]
    [InlineData("ipc", "ipc", "kernel.shm_rmid_forced", "/proc/sys/kernel/shm_rmid_forced")]
    public void Sysctl_JoinedNamespaceIsTheHosts_Fails(string type, string file, string key, string path)
    {
        // With the value that is there already: a runtime that fails this test must not change the machine.
        string before = File.ReadAllText(path).Trim();
        NewContainer().RemoveNamespace(type).Add("/linux/namespaces", new JsonObject { ["type"] = type, ["path"] = "/proc/self/ns/" + file })
            .Set("/linux/sysctl", new JsonObject { [key] = before }).TryCreate().ShouldFailWith(key);
    }

    [Fact]
    public void UserNamespace_Mapped_RootInsideIsAnotherOutside()
    {
        var container = NewContainer().UserNamespace().Probe("report", "+", "signals", "TERM").Create();
        container.Start().WaitFor("ready");
        var report = new ProbeOutput(container.Output).Report;
        report.Status("Uid").Should().StartWith("0\t");
        report.List("uidMap").Single().Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("0", "100000", "65536");
        report.List("gidMap").Single().Split(' ', StringSplitOptions.RemoveEmptyEntries).Should().Equal("0", "100000", "65536");
        report.Namespace("user").Should().NotBe(Own("user"));
        container.Proc("status").Should().MatchRegex("Uid:\\s100000\\s");
    }

    [Fact]
    public void UserNamespace_OtherUser_IsMapped()
    {
        var report = NewContainer().UserNamespace().Set("/process/user/uid", 1000).Set("/process/user/gid", 1000).Report();
        report.Id("uid").Should().Be(1000);
        report.Id("gid").Should().Be(1000);
    }

    [Fact]
    public void UserNamespace_UnmappedUser_IsRefused()
    {
        NewContainer().UserNamespace().Set("/process/user/uid", 70000).TryCreate().ShouldFailWith();
    }

    [Fact]
    public void UserNamespace_NoMappings_IsRefused()
    {
        NewContainer().Add("/linux/namespaces", new JsonObject { ["type"] = "user" }).TryCreate().ShouldFailWith("apping");
    }

    [ClaimTheory("S125: runc 1.1 does not compare the mappings of a user namespace to join")]
    [InlineData(100000, true)]
    [InlineData(200000, false)]
    public void UserNamespace_PathAndMappings_MustAgree(int hostId, bool agrees)
    {
        var first = NewContainer().UserNamespace().Probe("signals", "TERM").Create().Start().WaitFor("ready");
        var second = NewContainer().UserNamespace(hostId).RemoveNamespace("user")
            .Add("/linux/namespaces", new JsonObject { ["type"] = "user", ["path"] = $"/proc/{first.Pid}/ns/user" });
        if (agrees)
            second.Report().Namespace("user").Should().Be(File.ResolveLinkTarget($"/proc/{first.Pid}/ns/user", false)!.Name);
        else
            second.TryCreate().ShouldFailWith("/linux/uidMappings");
    }

    [Fact]
    public void UserNamespace_Devices_AreTheHosts()
    {
        var answers = NewContainer().UserNamespace().RunProbe("write", "/dev/null", "+", "stat", "/dev/null", "+", "open", "/dev/zero", "r");
        answers["write /dev/null"].Should().Be("ok");
        answers["stat /dev/null"].Should().EndWith("1:3");
        answers["open /dev/zero"].Should().Be("ok");
    }

    [Fact]
    public void UserNamespace_Mounts_AreThere()
    {
        var report = NewContainer().UserNamespace().Report();
        report.Mount("/proc").Type.Should().Be("proc");
        report.Mount("/sys").Type.Should().Be("sysfs");
        report.Mount("/dev/mqueue").Type.Should().Be("mqueue");
        report.Mount("/").Options.Should().Contain("ro");
    }

    [Fact]
    public void UserNamespace_ReadonlyBind_StaysReadonly()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "vol")).FullName;
        Sandbox.Program("chmod", "0777", source).Run().ShouldExit(0);
        var answers = NewContainer().UserNamespace().Mount("/tmp", source, "bind", "bind", "ro").RunProbe("write", "/tmp/file");
        answers["write /tmp/file"].Should().Be("EROFS");
    }
}
