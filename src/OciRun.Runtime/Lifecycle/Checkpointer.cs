using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Planning;
using OciRun.Runtime.State;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun checkpoint: CRIU writes the processes of a container to files, and ends them.</summary>
public static class Checkpointer
{
    private const string Log = "dump.log";

    /// <summary>Makes the checkpoint; then the container is gone, unless it is to go on.</summary>
    /// <exception cref="ContainerException">It could not be made. The container goes on then.</exception>
    public static void Checkpoint(RuntimeOptions runtime, CheckpointOptions options)
    {
        CriuLimits.CheckCaller("checkpoint");
        using ContainerDirectory directory = StateStore.Open(runtime.Root, options.Id, exclusive: true);
        StateFile state = directory.ReadState();
        string status = ContainerStatus.Of(ref state, directory);
        if (status is not (ContainerStatus.Running or ContainerStatus.Paused))
        {
            throw new ContainerException(ErrorCode.ContainerNotRunning, $"container not running: {Quoting.Quote(options.Id)} is {status}, and cannot be checkpointed");
        }

        RuntimeConfig config = ConfigReader.Read(directory.ReadConfig());
        CriuLimits.Check(config);
        CheckState(state);
        using SafeFd? pages = StatusPipe(options);
        CriuProgram.Check(tracksMemory: options.PreDump || options.ParentPath is not null, options.Criu.LazyPages);
        using CriuImages images = CriuImages.Create(options.Criu, Log);
        CriuRequest request = Request(options, images, state);
        if (!options.PreDump)
        {
            AddExternal(request, config, state);
            string[] streams = OuterStreams.Of(state.Pid);
            images.WriteStreams(streams);
            foreach (string stream in streams)
            {
                if (OuterStreams.IsFile(stream))
                {
                    request.Set(37, OuterStreams.NameOf(stream)!); // external
                }
            }
        }

        runtime.Diagnostics.Debug($"checkpoint: process {state.Pid} to {options.Criu.ImagePath}");
        using (CriuWorker worker = CriuWorker.Start())
        {
            _ = worker.Run(request, images, Log, (notification, descriptor) => Notified(notification, descriptor, pages, runtime.Diagnostics));
        }

        if (!options.LeaveRunning && !options.PreDump)
        {
            Deleter.Destroy(directory, state, runtime.Diagnostics);
        }
    }

    private static void CheckState(StateFile state)
    {
        if (state.OverlayLower.Count > 0)
        {
            throw CriuLimits.Layers();
        }

        if (state.NotifySocket is not null)
        {
            throw new ContainerException(ErrorCode.Unsupported, "the container cannot be checkpointed: it was created with NOTIFY_SOCKET, and a restored one would have nobody to notify");
        }
    }

    /// <summary>--status-fd.</summary>
    private static SafeFd? StatusPipe(CheckpointOptions options)
    {
        if (options.StatusFd < 0)
        {
            return null;
        }

        if (!options.Criu.LazyPages)
        {
            throw new ContainerException(ErrorCode.Usage, "--status-fd says when pages can be fetched: it goes with --lazy-pages");
        }

        return options.StatusFd < 3 + InitStage.InheritedDescriptors
            ? new SafeFd(options.StatusFd)
            : throw new ContainerException(ErrorCode.Usage, string.Create(CultureInfo.InvariantCulture, $"invalid --status-fd {options.StatusFd}: no such descriptor was passed in"));
    }

    private static CriuRequest Request(CheckpointOptions options, CriuImages images, StateFile state)
    {
        var request = new CriuRequest(options.PreDump ? CriuRequestType.PreDump : CriuRequestType.Dump);
        bool hasCgroup = state.CgroupPaths.Count > 0;
        request.AddCommon(options.Criu, images.Directory, images.Work, Log, hasCgroup);
        request.Set(2, state.Pid);
        request.Set(3, options.LeaveRunning);
        request.Set(18, options.LinkRemap);
        request.Set(46, options.TcpSkipInFlight);
        if (hasCgroup && Killer.OwnsCgroup(state) && (state.CgroupPaths.GetValueOrDefault("freezer") ?? state.CgroupPaths.GetValueOrDefault("")) is { } freezer)
        {
            request.Set(44, freezer); // freeze_cgroup: else each thread is stopped by ptrace(2)
        }

        if (options.ParentPath is not null)
        {
            images.CheckParent(options.ParentPath);
            request.Set(14, options.ParentPath);
        }

        if (options.ParentPath is not null || options.PreDump)
        {
            request.Set(15, true); // track_mem
        }

        if (options.PageServer is not null)
        {
            request.Set(11, options.PageServer, options.PageServerPort);
        }

        return request;
    }

    private static void AddExternal(CriuRequest request, RuntimeConfig config, StateFile state)
    {
        ExternalNamespaces.AddTo(request, NamespacePlan.From(config));
        using SafeFd root = Files.Open(string.Create(CultureInfo.InvariantCulture, $"/proc/{state.Pid}/root"), OpenFlags.Path | OpenFlags.Directory);
        List<ExternalMounts.Entry> entries = ExternalMounts.Of(config, state.Bundle, state.CgroupPaths, HostFacts.Gather(config));
        ExternalMounts.AddTo(request, entries, config.Linux?.MaskedPaths ?? [], root);
    }

    private static void Notified(CriuResponse notification, SafeFd? descriptor, SafeFd? pages, Diagnostics diagnostics)
    {
        descriptor?.Dispose();
        diagnostics.Debug($"checkpoint: criu: {notification.Script}");
        if (notification.Script == "status-ready" && pages is not null)
        {
            Files.Write(pages, [0], "--status-fd");
            pages.Dispose(); // who reads it waits for the end
        }
    }
}
