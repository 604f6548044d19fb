using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>
/// The features structure (features.md, features-linux.md): what this program recognizes, whatever the machine. Only seccomp's supportedFlags ask the kernel, as the
/// specification has it.
/// </summary>
internal static class FeaturesText
{
    /// <summary>Annotations that change what a container may do; a dot at the end stands for all that begin so (X66).</summary>
    internal static readonly string[] UnsafeAnnotations = [OverlayDirectories.Prefix, "org.systemd.property.", "run.oci.keep_original_groups", "run.oci.mount_context_type", "run.oci.systemd.subgroup"];

    private static readonly string[] s_hooks = ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

    /// <summary>One object, indented.</summary>
    internal static ReadOnlySpan<byte> Json()
    {
        var json = new JsonText(indented: true);
        json.StartObject();
        json.Property("ociVersionMin", "1.0.0");
        json.Property("ociVersionMax", VersionText.Specification);
        Write(json, "hooks", s_hooks);
        Write(json, "mountOptions", MountOptions.KnownWords);
        json.StartObject("linux");
        WriteLinux(json);
        json.EndObject();
        json.StartObject("annotations");
        json.Property("io.ocirun.version", BuildInfo.Version);
        json.Property("io.ocirun.commit", BuildInfo.Commit);
        json.Property("io.github.seccomp.libseccomp.version", Libseccomp.Version.ToString());
        json.EndObject();
        Write(json, "potentiallyUnsafeConfigAnnotations", UnsafeAnnotations);
        json.EndObject();
        json.EndLine();
        return json.Written;
    }

    private static void WriteLinux(JsonText json)
    {
        Write(json, "namespaces", NamespaceTypes.All);
        Write(json, "capabilities", CapabilityNames.All);
        WriteFlags(json, "cgroup", ("v1", true), ("v2", true), ("systemd", true), ("systemdUser", true), ("rdma", true));
        json.StartObject("seccomp");
        json.Property("enabled", true);
        Write(json, "actions", SeccompWords.Actions);
        Write(json, "operators", SeccompWords.Operators);
        Write(json, "archs", SeccompWords.SupportedArchitectures());
        Write(json, "knownFlags", SeccompWords.Flags);
        Write(json, "supportedFlags", SeccompWords.SupportedFlags());
        json.EndObject();
        WriteFlags(json, "apparmor", ("enabled", true));
        WriteFlags(json, "selinux", ("enabled", true));
        WriteFlags(json, "intelRdt", ("enabled", true), ("schemata", true), ("monitoring", true));
        json.StartObject("memoryPolicy");
        Write(json, "modes", MemoryPolicyNames.Modes);
        Write(json, "flags", MemoryPolicyNames.Flags);
        json.EndObject();
        json.StartObject("mountExtensions");
        WriteFlags(json, "idmap", ("enabled", true));
        json.EndObject();
        WriteFlags(json, "netDevices", ("enabled", true));
    }

    private static void WriteFlags(JsonText json, string name, params ReadOnlySpan<(string Name, bool Value)> flags)
    {
        json.StartObject(name);
        foreach (var (flag, value) in flags)
        {
            json.Property(flag, value);
        }
        json.EndObject();
    }

    private static void Write(JsonText json, string name, IReadOnlyList<string> words)
    {
        json.StartArray(name);
        foreach (string word in words)
        {
            json.Item(word);
        }
        json.EndArray();
    }
}
