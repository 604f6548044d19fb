using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Tracing;

namespace OciRun.Runtime.Init;

/// <summary>
/// A stage that was started with a plan. Owns the control socket and the pidfd of the first process; disposing closes both, which ends a stage that still waits
/// for us.
/// </summary>
internal sealed class StageProcess : IDisposable
{
    private static SafeFd? s_executable;

    private StageProcess(SpawnedProcess process, StageConnection connection)
    {
        Pid = process.Pid;
        PidFd = process.PidFd;
        Connection = connection;
    }

    internal int Pid { get; }

    internal SafeFd PidFd { get; }

    internal StageConnection Connection { get; }

    /// <summary>The sealed executable image; made once.</summary>
    internal static SafeFd Executable => s_executable ??= CreateExecutable();

    /// <param name="steps">The plan.</param>
    /// <param name="descriptors">Its descriptors, in the order of the plan.</param>
    /// <param name="namespaces">New namespaces of the first process.</param>
    /// <param name="cgroup">cgroup v2 directory to be born in, or null.</param>
    /// <param name="keepCount">Descriptors from 3 on that the program keeps.</param>
    /// <param name="tracer">Gets the times of the steps, or null.</param>
    /// <param name="network">A network namespace that it enters, or null.</param>
    /// <exception cref="LinuxException">As clone3(2) and execveat(2).</exception>
    internal static StageProcess Start(
        List<PlanStep> steps, ReadOnlySpan<SafeFd> descriptors, CloneFlags namespaces = CloneFlags.None, SafeFd? cgroup = null, int keepCount = 0, Tracer? tracer = null, SafeFd? network = null)
    {
        (SafeFd ours, SafeFd theirs) = Sockets.SeqPacketPair();
        using (theirs)
        {
            Span<int> numbers = stackalloc int[descriptors.Length];
            for (int i = 0; i < descriptors.Length; i++)
            {
                numbers[i] = descriptors[i].Number;
            }

            StageTimes? times = tracer?.Watch(steps);
            ReadOnlySpan<byte> plan = PlanWriter.Write(steps, numbers, theirs.Number, keepFirst: 3, keepCount, times?.Memory.Number ?? -1);
            using SafeFd planFd = Memory.CreateSealed("ocirun-plan", plan, executable: false);
            int[] keep = times is null ? [planFd.Number, theirs.Number, .. numbers] : [planFd.Number, theirs.Number, times.Memory.Number, .. numbers];
            string[] arguments = ["ocirun-init", planFd.Number.ToString(CultureInfo.InvariantCulture)];
            try
            {
                var stage = new StageProcess(InitStage.Spawn(Executable, arguments, namespaces, cgroup, network, keep), new StageConnection(ours));
                if (times is not null)
                {
                    times.FirstPid = stage.Pid;
                }

                return stage;
            }
            catch
            {
                ours.Dispose();
                throw;
            }
        }
    }

    /// <summary>Ends it, with what it has forked and still waits for us, and reaps it.</summary>
    internal void Kill()
    {
        Connection.Dispose(); // whoever waits for us sees the end of file
        _ = Processes.TrySignal(PidFd, 9);
        _ = Processes.Wait(Pid);
        Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Connection.Dispose();
        PidFd.Dispose();
    }

    private static SafeFd CreateExecutable()
    {
        try
        {
            return Memory.CreateSealed("ocirun-init", InitStage.Image, executable: true);
        }
        catch (LinuxException e) when (e.Call == "fsopen")
        {
            throw new ContainerException(
                ErrorCode.Unsupported,
                "cannot make the init stage executable: the sysctl vm.memfd_noexec is 2, which needs CAP_SYS_ADMIN to get round; set it to 0 or 1",
                e)
            { Call = e.Call, Errno = e.Errno };
        }
    }
}
