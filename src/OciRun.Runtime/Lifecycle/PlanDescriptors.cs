using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>Opens what a plan needs, in the plan's order, and closes our copies once the stage has its own.</summary>
internal sealed class PlanDescriptors(List<PlanDescriptor> wanted, ContainerDirectory directory) : IDisposable
{
    private readonly List<SafeFd> _open = [];
    private readonly List<StageProcess> _holders = [];

    /// <summary>Takes over the status page, so that it outlives the others; null where the plan has none.</summary>
    internal SafeFd? TakeStatusPage()
    {
        int index = wanted.FindIndex(static d => d is PlanDescriptor.StatusPage);
        if (index < 0 || index >= _open.Count)
        {
            return null;
        }

        SafeFd page = _open[index];
        _open.RemoveAt(index);
        return page;
    }

    internal SafeFd[] Open()
    {
        foreach (PlanDescriptor descriptor in wanted)
        {
            _open.Add(Open(descriptor));
        }

        return _open.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFd fd in _open)
        {
            fd.Dispose();
        }

        foreach (StageProcess holder in _holders)
        {
            holder.Dispose(); // end of file: it leaves, the namespace lives on in the stage's descriptor
            _ = Processes.Wait(holder.Pid);
        }

        _open.Clear();
        _holders.Clear();
    }

    private SafeFd Open(PlanDescriptor descriptor) => descriptor switch
    {
        PlanDescriptor.Given given => given.Fd,
        PlanDescriptor.NamespaceFile file => OpenNamespace(file),
        PlanDescriptor.StartSocket => Sockets.BindIn(directory.Fd, ContainerDirectory.StartSocket, UnixSocketType.SeqPacket),
        PlanDescriptor.StatusPage => Memory.CreatePage("ocirun-status"),
        PlanDescriptor.MappingNamespace mapping => OpenMapping(mapping),
        PlanDescriptor.OverlayMount overlay => OverlayMount.Make(overlay.Root, maps => OpenMapping(new PlanDescriptor.MappingNamespace(maps, overlay.Root.Place))),
        PlanDescriptor.SeccompAgent agent => ConnectAgent(agent.Path),
        _ => throw new InvalidOperationException("unknown descriptor " + descriptor),
    };

    private static SafeFd OpenNamespace(PlanDescriptor.NamespaceFile file)
    {
        SafeFd? fd = Files.TryOpen(SafeFd.CurrentDirectory, file.Path, OpenFlags.ReadOnly | OpenFlags.NoCtty | OpenFlags.NonBlock, out Errno errno);
        return fd ?? throw new ContainerException(
            ErrorCode.Namespace, $"{file.Place}/path: the namespace {Quoting.Quote(file.Path)}: {ErrnoText.Describe(errno)}")
        { Place = file.Place + "/path", Call = "open", Errno = errno };
    }

    /// <summary>A user namespace whose only purpose is its mappings: made by a stage that waits until we have its descriptor.</summary>
    private SafeFd OpenMapping(PlanDescriptor.MappingNamespace mapping)
    {
        List<PlanStep> steps =
        [
            new(PlanOp.ParentDeath) { N0 = 9 },
            new(PlanOp.Unshare) { U0 = (ulong)CloneFlags.NewUser, Place = mapping.Place, What = "create a user namespace for the id mapping of a mount" },
            new(PlanOp.IdMaps) { Place = mapping.Place, What = "write the id mapping of a mount" },
            new(PlanOp.Pause),
        ];
        StageProcess stage = StageProcess.Start(steps, []);
        _holders.Add(stage);
        StageMessage? message = stage.Connection.Receive();
        if (message is not { Type: StageMessageType.Map })
        {
            throw message is { Type: StageMessageType.Fail }
                ? StageErrors.Explain(steps[message.Step], message.Detail, message.Errno, message.Text)
                : new ContainerException(ErrorCode.IdMapping, mapping.Place + ": the process that holds the id mapping died") { Place = mapping.Place };
        }

        IdMapWriter.Write(stage.Pid, mapping.Maps);
        SafeFd fd = Files.Open($"/proc/{stage.Pid}/ns/user", OpenFlags.ReadOnly);
        stage.Connection.Send(StageMessageType.Mapped);
        return fd;
    }

    private static SafeFd ConnectAgent(string path)
    {
        try
        {
            return Sockets.Connect(path, UnixSocketType.Stream);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Seccomp, "/linux/seccomp/listenerPath: cannot reach the seccomp agent: " + e.Message, e) { Place = "/linux/seccomp/listenerPath", Call = e.Call, Errno = e.Errno };
        }
    }
}
