using OciRun.Linux;
using OciRun.Runtime.Lifecycle;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Tests.State;

/// <summary>Who comes late: to a directory that another has removed, or to a state that another has completed.</summary>
public sealed class ContainerDirectoryTests : IDisposable
{
    private readonly string _root = Directory.CreateTempSubdirectory("ocirun-state-").FullName;

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void Remove_NameIsAnotherContainersByNow_LeavesThatAlone()
    {
        ContainerDirectory first = StateStore.Create(_root, "x");
        using ContainerDirectory late = StateStore.TryOpen(_root, "x", exclusive: false)!;
        first.Remove();
        first.Dispose();
        using ContainerDirectory second = StateStore.Create(_root, "x");

        late.IsInPlace.Should().BeFalse();
        late.Remove();

        second.IsInPlace.Should().BeTrue();
    }

    [Fact]
    public void Create_IsLocked()
    {
        using ContainerDirectory directory = StateStore.Create(_root, "x");
        using ContainerDirectory other = StateStore.TryOpen(_root, "x", exclusive: false)!;
        Files.TryLock(other.Fd, wait: false).Should().Be(Errno.EAGAIN);
    }

    [Fact]
    public void Status_CreateHasFinishedSinceItWasRead_IsThatOfNow()
    {
        using (ContainerDirectory created = StateStore.Create(_root, "x"))
        {
            created.WriteState(Alive(isComplete: true));
        }

        using ContainerDirectory directory = StateStore.TryOpen(_root, "x", exclusive: false)!;
        StateFile state = Alive(isComplete: false);
        ContainerStatus.Of(ref state, directory).Should().Be("running");
        state.IsComplete.Should().BeTrue();
    }

    [Fact]
    public void Status_CreateWasKilledAndAnotherAsksToo_IsStopped()
    {
        using (ContainerDirectory created = StateStore.Create(_root, "x"))
        {
            created.WriteState(Alive(isComplete: false));
        }

        using ContainerDirectory other = StateStore.TryOpen(_root, "x", exclusive: false)!;
        Files.TryLock(other.Fd, wait: false, shared: true).Should().Be(Errno.None);
        using ContainerDirectory directory = StateStore.TryOpen(_root, "x", exclusive: false)!;
        StateFile state = directory.ReadState();
        ContainerStatus.Of(ref state, directory).Should().Be("stopped");
    }

    [Fact]
    public void Status_NobodyAcceptsAndTheQueueIsFull_IsCreatedAndDoesNotWait()
    {
        using ContainerDirectory directory = StateStore.Create(_root, "x");
        using SafeFd listener = Sockets.BindIn(directory.Fd, ContainerDirectory.StartSocket, UnixSocketType.SeqPacket, backlog: 1);
        StateFile state = Alive(isComplete: true);
        for (int i = 0; i < 4; i++)
        {
            ContainerStatus.Of(ref state, directory).Should().Be("created");
        }
    }

    /// <summary>We ourselves are the init.</summary>
    private static StateFile Alive(bool isComplete) =>
        new() { Id = "x", Pid = Processes.OwnPid, StartTime = Processes.TryStat(Processes.OwnPid)!.Value.StartTime, IsComplete = isComplete };
}
