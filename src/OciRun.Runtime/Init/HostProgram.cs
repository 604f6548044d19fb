using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>
/// Runs a program of the host: a hook, newuidmap. Through the stage, since no managed code may run between fork and exec, and so that the program starts with
/// default signals, an empty mask, its own session and nothing but its standard streams (S111). It inherits no stream of ours: a hook that leaves a
/// daemon behind must not hold the caller's pipes open.
/// </summary>
internal static class HostProgram
{
    private const int LastWords = 4096, SigKill = 9;

    /// <summary>How a program ended.</summary>
    /// <param name="Status">Wait status.</param>
    /// <param name="TimedOut">It was killed, with its process group, when its time was over.</param>
    /// <param name="Output">The end of what it wrote to stdout and stderr.</param>
    internal sealed record Result(int Status, bool TimedOut, string Output)
    {
        internal bool Succeeded => Status == 0 && !TimedOut;
    }

    private static readonly string[] s_path = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

    /// <summary>A program of the host by its name, in fixed directories, never by the caller's or the container's environment (X65); null: not installed.</summary>
    internal static string? Find(string name)
    {
        foreach (string directory in s_path)
        {
            if (Files.TryStatus(SafeFd.CurrentDirectory, directory + "/" + name, followLink: true, out _) is not null)
            {
                return directory + "/" + name;
            }
        }

        return null;
    }

    /// <summary>Runs it and waits.</summary>
    /// <param name="path">Absolute path.</param>
    /// <param name="arguments">With args[0].</param>
    /// <param name="environment">As environ(7); null: ours, as runc and crun read the silence of the specification (S101).</param>
    /// <param name="input">What it reads on standard input.</param>
    /// <param name="timeoutSeconds">0: none.</param>
    /// <param name="outputKept">How many bytes of its output are kept.</param>
    /// <exception cref="LinuxException">It could not be executed: execve.</exception>
    internal static Result Run(string path, string[] arguments, string[]? environment, string input, int timeoutSeconds, int outputKept = LastWords)
    {
        using SafeFd stdin = Memory.CreateSealed("ocirun-stdin", Encoding.UTF8.GetBytes(input), executable: false);
        (SafeFd output, SafeFd theirs) = Files.Pipe();
        using (output)
        {
            List<PlanStep> steps =
            [
                new(PlanOp.ParentDeath) { N0 = SigKill }, // a hook must not go on with a container that nobody creates any more
                new(PlanOp.SetSid),
                new(PlanOp.Stdio) { Descriptor = 0, N0 = 0 },
                new(PlanOp.Stdio) { Descriptor = 1, N0 = 1 },
                new(PlanOp.Stdio) { Descriptor = 1, N0 = 2 },
                new(PlanOp.Run) { S0 = path, S1 = arguments, S2 = environment ?? Waiter.OwnEnvironment() },
            ];
            StageProcess stage;
            using (theirs)
            {
                stage = StageProcess.Start(steps, [stdin, theirs]);
            }

            using (stage)
            {
                return Wait(stage, path, output, timeoutSeconds, new Tail(outputKept));
            }
        }
    }

    private static Result Wait(StageProcess stage, string path, SafeFd output, int timeoutSeconds, Tail kept)
    {
        StageMessage? failure = stage.Connection.Receive(); // end of file: execve has closed the socket
        if (failure is { Type: StageMessageType.Fail })
        {
            _ = Processes.Wait(stage.Pid);
            throw new LinuxException("execve", Quoting.Quote(path), failure.Errno);
        }

        long deadline = timeoutSeconds > 0 ? Environment.TickCount64 + (timeoutSeconds * 1000L) : long.MaxValue;
        bool timedOut = false, outputEnded = false;
        while (true)
        {
            long left = timedOut || deadline == long.MaxValue ? -1 : Math.Max(0, deadline - Environment.TickCount64);
            int ready = outputEnded
                ? Processes.WaitReadable([stage.PidFd], (int)Math.Min(left, int.MaxValue))
                : Processes.WaitReadable([stage.PidFd, output], (int)Math.Min(left, int.MaxValue));
            outputEnded |= kept.Drain(output);
            if (ready != 0 && left == 0) // also of a program that always has something to say
            {
                timedOut = true;
                _ = Processes.TryKillGroup(stage.Pid, SigKill);
                _ = Processes.TrySignal(stage.PidFd, SigKill);
            }
            else if (ready == 0)
            {
                int status = Processes.Wait(stage.Pid) ?? 0;
                kept.Drain(output);
                return new Result(status, timedOut, kept.Text);
            }
        }
    }

    /// <summary>The end of a stream.</summary>
    private sealed class Tail(int limit)
    {
        private readonly List<byte> _bytes = [];

        internal string Text => Encoding.UTF8.GetString(_bytes.ToArray());

        /// <summary>Takes what is there; true at the end of the stream. Not for ever: a program can write faster than we read, and its time would never be over.</summary>
        internal bool Drain(SafeFd stream)
        {
            const int ReadsMax = 16; // as much as a pipe holds
            Span<byte> buffer = stackalloc byte[4096];
            for (int i = 0; i < ReadsMax; i++)
            {
                int count = Files.ReadAvailable(stream, buffer);
                if (count <= 0)
                {
                    return count == 0;
                }

                _bytes.AddRange(buffer[..count]);
                if (_bytes.Count > limit)
                {
                    _bytes.RemoveRange(0, _bytes.Count - limit);
                }
            }

            return false;
        }
    }
}
