using System.Globalization;

namespace OciRun.Bench;

/// <summary>Runs every contender in every phase, interleaved: what disturbs the machine disturbs all of them.</summary>
internal sealed class Benchmark
{
    private readonly Agent _agent;
    private readonly Bundles _bundles;
    private readonly Results _results;
    private readonly string _work;
    private readonly bool _seccomp;
    private int _serial;

    public Benchmark(Agent agent, Bundles bundles, Results results, string work, bool seccomp)
    {
        _agent = agent;
        _bundles = bundles;
        _results = results;
        _work = work;
        _seccomp = seccomp;
    }

    public void Run()
    {
        var working = _results.Contenders.Where(Works).ToArray();
        var inhabited = Array.FindAll(working, StartSleeping);
        for (int round = 0; round < _results.Rounds; round++)
        {
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\rround {round + 1}/{_results.Rounds}"));
            // Another one begins each time: who comes after whom makes a difference, too.
            for (int i = 0; i < working.Length; i++)
                Round(working[(i + round) % working.Length]);
        }
        Console.Error.WriteLine();
        foreach (var contender in inhabited)
            EndSleeping(contender);
    }

    // Once untimed: fills the page cache and the runtimes' own, and leaves out with a remark what cannot run here.
    private bool Works(Contender contender)
    {
        var sample = contender.IsFloor ? RunFloor(contender) : RunBundle(contender, _bundles.Default, StateRoot(contender));
        if (sample.Status == 0)
        {
            if (_seccomp && !contender.IsFloor)
                RunBundle(contender, _bundles.Seccomp, StateRoot(contender));
            return true;
        }
        _results.Remarks.Add($"{contender.Name} cannot run the default bundle here (status {sample.Status}): left out");
        return false;
    }

    // The container that exec enters, from the first round to the last.
    private bool StartSleeping(Contender contender) => !contender.IsFloor && Note(contender, Phase.Exec,
        _agent.Run(contender.Path, "--root", StateRoot(contender), "run", "--detach", "--bundle", _bundles.Sleeping, "--pid-file", SleepingPid(contender), SleepingId(contender)), counts: false);

    // Ended and reaped before: it is the stop-watch's child.
    private void EndSleeping(Contender contender)
    {
        _agent.Run("/bin/kill", "-KILL", File.ReadAllText(SleepingPid(contender)));
        _agent.Reap(SleepingPid(contender));
        _agent.Run(contender.Path, "--root", StateRoot(contender), "delete", SleepingId(contender));
    }

    private static string SleepingId(Contender contender) => string.Create(CultureInfo.InvariantCulture, $"bench-{contender.Key}-{Environment.ProcessId}-sleeping");

    private string SleepingPid(Contender contender) => Path.Combine(_work, "sleeping-" + contender.Key);

    private void Round(Contender contender)
    {
        if (contender.IsFloor)
        {
            Note(contender, Phase.Run, RunFloor(contender));
            return;
        }
        string state = StateRoot(contender);
        Note(contender, Phase.Run, RunBundle(contender, _bundles.Default, state));
        Separately(contender, state);
        if (File.Exists(SleepingPid(contender)))
            Note(contender, Phase.Exec, _agent.Run(contender.Path, "--root", state, "exec", SleepingId(contender), "/bin/true"));
        Note(contender, Phase.Podman, RunBundle(contender, _bundles.Podman, state));
        if (!_seccomp)
            return;
        Note(contender, Phase.SeccompWarm, RunBundle(contender, _bundles.Seccomp, state));
        Cold(contender);
    }

    private void Separately(Contender contender, string state)
    {
        string id = NextId(contender), pidFile = Path.Combine(_work, "pid");
        var create = _agent.Run(contender.Path, "--root", state, "create", "--bundle", _bundles.Default, "--pid-file", pidFile, id);
        if (!Note(contender, Phase.Create, create))
            return;
        _results.For(contender, Phase.Waiting).Add(_agent.Peak(pidFile));
        Note(contender, Phase.State, _agent.Run(contender.Path, "--root", state, "state", id));
        var start = _agent.Run(contender.Path, "--root", state, "start", id);
        Note(contender, Phase.Start, start);
        _agent.Reap(pidFile);
        var delete = _agent.Run(contender.Path, "--root", state, "delete", id);
        Note(contender, Phase.Delete, delete);
        Note(contender, Phase.Sum, new Sample(create.Milliseconds + start.Milliseconds + delete.Milliseconds, 0, Math.Max(start.Status, delete.Status)));
    }

    // crun keeps compiled filters below its state root, ocirun in /var/cache/ocirun (a tmpfs of ours here); runc keeps none.
    private void Cold(Contender contender)
    {
        if (contender.Key == "ocirun" && Directory.Exists("/var/cache/ocirun"))
        {
            foreach (string file in Directory.GetFiles("/var/cache/ocirun", "*", SearchOption.AllDirectories))
                File.Delete(file);
        }
        string state = StateRoot(contender) + "-cold";
        Note(contender, Phase.SeccompCold, RunBundle(contender, _bundles.Seccomp, state));
        if (Directory.Exists(state))
            Directory.Delete(state, recursive: true);
    }

    private Sample RunBundle(Contender contender, string bundle, string state) =>
        _agent.Run(contender.Path, "--root", state, "run", "--bundle", bundle, NextId(contender));

    private Sample RunFloor(Contender contender) => _agent.Run(contender.Path, _bundles.Rootfs, "/bin/true");

    private string StateRoot(Contender contender) => Path.Combine(_work, "state-" + contender.Key);

    private string NextId(Contender contender) => string.Create(CultureInfo.InvariantCulture, $"bench-{contender.Key}-{Environment.ProcessId}-{++_serial}");

    private bool Note(Contender contender, Phase phase, Sample sample, bool counts = true)
    {
        if (sample.Status == 0)
        {
            if (counts)
                _results.For(contender, phase).Add(sample);
            return true;
        }
        string remark = $"{contender.Name}: {phase} failed with status {sample.Status}: those rounds do not count";
        if (!_results.Remarks.Contains(remark))
            _results.Remarks.Add(remark);
        return false;
    }
}
