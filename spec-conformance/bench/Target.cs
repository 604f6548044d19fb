namespace OciRun.Bench;

/// <summary>A figure that ocirun is to reach; information, never a test.</summary>
/// <param name="What">In words.</param>
/// <param name="Value">Ours, as a ratio or in the unit named.</param>
/// <param name="Limit">At most this.</param>
/// <param name="Unit">"x" for ratios, "MiB".</param>
internal sealed record Target(string What, double Value, double Limit, string Unit)
{
    public bool Reached => Value <= Limit;

    /// <summary>All targets that can be looked at with what took part. Ratios are of the minima.</summary>
    public static IEnumerable<Target> All(Results results)
    {
        string? crun = results.Newest("crun"), runc = results.Newest("runc");
        return new[]
        {
            Ratio(results, "`run` against crun", Phase.Run, crun, Phase.Run, 0.70),
            Ratio(results, "`run` against runc", Phase.Run, runc, Phase.Run, 0.25),
            Ratio(results, "`run` against the floor", Phase.Run, "floor", Phase.Run, 2.5),
            Ratio(results, "`create` + `start` + `delete` against crun", Phase.Sum, crun, Phase.Sum, 0.80),
            Ratio(results, "`exec` against crun", Phase.Exec, crun, Phase.Exec, 0.70),
            Ratio(results, "`state` against crun", Phase.State, crun, Phase.State, 1.0),
            Ratio(results, "podman's profile, compiled before, against crun", Phase.SeccompWarm, crun, Phase.SeccompWarm, 0.70),
            Ratio(results, "podman's profile, compiled before, against our run without", Phase.SeccompWarm, "ocirun", Phase.Podman, 1.25),
            Ratio(results, "podman's profile, first time, against Debian 12's crun", Phase.SeccompCold, "crun", Phase.SeccompCold, 1.0),
            Memory(results, "memory of the process that waits for `start`", Phase.Waiting, 1),
            Memory(results, "memory of `create`", Phase.Create, 12),
            results.Contenders.FirstOrDefault(c => c.Key == "ocirun") is { } ours ? new Target("size of the executable", ours.Size / 1048576.0, 8, "MiB") : null,
        }.OfType<Target>();
    }

    private static Target? Ratio(Results results, string what, Phase ours, string? other, Phase theirs, double limit) =>
        results.Find("ocirun", ours) is { } a && results.Find(other, theirs) is { } b ? new Target(what, a.Minimum / b.Minimum, limit, "x") : null;

    private static Target? Memory(Results results, string what, Phase phase, double limit) =>
        results.Find("ocirun", phase) is { } series ? new Target(what, series.PeakKib / 1024.0, limit, "MiB") : null;
}
