namespace OciRun.Conformance.Documents.Runtime;

/// <summary>runtime.md, Create, and what the lifecycle says of it.</summary>
internal static class CreateTests
{
    [Row("runtime.create.arguments", "no id")]
    [Row("runtime.create.arguments", "no bundle")]
    public static void Create_WithoutAnArgument_IsAnError(Sandbox box, string missing)
    {
        var container = box.NewContainer();
        container.WriteConfig();
        if (missing == "no id")
            box.Call("create", "--bundle", container.Bundle).ShouldFail("no id was given");
        else
            box.Call("create", container.Id).ShouldFail("no bundle was given, and the working directory is none");
    }

    [Clause("runtime.create.id", "runtime.state.id.unique")]
    public static void Create_WithAnIdInUse_IsAnErrorAndChangesNothing(Sandbox box)
    {
        var container = box.NewContainer().Waiting().Create().Start().WaitFor("ready");
        int pid = container.Pid;
        box.Call("create", "--bundle", container.Bundle, container.Id).ShouldFail("the id is in use");
        Check.Equal("running", container.Status, "status of the container that had the id before");
        Check.Equal(pid, container.Pid, "its pid");
    }

    [Row("runtime.create.id", "")]
    [Row("runtime.create.id", "..")]
    [Row("runtime.create.id", "../outside")]
    [Row("runtime.create.id", "a/../../b")]
    public static void Create_WithAnInvalidId_IsAnError(Sandbox box, string id)
    {
        var container = box.NewContainer();
        container.WriteConfig();
        box.Call("create", "--bundle", container.Bundle, id).ShouldFail("the id would be a path out of the runtime's own directory");
        Check.That(box.Ours().Count == 0, "create failed, yet a process of the container is there");
    }

    [Clause("runtime.create.new")]
    public static void Create_MakesAContainer(Sandbox box) => Check.Equal("created", box.NewContainer().Create().Status, "status");

    [Clause("runtime.create.applied", "runtime.lifecycle.environment")]
    public static void Create_AppliesEverythingButTheProcess(Sandbox box)
    {
        var container = box.NewContainer().Set("/hostname", "conformance").Mount("/tmp", "tmpfs", "tmpfs", "nodev").Set("/linux/sysctl", new JsonObject { ["kernel.domainname"] = "example" }).Create();
        int pid = container.Pid;
        foreach (string name in new[] { "mnt", "net", "uts", "ipc", "pid" })
            Check.That(Host.Namespace(name, pid) != Host.Namespace(name), $"after create the {name} namespace is still the host's");
        Check.Equal("conformance", box.Program("nsenter", "-t", $"{pid}", "-u", "hostname").Output.Trim(), "hostname after create");
        Check.Equal("example", box.Program("nsenter", "-t", $"{pid}", "-u", "cat", "/proc/sys/kernel/domainname").Output.Trim(), "kernel.domainname after create");
        Check.That(container.Proc("mountinfo").Contains(" /tmp ", StringComparison.Ordinal), "after create /tmp is not mounted");
    }

    [Clause("runtime.create.args", "runtime.lifecycle.notRun")]
    public static void Create_DoesNotRunTheProgram(Sandbox box)
    {
        var container = box.NewContainer().Probe("write", "/has-run", "yes").Create();
        Thread.Sleep(200);
        Check.That(!File.Exists(Path.Combine(container.Rootfs, "has-run")), "the program ran before start");
        Check.That(Directory.Exists($"/proc/{container.Pid}"), "there is no container process after create");
        container.Start().WaitStopped();
        Check.That(File.Exists(Path.Combine(container.Rootfs, "has-run")), "the program did not run after start");
    }

    [Row("runtime.create.cannot", "a sysctl that does not exist")]
    [Row("runtime.create.cannot", "an unknown file system")]
    [Row("runtime.lifecycle.environment.error", "a missing source of a bind mount")]
    [Row("runtime.lifecycle.environment.error", "a namespace that does not exist")]
    public static void Create_OfWhatCannotBe_IsAnErrorAndNoContainer(Sandbox box, string what)
    {
        var container = box.NewContainer();
        _ = what switch
        {
            "a sysctl that does not exist" => container.Set("/linux/sysctl", new JsonObject { ["net.ipv4.no_such_thing"] = "1" }),
            "an unknown file system" => container.Mount("/mnt", "none", "nosuchfs"),
            "a missing source of a bind mount" => container.Mount("/mnt", box.File("missing"), "none", "bind"),
            _ => container.Add("/linux/namespaces", new JsonObject { ["type"] = "cgroup", ["path"] = box.File("missing") }),
        };
        container.ShouldNotBeCreated(what);
    }

    [Clause("runtime.errors.environment")]
    public static void Create_ThatFails_LeavesNothing(Sandbox box)
    {
        string[] mounts = File.ReadAllLines("/proc/self/mountinfo");
        var container = box.NewContainer().Mount("/mnt", "none", "nosuchfs");
        container.TryCreate().ShouldFail("the file system is unknown");
        Check.Eventually(() => box.Ours().Count == 0, "a process of the container is left");
        Check.Eventually(() => Host.CgroupsNamed(container.Id).Count == 0, "a cgroup is left");
        Check.Equal(mounts.Length, File.ReadAllLines("/proc/self/mountinfo").Length, "the number of mounts of the host");
        container.Remove("/mounts/5").Create();
    }

    [Clause("runtime.lifecycle.updates", "runtime.create.changes")]
    public static void ConfigChangedAfterCreate_HasNoEffect(Sandbox box)
    {
        string file = box.File("hooks");
        var container = box.NewContainer().Probe("write", "/which", "old").Hook("poststop", $"echo old >> {file}").Create();
        container.Probe("write", "/which", "new").Remove("/hooks").Hook("poststop", $"echo new >> {file}").WriteConfig();
        container.Start().WaitStopped();
        Check.Equal("old", File.ReadAllText(Path.Combine(container.Rootfs, "which")), "the program that ran");
        container.Delete();
        Check.Equal("old", File.ReadAllText(file).Trim(), "the poststop hook that ran");
    }
}
