namespace OciRun.Conformance.Documents.Bundle;

/// <summary>bundle.md: where config.json and the root file system are.</summary>
internal static class BundleTests
{
    [Clause("bundle.config.root")]
    public static void ConfigInASubdirectory_IsNotFound(Sandbox box)
    {
        var container = box.NewContainer();
        container.WriteConfig();
        Directory.CreateDirectory(Path.Combine(container.Bundle, "config"));
        File.Move(Path.Combine(container.Bundle, "config.json"), Path.Combine(container.Bundle, "config/config.json"));
        box.Call("create", "--bundle", container.Bundle, container.Id).ShouldFail("config.json is not in the root of the bundle");
        container.TryState().ShouldFail("no container was created");
    }

    [Clause("bundle.config.name")]
    public static void ConfigOfAnotherName_IsNotFound(Sandbox box)
    {
        var container = box.NewContainer();
        container.WriteConfig();
        File.Move(Path.Combine(container.Bundle, "config.json"), Path.Combine(container.Bundle, "Config.json"));
        box.Call("create", "--bundle", container.Bundle, container.Id).ShouldFail("the bundle has no config.json");
        container.TryState().ShouldFail("no container was created");
    }

    [Clause("bundle.rootfs")]
    public static void RootPath_IsTheContainersRoot(Sandbox box)
    {
        var container = box.NewContainer().WriteFile("/mark", "of this root");
        Check.Equal("of this root", container.RunProbe("read", "/mark").Content("/mark"), "/mark in the container");
    }

    [Clause("bundle.directory")]
    public static void CopiedBundle_WorksElsewhere(Sandbox box)
    {
        var container = box.NewContainer().Probe("read", "/mark").WriteFile("/mark", "here");
        container.WriteConfig();
        string elsewhere = box.File("elsewhere");
        Check.That(box.Program("cp", "-a", container.Bundle, elsewhere).ExitCode == 0, "the bundle can be copied");
        Directory.Delete(container.Bundle, recursive: true);
        var result = box.Call("run", "--bundle", elsewhere, container.Id).ShouldSucceed();
        Check.Equal("here", result.Probe.Content("/mark"), "/mark in the container of the copied bundle");
    }
}
