using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace OciRun.Bench;

/// <summary>Turns the engines' profile (rules with conditions on architecture and capabilities) into what they put into config.json.</summary>
internal static class SeccompProfile
{
    private static readonly string s_machine = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "arm64" : "amd64";
    private static readonly string s_architecture = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "SCMP_ARCH_AARCH64" : "SCMP_ARCH_X86_64";

    public static JsonObject ForConfig(JsonNode profile, ISet<string> capabilities)
    {
        var map = profile["archMap"]!.AsArray().First(m => (string)m!["architecture"]! == s_architecture)!;
        var calls = new JsonArray();
        foreach (var rule in profile["syscalls"]!.AsArray())
        {
            if (!Applies(rule!["includes"], capabilities, wanted: true) || !Applies(rule["excludes"], capabilities, wanted: false))
                continue;
            var call = new JsonObject { ["names"] = rule["names"]!.DeepClone(), ["action"] = rule["action"]!.DeepClone() };
            if (rule["errnoRet"] is { } number)
                call["errnoRet"] = number.DeepClone();
            if (rule["args"] is JsonArray { Count: > 0 } arguments)
                call["args"] = arguments.DeepClone();
            calls.Add(call);
        }
        return new JsonObject
        {
            ["defaultAction"] = profile["defaultAction"]!.DeepClone(),
            ["defaultErrnoRet"] = profile["defaultErrnoRet"]!.DeepClone(),
            ["architectures"] = new JsonArray([map["architecture"]!.DeepClone(), .. map["subArchitectures"]!.AsArray().Select(a => a!.DeepClone())]),
            ["syscalls"] = calls,
        };
    }

    // includes: every condition must hold; excludes: none may.
    private static bool Applies(JsonNode? conditions, ISet<string> capabilities, bool wanted)
    {
        if (conditions?["arches"] is JsonArray { Count: > 0 } arches && arches.Any(a => (string)a! == s_machine) != wanted)
            return false;
        return conditions?["caps"] is not JsonArray { Count: > 0 } caps || (wanted ? caps.All(c => capabilities.Contains((string)c!)) : !caps.Any(c => capabilities.Contains((string)c!)));
    }
}
