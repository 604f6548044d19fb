using System.Globalization;
using System.Text;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Criu;

/// <summary>
/// One process of CRIU ("criu swrk", as its own library starts it), which takes one request over a packet socket and tells on the way what it has reached. It is started through
/// the stage, as every program of the host, but not killed with us: when its socket ends it lets go of the container by itself, and half way is no good place to die.
/// </summary>
internal sealed class CriuWorker : IDisposable
{
    private const int ResponseMax = 64 << 10, OutputMax = 4096;
    private readonly StageProcess _stage;
    private readonly SafeFd _socket;
    private readonly SafeFd? _output;
    private bool _waited;

    private CriuWorker(StageProcess stage, SafeFd socket, SafeFd? output, int firstInherited) =>
        (_stage, _socket, _output, FirstInherited) = (stage, socket, output, firstInherited);

    /// <summary>The process.</summary>
    internal int Pid => _stage.Pid;

    /// <summary>The number by which it knows the first of the descriptors that it inherits; the others follow.</summary>
    internal int FirstInherited { get; }

    /// <summary>Starts it for requests that touch no container's streams; what it writes to its own is kept for the error.</summary>
    /// <exception cref="ContainerException">CRIU is missing, or cannot be executed.</exception>
    internal static CriuWorker Start()
    {
        using SafeFd nothing = Files.Open("/dev/null", OpenFlags.ReadOnly);
        (SafeFd output, SafeFd theirs) = Files.Pipe();
        using (theirs)
        {
            try
            {
                return Start([Stdio(0, 0), Stdio(1, 1), Stdio(1, 2)], [nothing, theirs], 0, output);
            }
            catch
            {
                output.Dispose();
                throw;
            }
        }
    }

    /// <summary>
    /// Starts it for a restore: with our standard streams, which the container gets, and in a mount namespace of its own, where the root filesystem is a mount (CRIU wants it
    /// to be one) of which nothing is ever to be seen, or to be cleaned up, outside.
    /// </summary>
    /// <param name="root">Path of the root filesystem, without links.</param>
    /// <param name="inherited">Descriptors that it gets.</param>
    /// <exception cref="ContainerException">CRIU is missing, or cannot be executed.</exception>
    internal static CriuWorker StartForRestore(string root, SafeFd[] inherited)
    {
        PlanStep[] mounts =
        [
            new(PlanOp.Unshare) { U0 = (ulong)CloneFlags.NewNamespace, What = "make a mount namespace for criu" },
            new(PlanOp.Propagation) { S0 = "/", U0 = MountFlag.Rec | MountFlag.Slave, What = "part it from the host's mounts" },
            new(PlanOp.Rootfs) { S0 = root, Flags = StepFlags.TreeRecursive | StepFlags.RootfsAttach, U0 = MountFlag.Private, Place = "/root/path", What = "mount the root filesystem for criu" },
        ];
        return Start(mounts, inherited, inherited.Length, null);
    }

    /// <summary>Makes the request, answers what it is asked and told on the way, and waits for its end.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="images">Where its log is; null where it has none.</param>
    /// <param name="log">Name of the log.</param>
    /// <param name="notified">Takes each notification, and the descriptor that came with it, which it owns. What it throws makes the request fail, and is thrown here in the end.</param>
    /// <exception cref="ContainerException">CRIU could not do it: in its own words. Or what <paramref name="notified"/> threw.</exception>
    internal CriuResponse Run(CriuRequest request, CriuImages? images, string log, Action<CriuResponse, SafeFd?> notified)
    {
        Errno errno = Sockets.TrySend(_socket, request.Serialize());
        (CriuResponse? last, Exception? failure) = errno == Errno.None ? Converse(notified) : (null, null);
        int status = End();
        if (failure is not null)
        {
            throw failure;
        }

        if (last is { Success: true } && (WaitStatus.ExitCode(status) == 0 || request.Type == CriuRequestType.PreDump)) // after a pre-dump it would wait for more
        {
            return last;
        }

        string words = images?.LastError(log) is { Length: > 0 } line ? line : last is { Error.Length: > 0 } ? last.Error : Output();
        string how = last is null ? "ended without an answer: " + WaitStatus.Describe(status) : "failed";
        string where = images is null ? "" : $"; its log is {Quoting.Quote(images.WorkPath + "/" + log)}";
        string hint = words.EndsWith(" FAILED.", StringComparison.Ordinal) ? "; \"criu check\" may say what this kernel lacks" : "";
        throw new ContainerException(ErrorCode.Checkpoint, $"criu {how}{(words.Length > 0 ? ": " : "")}{Quoting.Escape(words)}{where}{hint}");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _ = End();
        _stage.Dispose();
        _output?.Dispose();
    }

