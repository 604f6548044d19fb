namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md: the version, root, hostname and domainname.</summary>
internal static class RootTests
{
    [Row("config.version.semver", "latest")]
    [Row("config.version.semver", "1.0")]
    [Row("config.version.semver", "1.0.0.0")]
    public static void OciVersion_NoSemanticVersion_IsAnError(Sandbox box, string version) => box.NewContainer().Set("/ociVersion", version).ShouldNotBeCreated("ociVersion is invalid");

    [Row("config.version.compatible", "1.0.0")]
    [Row("config.version.compatible", "1.0.2")]
    public static void OciVersion_Older_IsAccepted(Sandbox box, string version) => box.NewContainer().Set("/ociVersion", version).Run().ShouldSucceed();

    [Clause("config.root.required")]
    public static void Root_Absent_IsAnError(Sandbox box) => box.NewContainer().Remove("/root").ShouldNotBeCreated("there is no root");

    [Row("config.root.path", "relative")]
    [Row("config.root.path", "absolute")]
    public static void RootPath_OfEitherKind_IsTheRoot(Sandbox box, string kind)
    {
        var container = box.NewContainer().WriteFile("/mark", kind);
        if (kind == "absolute")
        {
            Directory.Move(container.Rootfs, box.File("elsewhere"));
            container.Set("/root/path", box.File("elsewhere"));
        }
        Check.Equal(kind, container.RunProbe("read", "/mark").Content("/mark"), "/mark in the container");
    }

    [Row("config.root.path.exists", "nothing")]
    [Row("config.root.path.exists", "a file")]
    public static void RootPath_IsNoDirectory_IsAnError(Sandbox box, string what)
    {
        var container = box.NewContainer().Set("/root/path", "other");
        if (what == "a file")
            File.WriteAllText(Path.Combine(container.Bundle, "other"), "");
        container.ShouldNotBeCreated($"at root.path there is {what}");
    }

    [Row("config.root.readonly", "true", "EROFS")]
    [Row("config.root.readonly", "false", "ok")]
    [Row("config.root.readonly", "absent", "ok")]
    public static void Readonly_DecidesWhetherTheRootIsWritable(Sandbox box, string value, string answer)
    {
        var container = box.NewContainer();
        if (value != "absent")
            container.Set("/root/readonly", value == "true");
        Check.Equal(answer, container.RunProbe("write", "/new")["write /new"], "the answer to a write");
    }

    [Clause("config.hostname")]
    public static void Hostname_IsSeenInside(Sandbox box) => Check.Equal("conformance", box.NewContainer().Set("/hostname", "conformance").Report().Text("hostname"), "hostname");

    [Clause("config.domainname")]
    public static void Domainname_IsSeenInside(Sandbox box) => Check.Equal("example.test", box.NewContainer().Set("/domainname", "example.test").Report().Text("domainname"), "domainname");
}
