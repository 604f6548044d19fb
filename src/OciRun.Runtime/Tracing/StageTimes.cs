using System.Buffers.Binary;
using OciRun.Linux;
using OciRun.Runtime.Init;

namespace OciRun.Runtime.Tracing;

/// <summary>Memory that the stage writes the times of its steps to: an array of struct plan_time (src/native/plan.h), one for each step.</summary>
internal sealed class StageTimes : IDisposable
{
    private const int Size = 16;
    private readonly List<PlanStep> _steps;

    /// <exception cref="LinuxException">As memfd_create(2).</exception>
    internal StageTimes(List<PlanStep> steps)
    {
        _steps = steps;
        Memory = Linux.Memory.CreateShared("ocirun-times", steps.Count * Size);
    }

    internal SafeFd Memory { get; }

    /// <summary>The process that executes the first steps.</summary>
    internal int FirstPid { get; set; }

    /// <summary>The process that executes those after the last fork; 0: it is not known, as it never came so far.</summary>
    internal int InitPid { get; set; }

    /// <summary>When the program was seen to be executed: the end of steps that end with that, or under its filter.</summary>
    internal long Executed { get; set; }

    /// <summary>The steps that were begun.</summary>
    internal IEnumerable<TraceEvent> Read()
    {
        byte[] times = Files.ReadAll(Memory, "times of the stage");
        int fork = _steps.FindLastIndex(static step => step.Op == PlanOp.Fork);
        for (int i = 0; i < _steps.Count && (i + 1) * Size <= times.Length; i++)
        {
            long begin = BinaryPrimitives.ReadInt64LittleEndian(times.AsSpan(i * Size)), end = BinaryPrimitives.ReadInt64LittleEndian(times.AsSpan((i * Size) + 8));
            end = end == 0 ? Executed : end;
            if (begin == 0 || end < begin)
            {
                continue; // not executed, or it still waits for start
            }

            yield return new TraceEvent(Planning.StepText.SubjectOf(_steps[i]), i > fork && InitPid > 0 ? InitPid : FirstPid, begin)
            {
                End = end,
                Place = _steps[i].Place,
                Detail = _steps[i].Op == PlanOp.Env ? "" : Planning.StepText.DetailOf(_steps[i]), // an environment holds passwords
            };
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Memory.Dispose();
}
