using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Lifecycle;

/// <summary>The process that exec makes of the container's and the command line.</summary>
public sealed class ProcessChangesTests
{
    private static Process Container() => new()
    {
        Terminal = true,
        Args = ["init"],
        Cwd = "/srv",
        Env = ["PATH=/bin", "A=1"],
        User = new User { Uid = 5, Gid = 6, Umask = 7, AdditionalGids = [8] },
        Capabilities = new Capabilities { Bounding = ["CAP_KILL"], Permitted = ["CAP_KILL"], Effective = ["CAP_KILL"], Inheritable = [], Ambient = [] },
        NoNewPrivileges = true,
        Rlimits = [new Rlimit { Type = "RLIMIT_NOFILE", Soft = 1, Hard = 2 }],
        OomScoreAdj = 3,
        SelinuxLabel = "label",
        ApparmorProfile = "profile",
        ExecCPUAffinity = new ExecCpuAffinity { Final = "1" },
    };

    [Fact]
    public void Apply_CommandAlone_KeepsAllButTheTerminal()
    {
        Process expected = Container();
        expected.Args = ["ls"];
        expected.Terminal = false;
        new ProcessChanges { Args = ["ls"] }.Apply(Container()).Should().BeEquivalentTo(expected);
    }

    [Fact]
    public void Apply_Changes_ReplaceOrAdd()
    {
        Process process = new ProcessChanges
        {
            Args = ["ls"],
            Cwd = "/",
            Environment = ["A=2"],
            Terminal = true,
            Uid = 0,
            AdditionalGids = [9],
            NoNewPrivileges = false,
            SelinuxLabel = "l",
            ApparmorProfile = "p",
        }.Apply(Container());
        process.Cwd.Should().Be("/");
        process.Env.Should().Equal("PATH=/bin", "A=1", "A=2");
        process.Terminal.Should().BeTrue();
        process.User.Should().BeEquivalentTo(new User { Uid = 0, Gid = 6, Umask = 7, AdditionalGids = [8, 9] });
        process.NoNewPrivileges.Should().BeFalse();
        process.SelinuxLabel.Should().Be("l");
        process.ApparmorProfile.Should().Be("p");
    }

    [Fact]
    public void Apply_Capabilities_AreNeverInheritableNorAmbient()
    {
        Capabilities sets = new ProcessChanges { Args = ["x"], Capabilities = ["CAP_NET_RAW"] }.Apply(Container()).Capabilities!;
        sets.Bounding.Should().Equal("CAP_KILL", "CAP_NET_RAW");
        sets.Permitted.Should().Equal("CAP_KILL", "CAP_NET_RAW");
        sets.Effective.Should().Equal("CAP_KILL", "CAP_NET_RAW");
        sets.Inheritable.Should().BeEmpty();
        sets.Ambient.Should().BeEmpty();
    }

    [Fact]
    public void Apply_CapabilitiesToAContainerWithoutAny_GrantsThemAlone()
    {
        Process container = Container();
        container.Capabilities = null;
        Capabilities sets = new ProcessChanges { Args = ["x"], Capabilities = ["CAP_NET_RAW"] }.Apply(container).Capabilities!;
        sets.Bounding.Should().Equal("CAP_NET_RAW");
        sets.Inheritable.Should().BeNull();
    }

    [Fact]
    public void Apply_ContainerWithoutAProcess_IsRootInItsRoot()
    {
        Process process = new ProcessChanges { Args = ["x"] }.Apply(null);
        process.Cwd.Should().Be("/");
        process.User.Should().BeEquivalentTo(new User { AdditionalGids = [] });
        process.Capabilities.Should().BeNull();
    }

    [Fact]
    public void Complete_Document_TakesOnlyWhatRuncTakesFromTheContainer()
    {
        Process process = ProcessChanges.Complete(new Process { Args = ["x"], Cwd = "/", User = new User { Uid = 1 } }, Container());
        process.Capabilities!.Bounding.Should().Equal("CAP_KILL");
        process.SelinuxLabel.Should().Be("label");
        process.ApparmorProfile.Should().Be("profile");
        process.OomScoreAdj.Should().Be(3);
        process.ExecCPUAffinity!.Final.Should().Be("1");
        process.User!.Umask.Should().Be(7);
        process.User.Uid.Should().Be(1);
        process.Rlimits.Should().BeNull();
        process.NoNewPrivileges.Should().BeNull();
        process.Terminal.Should().BeFalse();
    }

    [Fact]
    public void Complete_WhatTheDocumentSays_Stands()
    {
        var capabilities = new Capabilities();
        Process process = ProcessChanges.Complete(new Process { Capabilities = capabilities, OomScoreAdj = 0, SelinuxLabel = "own" }, Container());
        process.Capabilities.Should().BeSameAs(capabilities);
        process.OomScoreAdj.Should().Be(0);
        process.SelinuxLabel.Should().Be("own");
    }
}
