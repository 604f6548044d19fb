using System.Diagnostics;
using System.Text.Json.Nodes;

namespace OciRun.Bench;

/// <summary>The bundles that are run: the config of `spec`, and one as podman writes it, with and without its seccomp profile.</summary>
internal sealed class Bundles
{
    private readonly string _directory;

    public Bundles(string directory, string rootfs)
    {
        _directory = directory;
        Rootfs = Path.Combine(directory, "default", "rootfs");
        foreach (string name in new[] { "default", "podman", "seccomp", "sleeping" })
        {
            Directory.CreateDirectory(Path.Combine(directory, name));
            using var copy = Process.Start("cp", ["-a", rootfs, Path.Combine(directory, name, "rootfs")]);
            copy.WaitForExit();
        }
    }

    public string Default => Path.Combine(_directory, "default");

    public string Podman => Path.Combine(_directory, "podman");

    public string Seccomp => Path.Combine(_directory, "seccomp");

    /// <summary>The default bundle with a program that does not end.</summary>
    public string Sleeping => Path.Combine(_directory, "sleeping");

    public string Rootfs { get; }

    /// <summary>Writes the configs. Device rules and limits are left out: crun cannot set the first in a cgroup v2 without BPF rights,
    /// and the second need CAP_SYS_RESOURCE.</summary>
    /// <param name="specRuntime">Whose `spec` gives the default config.</param>
    /// <param name="profile">The engines' profile, /usr/share/containers/seccomp.json, or null.</param>
    public void WriteConfigs(string specRuntime, string? profile)
    {
        using (var spec = Process.Start(new ProcessStartInfo(specRuntime, "spec") { WorkingDirectory = Default })!)
            spec.WaitForExit();
        string file = Path.Combine(Default, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(file))!;
        // crun 1.8 knows no later one.
        config["ociVersion"] = "1.0.2";
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/true");
        config["process"]!.AsObject().Remove("rlimits");
        config["linux"]!.AsObject().Remove("resources");
        File.WriteAllText(file, config.ToJsonString());
        config["process"]!["args"] = new JsonArray("/bin/sleep", "100000");
        File.WriteAllText(Path.Combine(Sleeping, "config.json"), config.ToJsonString());

        var podman = PodmanConfig();
        foreach (string name in new[] { "hosts", "hostname", "resolv.conf", "containerenv" })
        {
            File.WriteAllText(Path.Combine(Podman, name), "127.0.0.1 localhost\n");
            File.WriteAllText(Path.Combine(Seccomp, name), "127.0.0.1 localhost\n");
        }
        File.WriteAllText(Path.Combine(Podman, "config.json"), podman.ToJsonString());
        if (profile is null)
            return;
        var capabilities = podman["process"]!["capabilities"]!["bounding"]!.AsArray().Select(c => (string)c!).ToHashSet();
        podman["linux"]!["seccomp"] = SeccompProfile.ForConfig(JsonNode.Parse(File.ReadAllText(profile))!, capabilities);
        File.WriteAllText(Path.Combine(Seccomp, "config.json"), podman.ToJsonString());
    }

    private static JsonObject PodmanConfig()
    {
        using var stream = typeof(Bundles).Assembly.GetManifestResourceStream("OciRun.Bench.podman.json")!;
        return JsonNode.Parse(stream)!.AsObject();
    }
}
