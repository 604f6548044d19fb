namespace OciRun.Integration;

/// <summary>linux.netDevices (S133). The runtime runs in a network namespace of its own, with a pair of veth devices to give away: the host's devices stay where they are.</summary>
public sealed class NetworkDeviceTests : IntegrationTest
{
    private const string Prepare = "ip link add ocirun-a type veth peer name ocirun-b && ip link set ocirun-a mtu 1400 address 02:00:00:00:00:17"
        + " && ip addr add 192.0.2.7/24 dev ocirun-a && ip addr add 2001:db8::7/64 dev ocirun-a nodad && ip link set ocirun-a up";

    private const string See = "ip -o link show {0}; ip -o addr show {0}";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void NetDevice_WithANewName_KeepsAddressesMtuAndIsUp(bool userNamespace)
    {
        var container = Taking("ocirun-a", "eth7").Args("sh", "-c", See.Replace("{0}", "eth7", StringComparison.Ordinal));
        string output = RunInNetwork(userNamespace ? container.UserNamespace() : container).ShouldExit(0).Output;
        output.Should().Contain("mtu 1400").And.Contain("02:00:00:00:00:17").And.Contain("inet 192.0.2.7/24").And.Contain("inet6 2001:db8::7/64").And.MatchRegex("<[^>]*,UP");
    }

    [Fact]
    public void NetDevice_WithoutName_KeepsItsName() =>
        RunInNetwork(Taking("ocirun-a", null).Args("ls", "/sys/class/net")).ShouldExit(0).Output.Should().Contain("ocirun-a");

    [Fact]
    public void NetDevice_Moved_IsGoneFromTheRuntimesNamespace() =>
        RunInNetwork(Taking("ocirun-a", "eth7").Args("true"), "run", "ip -o link; exit 0").Output.Should().NotContain("ocirun-a").And.NotContain("eth7");

    [Fact]
    public void NetDevice_Template_GetsTheFirstFreeNumber()
    {
        var container = Taking("ocirun-a", "net%d").Set("/linux/netDevices/ocirun-b", new JsonObject { ["name"] = "net%d" }).Args("ls", "/sys/class/net");
        RunInNetwork(container).ShouldExit(0).Output.Split('\n').Should().Contain(["net0", "net1"]);
    }

    [Fact]
    public void NetDevice_Missing_FailsAndNothingMoves()
    {
        var container = Taking("ocirun-a", null).Set("/linux/netDevices/nowhere0", new JsonObject());
        var result = RunInNetwork(container, "create", "ip -o link; exit 3");
        result.ShouldExit(3).Output.Should().Contain("ocirun-a");
        if (RuntimeUnderTest.IsOurs)
            result.Error.Should().Contain("/linux/netDevices/nowhere0: there is no network device of that name");
    }

    [Fact]
    public void NetDevice_NameTaken_FailsAndNothingMoves()
    {
        var result = RunInNetwork(Taking("ocirun-a", "lo"), "create", "ip -o link; exit 3");
        result.ShouldExit(3).Output.Should().Contain("ocirun-a");
        if (RuntimeUnderTest.IsOurs)
            result.Error.Should().Contain("/linux/netDevices/ocirun-a: the container's network namespace has a device \"lo\" already");
    }

    [Fact]
    public void NetDevice_ThatCannotMove_IsNamed()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the hint is ours");
        RunInNetwork(Taking("lo", "lo1"), "create", "exit 3").ShouldExit(3).Error.Should().Contain("/linux/netDevices/lo: cannot be moved").And.Contain("belong to their namespace");
    }

    private Container Taking(string device, string? name)
    {
        Assert.SkipWhen(RuntimeUnderTest.IsOurs is false && !RuntimeUnderTest.IsCrun && !KnowsDevices, "this runc is too old for netDevices");
        Assert.SkipWhen(Sandbox.Program("unshare", "-n", "sh", "-c", "ip link add v0 type veth peer name v1").Run().ExitCode != 0, "no network namespaces, no ip(8), or a kernel without veth devices");
        return NewContainer().Set("/linux/netDevices/" + device, name is null ? new JsonObject() : new JsonObject { ["name"] = name });
    }

    private bool KnowsDevices => Sandbox.Program(RuntimeUnderTest.Path, "features").Run().Output.Contains("netDevices", StringComparison.Ordinal);

    /// <summary>The verb in a network namespace with the devices, and what a shell sees there when it has failed or succeeded.</summary>
    private static CommandResult RunInNetwork(Container container, string verb = "run", string? then = null)
    {
        string script = Prepare + "; \"$0\" \"$@\"" + (then is null ? "" : "; " + then);
        return container.Wrapped(["unshare", "-n", "sh", "-c", script], verb, "--bundle", container.Bundle, container.Id).Run();
    }
}
