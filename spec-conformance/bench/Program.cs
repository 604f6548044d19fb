using System.Globalization;
using OciRun.Bench;

// Started by spec-conformance/bench/run, which prepares mounts and names the files in environment variables.
string root = Variable("BENCH_REPOSITORY") ?? Directory.GetCurrentDirectory();
string work = Variable("BENCH_WORK") ?? throw new InvalidOperationException("BENCH_WORK is not set: use spec-conformance/bench/run");
int rounds = int.Parse(Variable("ROUNDS") ?? "50", CultureInfo.InvariantCulture);
string profile = Variable("SECCOMP_PROFILE") ?? "/usr/share/containers/seccomp.json";

Contender[] contenders =
[
    .. new[]
    {
        Contender.Find("ocirun", Variable("OCIRUN") ?? Path.Combine(root, "out/ocirun")),
        Contender.Find("crun-sid", Variable("CRUN_SID")),
        Contender.Find("crun", Variable("CRUN") ?? "/usr/bin/crun"),
        Contender.Find("runc-sid", Variable("RUNC_SID")),
        Contender.Find("runc", Variable("RUNC") ?? "/usr/sbin/runc"),
        Contender.Find("floor", Path.Combine(root, "artifacts/floor/floor")),
    }.OfType<Contender>(),
];
if (contenders.All(c => c.IsFloor))
{
    Console.Error.WriteLine("bench: no runtime to measure");
    return 1;
}

var bundles = new Bundles(Path.Combine(work, "bundles"), Path.Combine(root, "artifacts/rootfs"));
bool seccomp = File.Exists(profile);
bundles.WriteConfigs(contenders.First(c => !c.IsFloor).Path, seccomp ? profile : null);
var results = new Results(contenders, rounds);
if (!seccomp)
    results.Remarks.Add($"no {profile} here: the seccomp columns are empty");

using (var agent = new Agent(Path.Combine(root, "artifacts/bench/agent")))
    new Benchmark(agent, bundles, results, work, seccomp).Run();

string table = MarkdownReport.Write(results);
Console.WriteLine(table);
if (Variable("BENCH_SAVE") is { } directory)
{
    Document.Replace(Path.Combine(directory, "benchmarks.md"), table);
    File.WriteAllText(Path.Combine(directory, "benchmarks.json"), JsonReport.Write(results));
    File.WriteAllText(Path.Combine(directory, "benchmarks.svg"), SvgChart.Write(results));
}
return 0;

static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
