using System.Text.Json;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Security;

/// <summary>The profile that podman sends, made of containers-common's file as podman does it for a container with podman's default capabilities on x86-64.</summary>
internal static class PodmanProfile
{
    private const string Source = "/usr/share/containers/seccomp.json";

    private static readonly HashSet<string> s_capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
        "CAP_SETUID", "CAP_SYS_CHROOT",
    ];

    internal static Seccomp Require()
    {
        Assert.SkipUnless(File.Exists(Source), $"{Source} is missing (golang-github-containers-common)");
        using var document = JsonDocument.Parse(File.ReadAllBytes(Source));
        var root = document.RootElement;
        return new Seccomp
        {
            DefaultAction = root.GetProperty("defaultAction").GetString(),
            DefaultErrnoRet = root.TryGetProperty("defaultErrnoRet", out var errno) ? errno.GetUInt32() : null,
            Architectures = ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
            Syscalls = [.. root.GetProperty("syscalls").EnumerateArray().Where(IsWanted).Select(Convert)],
        };
    }

    private static bool IsWanted(JsonElement entry)
    {
        var includes = entry.GetProperty("includes");
        if (Words(includes, "arches") is { Count: > 0 } architectures && !architectures.Contains("amd64"))
            return false;
        if (!Words(includes, "caps").All(s_capabilities.Contains))
            return false;
        return !Words(entry.GetProperty("excludes"), "caps").Any(s_capabilities.Contains);
    }

    private static SeccompRule Convert(JsonElement entry) => new()
    {
        Names = [.. Words(entry, "names")],
        Action = entry.GetProperty("action").GetString(),
        ErrnoRet = entry.TryGetProperty("errnoRet", out var errno) && errno.ValueKind == JsonValueKind.Number ? errno.GetUInt32() : null,
        Args = entry.GetProperty("args") is { ValueKind: JsonValueKind.Array } arguments ? [.. arguments.EnumerateArray().Select(ConvertArgument)] : [],
    };

    private static SeccompArgument ConvertArgument(JsonElement argument) => new()
    {
        Index = argument.GetProperty("index").GetUInt32(),
        Value = argument.GetProperty("value").GetUInt64(),
        ValueTwo = argument.GetProperty("valueTwo").GetUInt64(),
        Op = argument.GetProperty("op").GetString(),
    };

    private static List<string> Words(JsonElement element, string property) =>
        element.TryGetProperty(property, out var words) ? [.. words.EnumerateArray().Select(word => word.GetString()!)] : [];
}
