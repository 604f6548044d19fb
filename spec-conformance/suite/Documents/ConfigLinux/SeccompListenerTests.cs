using System.Net.Sockets;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>config-linux.md: seccomp's listener and the container process state.</summary>
internal static class SeccompListenerTests
{
    private const string Metadata = "key=\"value\" \u00e4";

    private static JsonObject Seccomp(string action, string? listener, string? metadata)
    {
        var seccomp = new JsonObject { ["defaultAction"] = "SCMP_ACT_ALLOW", ["syscalls"] = new JsonArray(SeccompTests.Rule("acct", action)) };
        if (listener is not null)
            seccomp["listenerPath"] = listener;
        if (metadata is not null)
            seccomp["listenerMetadata"] = metadata;
        return seccomp;
    }

    private static Container WithNotify(Sandbox box, string? listener, string? metadata = null) =>
        box.NewContainer().Set("/linux/seccomp", Seccomp("SCMP_ACT_NOTIFY", listener, metadata)).Set("/annotations", new JsonObject { ["com.example.a"] = "b" }).Waiting();

    private static (Container Container, Delivery Delivery) Deliver(Sandbox box, SeccompAgent agent)
    {
        var container = WithNotify(box, agent.Path, Metadata).Create().Start().WaitFor("ready");
        return (container, agent.Receive());
    }

    [Row("config-linux.seccomp.listenerPath")]
    [Row("config-linux.seccomp.listenerPath.stream")]
    [Row("config-linux.seccomp.state.payload")]
    [Row("config-linux.seccomp.listenerPath.closed")]
    public static void Listener_GetsOneObjectAndTheEnd(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (_, delivery) = Deliver(box, agent);
        Check.That(delivery.State.Count > 0, "the state is empty");
        Check.That(delivery.Descriptors.Sum(d => d.Length) > 0, "no descriptor came by SCM_RIGHTS");
    }

    [Clause("config-linux.seccomp.listenerPath.one")]
    public static void Listener_GetsOneConnection(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (_, delivery) = Deliver(box, agent);
        Check.That(delivery.State.Count > 0, "the state is empty");
        Check.That(!agent.HasConnection, "one container process has made a second connection");
    }

    [Clause("config-linux.seccomp.state.first")]
    public static void Descriptors_ComeWithTheFirstMessage(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (_, delivery) = Deliver(box, agent);
        Check.That(delivery.Descriptors.Count > 0 && delivery.Descriptors[0].Length > 0, "the first message has no descriptor");
        Check.That(delivery.Descriptors.Skip(1).All(d => d.Length == 0), "a later message has one as well");
    }

    [Row("config-linux.seccomp.seccompFd")]
    [Row("config-linux.seccomp.state.fds")]
    public static void Descriptor_IsTheNotifiersByName(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (_, delivery) = Deliver(box, agent);
        var names = delivery.State["fds"]?.AsArray().Select(n => (string)n!).ToList() ?? throw new ClauseViolatedException("there is no fds");
        string[] descriptors = [.. delivery.Descriptors.SelectMany(d => d)];
        Check.Equal(descriptors.Length, names.Count, "the number of names");
        int index = names.IndexOf("seccompFd");
        Check.That(index >= 0, $"no name is seccompFd: {string.Join(", ", names)}");
        Check.Equal("anon_inode:seccomp notify", descriptors[index], "the descriptor of that name");
    }

    [Clause("config-linux.seccomp.listenerMetadata")]
    public static void Metadata_IsTheConfigs(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        Check.Equal(Metadata, (string?)Deliver(box, agent).Delivery.State["metadata"], "metadata");
    }

    [Clause("config-linux.seccomp.state.ociVersion")]
    public static void OciVersion_IsThere(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        string version = (string?)Deliver(box, agent).Delivery.State["ociVersion"] ?? "";
        Check.That(version.Split('-')[0].Split('.') is [_, _, _], $"ociVersion is \"{version}\"");
    }

    [Clause("config-linux.seccomp.state.pid")]
    public static void Pid_IsTheContainerProcesss(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (container, delivery) = Deliver(box, agent);
        Check.Equal(container.Pid, (int?)delivery.State["pid"], "pid");
    }

    [Clause("config-linux.seccomp.state.state")]
    public static void State_IsTheContainers(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        var (container, delivery) = Deliver(box, agent);
        var state = delivery.State["state"] as JsonObject ?? throw new ClauseViolatedException("there is no state");
        Check.Equal(container.Id, (string?)state["id"], "id");
        Check.Equal(container.Bundle, (string?)state["bundle"], "bundle");
        Check.Equal(container.Pid, (int?)state["pid"], "pid");
        Check.Equal("b", (string?)state["annotations"]?["com.example.a"], "the annotation");
        Check.That((string?)state["status"] is "creating" or "created" or "running", $"status is {state["status"]}");
        Check.That(state["ociVersion"] is not null, "ociVersion is absent");
    }

    [Row("config-linux.seccomp.listenerPath.fails", "nothing")]
    [Row("config-linux.seccomp.listenerPath.fails", "a socket nobody listens to")]
    [Row("config-linux.seccomp.listenerPath.stream", "a datagram socket")]
    public static void Listener_Unreachable_IsAnError(Sandbox box, string what)
    {
        string path = box.File("agent.sock");
        using var socket = new Socket(AddressFamily.Unix, what == "a datagram socket" ? SocketType.Dgram : SocketType.Stream, ProtocolType.Unspecified);
        if (what != "nothing")
            socket.Bind(new UnixDomainSocketEndPoint(path));
        WithNotify(box, path).ShouldNotRun($"at listenerPath there is {what}");
    }

    [Clause("config-linux.seccomp.listenerPath")]
    [Reading("nothing says what SCMP_ACT_NOTIFY is without a listenerPath")]
    public static void Notify_WithoutListener_IsAnError(Sandbox box) => WithNotify(box, null).ShouldNotRun("SCMP_ACT_NOTIFY is used without a listenerPath");

    [Clause("config-linux.seccomp.listenerPath.ignored")]
    public static void Listener_WithoutNotify_IsIgnored(Sandbox box)
    {
        using var agent = new SeccompAgent(box.File("agent.sock"));
        box.NewContainer().Set("/linux/seccomp", Seccomp("SCMP_ACT_ERRNO", agent.Path, Metadata)).Run().ShouldSucceed();
        Check.That(!agent.HasConnection, "the runtime connects all the same");
        box.NewContainer().Set("/linux/seccomp", Seccomp("SCMP_ACT_ERRNO", box.File("nothing"), Metadata)).Run().ShouldSucceed();
    }

    [Row("config-linux.seccomp.listenerMetadata.alone", "SCMP_ACT_ERRNO")]
    [Row("config-linux.seccomp.listenerMetadata.alone", "SCMP_ACT_NOTIFY")]
    public static void Metadata_WithoutListener_IsAnError(Sandbox box, string action) =>
        box.NewContainer().Set("/linux/seccomp", Seccomp(action, null, Metadata)).ShouldNotRun("listenerMetadata is set, and listenerPath is not");
}
