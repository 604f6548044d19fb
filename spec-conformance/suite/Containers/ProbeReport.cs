namespace OciRun.Conformance.Containers;

/// <summary>What `probe report` saw from inside the container; see tests/probe/report.c for the names.</summary>
internal sealed class ProbeReport(JsonObject json)
{
    /// <summary>A part of the report as it is; null when it could not be read there.</summary>
    public JsonNode? this[string name] => json[name];

    /// <summary>A field of /proc/self/status, for example "CapEff".</summary>
    public string Status(string field) => (string)json["status"]![field]!;

    /// <summary>A capability or signal mask of /proc/self/status.</summary>
    public ulong Mask(string field) => Convert.ToUInt64(Status(field), 16);

    public string Text(string name) => (string)json[name]!;

    public string[] List(string name) => [.. json[name]!.AsArray().Select(n => (string)n!)];

    public long[] Numbers(string name) => [.. json[name]!.AsArray().Select(n => (long)n!)];

    /// <summary>uid, euid, suid, gid, egid or sgid.</summary>
    public long Id(string name) => (long)json["ids"]![name]!;

    /// <summary>Soft and hard value; infinity is <see cref="ulong.MaxValue"/>.</summary>
    public (ulong Soft, ulong Hard) Limit(string type)
    {
        var pair = json["rlimits"]![type]!.AsArray();
        return ((ulong)pair[0]!, (ulong)pair[1]!);
    }

    /// <summary>"net:[4026531840]" of a namespace by its name in /proc/self/ns.</summary>
    public string Namespace(string name) => (string)json["namespaces"]![name]!;

    /// <summary>Open descriptors with what they are.</summary>
    public IReadOnlyDictionary<int, string> Descriptors => json["fds"]!.AsArray().ToDictionary(d => (int)d!["fd"]!, d => (string)d!["target"]!);

    public IReadOnlyList<MountInfo> Mounts => [.. List("mounts").Select(MountInfo.Parse)];

    /// <summary>The topmost mount at a path; without one the clause is violated.</summary>
    public MountInfo Mount(string path) =>
        Mounts.LastOrDefault(m => m.Target == path) ?? throw new ClauseViolatedException($"nothing is mounted at {path}");
}
