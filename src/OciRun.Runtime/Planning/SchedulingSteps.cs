using System.Buffers.Binary;
using System.Globalization;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>How the kernel treats the program: scheduling, I/O priority, where its memory lies (config.md, Linux Process; config-linux.md, Memory policy).</summary>
internal static class SchedulingSteps
{
    /// <summary>sizeof(struct sched_attr) since 5.3.</summary>
    private const int AttributesSize = 56;

    /// <summary>
    /// In a user namespace a real-time policy, a negative nice value and the real-time I/O class need capabilities that only the host has: then it is we who set them, on
    /// the pid of the init.
    /// </summary>
    internal static void Add(PlanBuilder plan, Process process, MemoryPolicy? memory, bool byHost)
    {
        if (process.Scheduler is { } scheduler)
        {
            Add(plan, byHost, new PlanStep(PlanOp.Scheduler)
            {
                S0 = Attributes(scheduler),
                N0 = AttributesSize,
                Place = "/process/scheduler",
                What = $"set the scheduling policy {scheduler.Policy}",
            });
        }

        if (process.IoPriority is { } io)
        {
            uint ioClass = io.Class switch { "IOPRIO_CLASS_RT" => 1, "IOPRIO_CLASS_BE" => 2, _ => 3 };
            Add(plan, byHost, new PlanStep(PlanOp.IoPriority)
            {
                N0 = (ioClass << 13) | (uint)io.Priority,
                Place = "/process/ioPriority",
                What = string.Create(CultureInfo.InvariantCulture, $"set the I/O priority {io.Class} {io.Priority}"),
            });
        }

        if (memory is not null)
        {
            AddMemory(plan, memory);
        }
    }

    private static void Add(PlanBuilder plan, bool byHost, PlanStep step) => (byHost ? plan.HostSteps : plan.Steps).Add(step);

    private static void AddMemory(PlanBuilder plan, MemoryPolicy memory)
    {
        _ = CpuList.TryParse(memory.Nodes, out ulong[] nodes); // validated
        byte[] mask = new byte[nodes.Length * sizeof(ulong)];
        Buffer.BlockCopy(nodes, 0, mask, 0, mask.Length);
        plan.Add(new PlanStep(PlanOp.MemoryPolicy)
        {
            N0 = MemoryPolicyNames.ModeAndFlags(memory),
            S0 = mask.Length > 0 ? mask : null,
            N1 = (uint)nodes.Length * 64,
            Place = "/linux/memoryPolicy",
            What = $"set the memory policy {memory.Mode}",
        });
    }

    /// <summary>struct sched_attr.</summary>
    private static byte[] Attributes(Scheduler scheduler)
    {
        byte[] data = new byte[AttributesSize];
        BinaryPrimitives.WriteUInt32LittleEndian(data, AttributesSize);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(4), SchedulerNames.Policy(scheduler.Policy));
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(8), SchedulerNames.FlagBits(scheduler.Flags));
        BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(16), scheduler.Nice ?? 0);
        BinaryPrimitives.WriteUInt32LittleEndian(data.AsSpan(20), (uint)(scheduler.Priority ?? 0));
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(24), scheduler.Runtime ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(32), scheduler.Deadline ?? 0);
        BinaryPrimitives.WriteUInt64LittleEndian(data.AsSpan(40), scheduler.Period ?? 0);
        return data;
    }
}
