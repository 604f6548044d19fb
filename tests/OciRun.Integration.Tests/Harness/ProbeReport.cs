namespace OciRun.Integration.Harness;

/// <summary>What `probe report` saw from inside the container.</summary>
public sealed class ProbeReport
{
    private readonly JsonObject _json;

    public ProbeReport(JsonObject json) => _json = json;

    /// <summary>A part of the report as it is: see tests/probe/report.c for the names.</summary>
    public JsonNode? this[string name] => _json[name];

    /// <summary>A field of /proc/self/status, for example "CapEff".</summary>
    public string Status(string field) => (string)_json["status"]![field]!;

    /// <summary>A capability or signal mask of /proc/self/status.</summary>
    public ulong Mask(string field) => Convert.ToUInt64(Status(field), 16);

    public string Text(string name) => (string)_json[name]!;

    public string[] List(string name) => [.. _json[name]!.AsArray().Select(n => (string)n!)];

    public long[] Numbers(string name) => [.. _json[name]!.AsArray().Select(n => (long)n!)];

    public long Id(string name) => (long)_json["ids"]![name]!;

    public long Process(string name) => (long)_json["process"]![name]!;

    /// <summary>Soft and hard value; infinity is <see cref="ulong.MaxValue"/>.</summary>
    public (ulong Soft, ulong Hard) Limit(string type)
    {
        var pair = _json["rlimits"]![type]!.AsArray();
        return ((ulong)pair[0]!, (ulong)pair[1]!);
    }

    /// <summary>The value of an environment variable, null when unset. The last one wins, as getenv would not show a second.</summary>
    public string? Env(string name) =>
        List("env").LastOrDefault(e => e.StartsWith(name + "=", StringComparison.Ordinal))?[(name.Length + 1)..];

    /// <summary>"net:[4026531840]" of a namespace by its name in /proc/self/ns.</summary>
    public string Namespace(string name) => (string)_json["namespaces"]![name]!;

    /// <summary>Open descriptors with what they are.</summary>
    public IReadOnlyDictionary<int, string> Descriptors => _json["fds"]!.AsArray().ToDictionary(d => (int)d!["fd"]!, d => (string)d!["target"]!);

    public IReadOnlyList<MountInfo> Mounts => [.. List("mounts").Select(MountInfo.Parse)];

    /// <summary>The topmost mount at a path; the test fails when there is none.</summary>
    public MountInfo Mount(string path)
    {
        var mount = Mounts.LastOrDefault(m => m.Target == path);
        if (mount is null)
            Assert.Fail($"nothing is mounted at {path}:\n{string.Join('\n', List("mounts"))}");
        return mount;
    }
}
