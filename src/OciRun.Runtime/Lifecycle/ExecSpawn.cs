using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Runtime.Tracing;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>Starts the stage of exec in the container's cgroup and on its processors (STAGE.md step 40).</summary>
internal static class ExecSpawn
{
    /// <param name="plan">The plan.</param>
    /// <param name="descriptors">Its descriptors, open.</param>
    /// <param name="cgroup">Where the process belongs; null: where we are.</param>
    /// <param name="fallbackInit">pid of the init in whose cgroup it goes where the other refuses processes; 0: that was asked for, and counts.</param>
    /// <param name="frozen">The cgroup is frozen.</param>
    /// <param name="keepCount">Descriptors from 3 on that the program keeps.</param>
    /// <param name="tracer">Gets the times of the steps, or null.</param>
    internal static StageProcess Start(ContainerPlan plan, SafeFd[] descriptors, Cgroup? cgroup, int fallbackInit, bool frozen, int keepCount, Tracer? tracer)
    {
        ExecCpuAffinity? affinity = plan.Config.Process!.ExecCPUAffinity;
        _ = CpuList.TryParse(affinity?.Initial, out ulong[] initial); // validated
        _ = CpuList.TryParse(affinity?.Final, out ulong[] final);
        // Born in a frozen cgroup it would never run, and we would wait for its execve. An initial affinity is that of the time before.
        SafeFd? into = cgroup is null || frozen || initial.Length > 0 ? null : CgroupSetup.Translate(cgroup.Open); // --cgroup may name one that is not there
        StageProcess stage = Start(plan, descriptors, ref into, keepCount, tracer);
        try
        {
            if (initial.Length > 0)
            {
                SetAffinity(stage.Pid, initial, "initial", affinity!.Initial!);
            }

            if (into is null && cgroup is not null)
            {
                Join(cgroup, stage.Pid, fallbackInit);
            }

            if (final.Length > 0)
            {
                SetAffinity(stage.Pid, final, "final", affinity!.Final!);
            }
            else
            {
                // Ours is not the container's, which has all that its cpuset allows. Where that is refused it keeps what we have.
                Span<ulong> every = stackalloc ulong[128]; // 8192 processors, the most that a kernel is built for
                every.Fill(ulong.MaxValue);
                _ = Processes.TrySetAffinity(stage.Pid, every);
            }

            return stage;
        }
        catch
        {
            stage.Kill();
            throw;
        }
    }

    private static StageProcess Start(ContainerPlan plan, SafeFd[] descriptors, ref SafeFd? into, int keepCount, Tracer? tracer)
    {
        if (into is not null)
        {
            try
            {
                return StageProcess.Start(plan.Steps, descriptors, CloneFlags.None, into, keepCount, tracer);
            }
            catch (LinuxException)
            {
                into = null; // a file that refuses it in the end says why; some of these errors are none there (EBUSY: see Join)
            }
        }

        try
        {
            return StageProcess.Start(plan.Steps, descriptors, CloneFlags.None, null, keepCount, tracer);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Process, "cannot start the process: " + e.Message, e) { Call = e.Call, Errno = e.Errno };
        }
    }

    private static void SetAffinity(int pid, ulong[] mask, string name, string text)
    {
        Errno errno = Processes.TrySetAffinity(pid, mask);
        if (errno != Errno.None)
        {
            string place = "/process/execCPUAffinity/" + name;
            throw new ContainerException(
                ErrorCode.Process, $"{place}: cannot run on the processors {Quoting.Quote(text)}: sched_setaffinity: {ErrnoText.Describe(errno)}; the machine, or the container's cpuset, has none of them")
            { Place = place, Call = "sched_setaffinity", Errno = errno };
        }
    }

    private static void Join(Cgroup cgroup, int pid, int fallbackInit) => CgroupSetup.Translate(() =>
    {
        try
        {
            cgroup.AddProcess(pid);
        }
        catch (CgroupException e) when (e.Errno == Errno.EBUSY && fallbackInit > 0 && cgroup.Mode == CgroupMode.V2)
        {
            using Cgroup current = Cgroup.OfProcess(fallbackInit);
            current.AddProcess(pid);
        }
    });
}
