using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun ps.</summary>
public static class ProcessLister
{
    private const int TextMax = 16 << 20;

    /// <summary>The processes of a container, as pids in our pid namespace; none when it has stopped.</summary>
    /// <exception cref="ContainerException">It does not exist, or has no cgroup that would know them.</exception>
    public static List<int> Pids(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        StateFile state = directory.ReadState();
        using Cgroup cgroup = CgroupSetup.Of(state)
            ?? throw new ContainerException(ErrorCode.Cgroup, $"container {Quoting.Quote(id)} has no cgroup, so its processes are not known");
        return CgroupSetup.Translate(() => cgroup.Pids(recursive: true));
    }

    /// <summary>What ps(1) of the host says about them: its heading, and the lines whose column PID names one of them.</summary>
    /// <param name="runtime">As for every verb.</param>
    /// <param name="id">The container's.</param>
    /// <param name="arguments">For ps.</param>
    /// <exception cref="ContainerException">As <see cref="Pids"/>; there is no ps; it failed; its output has no column PID.</exception>
    public static string Table(RuntimeOptions runtime, string id, IReadOnlyList<string> arguments)
    {
        List<int> pids = Pids(runtime, id);
        string output = RunPs(arguments);
        string[] lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        int column = lines.Length == 0 ? -1 : Array.IndexOf(lines[0].Split(' ', StringSplitOptions.RemoveEmptyEntries), "PID");
        if (column < 0)
        {
            throw new ContainerException(ErrorCode.Usage, "ps: there is no column PID in its output: choose other arguments for it");
        }

        string[] rows = [lines[0], .. Array.FindAll(lines[1..], line => IsOf(line, column, pids))];
        return string.Join('\n', rows) + "\n";
    }

    private static bool IsOf(string line, int column, List<int> pids)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > column && int.TryParse(words[column], CultureInfo.InvariantCulture, out int pid) && pids.Contains(pid);
    }

    private static string RunPs(IReadOnlyList<string> arguments)
    {
        string path = HostProgram.Find("ps") ?? throw new ContainerException(ErrorCode.Unsupported, "ps is not installed (Debian package procps); --format json does without it");
        HostProgram.Result result;
        try
        {
            result = HostProgram.Run(path, ["ps", .. arguments], environment: null, "", timeoutSeconds: 0, TextMax);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Unsupported, $"cannot run ps: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }

        return result.Succeeded
            ? result.Output
            : throw new ContainerException(ErrorCode.Usage, $"ps: {WaitStatus.Describe(result.Status)}: {Quoting.Escape(result.Output.Trim())}");
    }
}
