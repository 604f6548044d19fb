namespace OciRun.Conformance.Documents.Features;

/// <summary>features.md: what the runtime says of itself is true.</summary>
internal static class FeaturesTests
{
    private static readonly string[] s_properties =
        ["ociVersionMin", "ociVersionMax", "hooks", "mountOptions", "linux", "annotations", "potentiallyUnsafeConfigAnnotations"];

    private static readonly string[] s_linux =
        ["namespaces", "capabilities", "cgroup", "seccomp", "apparmor", "selinux", "intelRdt", "memoryPolicy", "mountExtensions", "netDevices"];

    /// <summary>The structure; the test is skipped where there is none, as there may be.</summary>
    internal static JsonObject Structure(Sandbox box)
    {
        var result = box.Call("features");
        Check.Needs(result.ExitCode == 0, "the runtime has no features operation");
        return JsonNode.Parse(result.Output)!.AsObject();
    }

    /// <summary>A list of it; the test is skipped where it is absent or null, as it may be.</summary>
    internal static string[] List(JsonNode structure, string name)
    {
        Check.Needs(structure[name] is JsonArray, $"the runtime's features have no {name}");
        return [.. structure[name]!.AsArray().Select(n => (string)n!)];
    }

    [Clause("features.structure")]
    public static void Features_AreAJsonObject(Sandbox box) => Structure(box);

    [Clause("features.compiled")]
    public static void Features_InAnotherEnvironment_AreTheSame(Sandbox box)
    {
        string here = Structure(box).ToJsonString();
        var there = box.CallAfter("export HOME=/nonexistent; unset PATH; cd /proc", "features").ShouldSucceed();
        Check.Equal(here, JsonNode.Parse(there.Output)!.ToJsonString(), "the structure with another home and working directory");
    }

    [Row("features.version.min", "ociVersionMin")]
    [Row("features.version.max", "ociVersionMax")]
    public static void Version_IsAccepted(Sandbox box, string name)
    {
        string? version = (string?)Structure(box)[name];
        Check.That(!string.IsNullOrEmpty(version), $"there is no {name}");
        box.NewContainer().Set("/ociVersion", version).Run().ShouldSucceed();
    }

    [Clause("features.version.order")]
    public static void VersionMax_IsNotLessThanMin(Sandbox box)
    {
        var structure = Structure(box);
        var (min, max) = (Numbers(structure, "ociVersionMin"), Numbers(structure, "ociVersionMax"));
        Check.That(max >= min, $"ociVersionMax {max} is less than ociVersionMin {min}");
    }

    private static Version Numbers(JsonObject structure, string name) =>
        Version.TryParse(((string?)structure[name] ?? "").Split('-', '+')[0], out var version) ? version : throw new ClauseViolatedException($"{name} is no version: {structure[name]}");

    [Clause("features.properties")]
    public static void Properties_AreThoseOfTheSpecification(Sandbox box)
    {
        var structure = Structure(box);
        Check.Sequence([], structure.Select(p => p.Key).Except(s_properties), "the list of properties that are not defined");
        if (structure["linux"] is JsonObject linux)
            Check.Sequence([], linux.Select(p => p.Key).Except(s_linux), "the list of properties of linux that are not defined");
    }

    [Clause("features.hooks")]
    public static void Hooks_OfTheList_AreSupported(Sandbox box)
    {
        string[] kinds = List(Structure(box), "hooks");
        var container = box.NewContainer().Mount("/log", box.Directory, "none", "bind");
        foreach (string kind in kinds)
            container.Hook(kind, $"echo {kind} >> {(kind == "startContainer" ? "/log/log" : box.File("log"))}");
        container.Create().Start().WaitStopped().Delete();
        Check.Sequence(kinds.Order(), File.ReadAllLines(box.File("log")).Order(), "the list of hooks that ran");
    }

    [Clause("features.mountOptions")]
    public static void MountOptions_OfTheList_AreRecognized(Sandbox box)
    {
        var container = box.NewContainer();
        foreach (string option in List(Structure(box), "mountOptions"))
        {
            // Not those of the mounts below, and those that need more than their name: config.mounts.option.* tests them. A bind mount takes any name, a tmpfs does not.
            bool recursive = option.StartsWith('r') && option is not ("ro" or "rw" or "relatime");
            if (!recursive && option is not ("bind" or "idmap" or "copy-symlink" or "src-nofollow" or "dest-nofollow"))
                container.Mount("/mnt/" + option, "tmpfs", "tmpfs", option);
        }
        container.Run().ShouldSucceed();
    }

    [Clause("features.mountOptions.filesystem")]
    public static void MountOptions_HaveNoneOfAFileSystem(Sandbox box) =>
        Check.Sequence([], List(Structure(box), "mountOptions").Where(o => o.Contains('=') || o is "size" or "mode" or "uid" or "gid" or "nr_inodes" or "newinstance" or "ptmxmode" or "hidepid"), "the list of options of a file system");

    [Clause("features.annotations")]
    public static void Annotations_AreAMapOfStrings(Sandbox box)
    {
        var structure = Structure(box);
        Check.Needs(structure["annotations"] is not null, "the runtime's features have no annotations");
        Check.That(structure["annotations"] is JsonObject map && map.All(p => p.Key.Length > 0 && p.Value?.GetValueKind() == System.Text.Json.JsonValueKind.String), "an annotation is no string, or its key is empty");
    }

    [Clause("features.unsafeAnnotations")]
    public static void UnsafeAnnotations_AreStrings(Sandbox box) =>
        Check.That(List(Structure(box), "potentiallyUnsafeConfigAnnotations").All(a => a.Length > 0), "an annotation has no name");
}