    private static CriuWorker Start(ReadOnlySpan<PlanStep> first, SafeFd[] descriptors, int inheritedCount, SafeFd? output)
    {
        string path = CriuProgram.Find();
        (SafeFd ours, SafeFd theirs) = Sockets.SeqPacketPair();
        try
        {
            // Numbers above all of ours, so that no copy lands on one that is still needed.
            int number = theirs.Number;
            foreach (SafeFd descriptor in descriptors)
            {
                number = Math.Max(number, descriptor.Number);
            }

            number += 16;
            List<PlanStep> steps = [.. first, Stdio(descriptors.Length, number)];
            for (int i = 0; i < inheritedCount; i++)
            {
                steps.Add(Stdio(i, number + 1 + i));
            }

            string[] arguments = ["criu", "swrk", number.ToString(CultureInfo.InvariantCulture)];
            steps.Add(new PlanStep(PlanOp.Run) { S0 = path, S1 = arguments, S2 = Waiter.OwnEnvironment(), What = "execute " + Quoting.Quote(path) });
            StageProcess stage;
            using (theirs)
            {
                stage = StageProcess.Start(steps, [.. descriptors, theirs]);
            }

            var worker = new CriuWorker(stage, ours, output, number + 1);
            if (stage.Connection.Receive() is { Type: StageMessageType.Fail } failed) // else the end of file: execve has closed the socket
            {
                _ = worker.End();
                stage.Dispose();
                PlanStep step = steps[failed.Step];
                throw new ContainerException(ErrorCode.Checkpoint, $"cannot {step.What}: {ErrnoText.Describe(failed.Errno)}") { Place = step.Place, Errno = failed.Errno };
            }

            return worker;
        }
        catch
        {
            ours.Dispose();
            throw;
        }
    }

    private static PlanStep Stdio(int descriptor, int number) => new(PlanOp.Stdio) { Descriptor = descriptor, N0 = (uint)number, What = "pass descriptors to criu" };

    private (CriuResponse? Last, Exception? Failure) Converse(Action<CriuResponse, SafeFd?> notified)
    {
        byte[] buffer = new byte[ResponseMax];
        Exception? failure = null;
        while (true)
        {
            CriuResponse response;
            SafeFd? descriptor;
            try
            {
                ReceivedMessage message = Sockets.Receive(_socket, buffer);
                if (message.Length == 0)
                {
                    return (null, failure);
                }

                (response, descriptor) = (CriuResponse.Parse(buffer.AsSpan(0, message.Length)), message.Descriptor);
            }
            catch (Exception e) when (e is FormatException or LinuxException { Errno: Errno.ECONNRESET })
            {
                return (null, failure ?? (e is FormatException ? new ContainerException(ErrorCode.Checkpoint, "criu sent something that is no answer", e) : null));
            }

            if (response is not { Type: CriuRequestType.Notify, Success: true })
            {
                descriptor?.Dispose();
                return (response, failure);
            }

            try
            {
                notified(response, descriptor);
            }
            catch (Exception e) when (e is ContainerException or LinuxException or CgroupException)
            {
                failure ??= e;
            }

            _ = Sockets.TrySend(_socket, CriuRequest.NotifyAnswer(failure is null)); // one that is gone shows as the end of file
        }
    }

    private int End()
    {
        if (_waited)
        {
            return 0;
        }

        _waited = true;
        _socket.Dispose();
        return Processes.Wait(_stage.Pid) ?? 0;
    }

    private string Output()
    {
        if (_output is null)
        {
            return "";
        }

        byte[] bytes = new byte[OutputMax];
        int count = Math.Max(Files.ReadAvailable(_output, bytes), 0);
        return Encoding.UTF8.GetString(bytes, 0, count).Trim();
    }
}
