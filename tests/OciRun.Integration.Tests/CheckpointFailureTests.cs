using System.Buffers.Binary;
using System.Text;

namespace OciRun.Integration;

/// <summary>What checkpoint and restore say and leave when criu is missing, fails or dies, and when they refuse: by a criu that only speaks the protocol (tests/criu).</summary>
public sealed class CheckpointFailureTests : IntegrationTest
{
    public CheckpointFailureTests()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "the texts are ocirun's");
    }

    private string Images => Path.Combine(Sandbox.Directory, "images");

    private Container Sleeping(Container? container = null)
    {
        container = (container ?? NewContainer()).Args("/bin/sleep", "600");
        container.Create(container.Verb("run", "--detach", "--bundle", container.Bundle, container.Id).Redirect(">/dev/null 2>&1")).ShouldExit(0);
        return container;
    }

    private Command Checkpoint(Container container, params string[] options) => container.Verb("checkpoint", ["--image-path", Images, .. options, container.Id]);

    private Command Restore(Container container, params string[] options) =>
        container.Verb("restore", ["--detach", "--image-path", Images, "--bundle", container.Bundle, .. options, container.Id]);

    /// <summary>Images as far as they are looked at before criu is asked: one process, whose mounts are these.</summary>
    private void WriteImages(params (int Id, int Parent, string Path, string? Key)[] mounts)
    {
        Directory.CreateDirectory(Images, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText(Path.Combine(Images, "descriptors.json"), "[\"/dev/null\",\"/dev/null\",\"/dev/null\"]");
        WriteImage("pstree.img", [0x08, 1]);
        WriteImage("ids-1.img", [0x48, 9]);
        WriteImage("mountpoints-9.img", [.. mounts.Select(static m => Mount(m.Id, m.Parent, m.Path, m.Key))]);
    }

    private void WriteImage(string name, params byte[][] entries)
    {
        using var file = File.Create(Path.Combine(Images, name));
        file.Write("kindKIND"u8);
        byte[] length = new byte[4];
        foreach (byte[] entry in entries)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, entry.Length);
            file.Write(length);
            file.Write(entry);
        }
    }

    private static byte[] Mount(int id, int parent, string path, string? key)
    {
        List<byte> entry = [0x10, (byte)id, 0x18, 1, 0x20, (byte)parent, 0x32, 1, (byte)'/', 0x3a, (byte)path.Length, .. Encoding.ASCII.GetBytes(path)];
        if (key is not null)
            entry.AddRange([0x92, 0x01, (byte)key.Length, .. Encoding.ASCII.GetBytes(key)]);
        return [.. entry];
    }

    [Fact]
    public void Checkpoint_NoCriu_SaysWhatIsMissing()
    {
        var container = Sleeping();
        // Where the machine has one, it is covered.
        Checkpoint(container).Env("PATH", "/usr/bin:/bin").InPrivateMounts("for f in /usr/sbin/criu /usr/local/sbin/criu; do [ ! -e $f ] || mount --bind /dev/null $f; done").Run()
            .ShouldFailWith("criu is not installed", "Debian package criu");
        container.Status.Should().Be("running");
    }

    [Theory]
    [InlineData("old", "version 3.14.0, too old: it must be 3.17.0 or newer")]
    [InlineData("fail", "criu failed: Error (fake): out of ideas; its log is ")]
    [InlineData("die", "criu ended without an answer: killed by signal 6 (SIGABRT)")]
    [InlineData("garbage", "criu sent something that is no answer")]
    public void Checkpoint_CriuFails_SaysItAndTheContainerGoesOn(string mode, string text)
    {
        var container = Sleeping();
        Checkpoint(container).WithFake(mode).Run().ShouldFailWith(text);
        container.Status.Should().Be("running");
    }

    [Theory]
    [InlineData("fail", "criu failed: Error (fake): out of ideas; its log is ")]
    [InlineData("die", "criu ended without an answer: killed by signal 6 (SIGABRT)")]
    [InlineData("garbage", "criu sent something that is no answer")]
    public void Restore_CriuFails_LeavesNothing(string mode, string text)
    {
        WriteImages((1, 0, "/", null));
        var container = NewContainer();
        Restore(container).WithFake(mode).Run().ShouldFailWith(text);
        container.TryState().ShouldFailWith("does not exist");
    }

    [Fact]
    public void Restore_HookFails_CriuIsToldAndTheHookIsNamed()
    {
        WriteImages((1, 0, "/", null));
        string log = Path.Combine(Sandbox.Directory, "stopped");
        var container = NewContainer()
            .Add("/hooks/createRuntime", new JsonObject { ["path"] = "/bin/false" })
            .Add("/hooks/poststop", new JsonObject { ["path"] = "/bin/sh", ["args"] = new JsonArray("sh", "-c", $"cat >'{log}'") });
        Restore(container).WithFake("hooks").Run().ShouldFailWith("/hooks/createRuntime/0", "exit status 1");
        File.ReadAllText(log).Should().Contain("\"stopped\"");
    }

    [Theory]
    [InlineData("/data[0]")]
    [InlineData("/x]:/etc")]
    [InlineData("/a:b")]
    public void Checkpoint_DestinationWithTheMarksOfAName_IsRefused(string destination)
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName, record = Path.Combine(Sandbox.Directory, "request");
        var container = Sleeping(NewContainer().Mount(destination, source, null, "bind"));
        Checkpoint(container).WithFake("fail").Env("CRIU_RECORD", record).Run().ShouldFailWith($"a container with a mount on \"{destination}\" cannot be checkpointed");
        File.Exists(record).Should().BeFalse("criu was not asked");
    }

    [Fact]
    public void Checkpoint_LinkToADestinationWithTheMarksOfAName_IsRefused()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName;
        var container = NewContainer().Mount("/data", source, null, "bind");
        Directory.CreateDirectory(Path.Combine(container.Rootfs, "x]:"));
        Directory.CreateSymbolicLink(Path.Combine(container.Rootfs, "data"), "/x]:");
        Sleeping(container);
        Checkpoint(container).WithFake("fail").Run().ShouldFailWith("\"/x]:\"");
    }

    [Fact]
    public void Restore_LinkInTheRootFilesystem_IsRefusedBeforeCriuIsAsked()
    {
        string source = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "source")).FullName, outside = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "outside")).FullName;
        string record = Path.Combine(Sandbox.Directory, "request");
        var container = NewContainer().Mount("/deep/data", source, null, "bind");
        WriteImages((1, 0, "/", null), (2, 1, "/deep/data", "/deep/data"));
        Directory.CreateSymbolicLink(Path.Combine(container.Rootfs, "deep"), outside);
        Restore(container).WithFake("fail").Env("CRIU_RECORD", record).Run().ShouldFailWith("will not mount on \"/deep/data\"", "symbolic link");
        Directory.GetFileSystemEntries(outside).Should().BeEmpty();
        File.Exists(record).Should().BeFalse();
    }

    [Fact]
    public void Restore_MountThatTheConfigDoesNotKnow_IsRefused()
    {
        WriteImages((1, 0, "/", null), (2, 1, "/etc", "/etc"));
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("a mount from outside on \"/etc\"");
    }

    [Fact]
    public void Restore_LinkAmongTheImages_IsRefused()
    {
        WriteImages((1, 0, "/", null));
        File.CreateSymbolicLink(Path.Combine(Images, "pages-1.img"), "/etc/passwd");
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("\"pages-1.img\" in it is a symbolic link");
    }

    [Fact]
    public void Restore_ImageThatOthersMayWrite_IsRefused()
    {
        WriteImages((1, 0, "/", null));
        string image = Path.Combine(Images, "pages-1.img");
        File.WriteAllText(image, "");
        File.SetUnixFileMode(image, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherWrite);
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("it must belong to root and be writable by nobody else");
    }

    [Theory]
    [InlineData("restore.log")]
    [InlineData("stats-restore")]
    public void Restore_LinkInThePlaceOfALog_IsRemoved(string name)
    {
        WriteImages((1, 0, "/", null));
        string work = Directory.CreateDirectory(Path.Combine(Sandbox.Directory, "work"), UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute).FullName;
        string file = Path.Combine(Sandbox.Directory, "target");
        File.WriteAllText(file, "kept");
        File.CreateSymbolicLink(Path.Combine(work, name), file);
        Restore(NewContainer(), "--work-path", work).WithFake("fail").Run().ShouldFailWith("out of ideas");
        File.ReadAllText(file).Should().Be("kept");
        File.Exists(Path.Combine(work, name)).Should().BeFalse();
    }

    [Fact]
    public void Restore_DirectoryOfOthers_IsRefused()
    {
        WriteImages((1, 0, "/", null));
        File.SetUnixFileMode(Images, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute);
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("will not use", "writable by nobody else");
    }

    [Fact]
    public void Restore_NoImages_SaysSo()
    {
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("cannot open the directory", "(ENOENT)");
        Directory.CreateDirectory(Images, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        Restore(NewContainer()).WithFake("fail").Run().ShouldFailWith("there is no whole checkpoint", "pstree.img");
    }

    [Theory]
    [InlineData("/tmp", "must be relative")]
    [InlineData("../missing", "(ENOENT)")]
    public void Checkpoint_ParentPath_MustBeADirectoryBesideTheImages(string path, string text) =>
        Checkpoint(Sleeping(), "--parent-path", path).WithFake("fail").Run().ShouldFailWith(text);

    [Fact]
    public void Checkpoint_Created_IsRefused() => Checkpoint(NewContainer().Args("/bin/true").Create()).WithFake("fail").Run().ShouldFailWith("container not running", "is created");

    [Fact]
    public void Checkpoint_WhatCannotComeBack_IsRefused()
    {
        var container = Sleeping(NewContainer().Set("/annotations/org.criu.config", "/etc/criu/x.conf"));
        Checkpoint(container).WithFake("fail").Run().ShouldFailWith("/annotations/org.criu.config", "cannot be checkpointed");
    }

    [Fact]
    public void Checkpoint_Descriptors_CriuHasOnlyItsOwn()
    {
        string record = Path.Combine(Sandbox.Directory, "fds");
        Checkpoint(Sleeping()).WithFake("descriptors").Env("CRIU_RECORD", record).Redirect("5</etc/passwd 7</etc/group").Run().ShouldFailWith("out of ideas");
        string[] lines = File.ReadAllText(record).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Should().HaveCount(4).And.ContainSingle(static line => line.Contains("socket:", StringComparison.Ordinal));
        lines.Should().NotContain(static line => line.Contains("/etc/", StringComparison.Ordinal));
    }
}
