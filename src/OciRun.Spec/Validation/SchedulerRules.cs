namespace OciRun.Spec.Validation;

/// <summary>Rules of process.scheduler (config.md, Linux Process; sched_setattr(2), sched(7)).</summary>
internal static class SchedulerRules
{
    private const string Clause = "config.md#linux-process";

    /// <summary>DL_SCALE: the kernel refuses a runtime below 1024 ns.</summary>
    private const ulong DeadlineGranularity = 1024;

    internal static void Apply(FindingCollector findings, Scheduler? scheduler)
    {
        if (scheduler is null)
            return;
        findings.Push("scheduler");
        Check.EachWord(findings, Clause, scheduler.Flags, "flags", SchedulerNames.Flags);
        if (scheduler.Nice is < -20 or > 19)
            findings.Must(FindingCode.OutOfRange, Clause, $"{scheduler.Nice} is out of range: expected -20 (first) to 19", "nice");
        if (Check.Word(findings, Clause, scheduler.Policy, "policy", SchedulerNames.Policies))
        {
            if (scheduler.Policy == "SCHED_ISO")
                findings.Must(FindingCode.Unsupported, Clause,
                    "SCHED_ISO is reserved, and no Linux kernel implements it: choose another policy", "policy");
            Priority(findings, scheduler);
            Deadline(findings, scheduler);
        }
        findings.Pop();
    }

    private static void Priority(FindingCollector findings, Scheduler scheduler)
    {
        bool realTime = scheduler.Policy is "SCHED_FIFO" or "SCHED_RR";
        if (realTime && scheduler.Priority is null or < 1 or > 99)
        {
            findings.Must(FindingCode.OutOfRange, Clause,
                $"{scheduler.Policy} needs a priority from 1 to 99, got {scheduler.Priority?.ToString() ?? "none"}", "priority");
        }
        else if (!realTime && scheduler.Priority is not (null or 0))
            findings.Must(FindingCode.Conflict, Clause,
                $"{scheduler.Policy} has no priority: remove it, or choose SCHED_FIFO or SCHED_RR", "priority");
    }

    private static void Deadline(FindingCollector findings, Scheduler scheduler)
    {
        ulong runtime = scheduler.Runtime ?? 0, deadline = scheduler.Deadline ?? 0, period = scheduler.Period ?? 0;
        if (scheduler.Policy != "SCHED_DEADLINE")
        {
            if ((runtime | deadline | period) != 0)
                findings.Must(FindingCode.Conflict, Clause,
                    $"runtime, deadline and period belong to SCHED_DEADLINE, not to {scheduler.Policy}: remove them");
            return;
        }
        if (runtime < DeadlineGranularity)
            findings.Must(FindingCode.OutOfRange, Clause,
                $"SCHED_DEADLINE needs a runtime of at least {DeadlineGranularity} nanoseconds, got {runtime}", "runtime");
        if (deadline == 0 || deadline < runtime)
            findings.Must(FindingCode.Conflict, Clause,
                $"the deadline {deadline} is shorter than the runtime {runtime}: raise it", "deadline");
        if (period != 0 && period < deadline)
            findings.Must(FindingCode.Conflict, Clause,
                $"the period {period} is shorter than the deadline {deadline}: raise it, or leave it out", "period");
    }
}
