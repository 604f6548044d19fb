using System.Globalization;
using OciRun.Build.Containerfile;
using OciRun.Cgroups;
using OciRun.Images.Changes;
using OciRun.Images.Model;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Build.Steps;

/// <summary>RUN: a program in a container of the stage as it is; what it changes becomes a layer, less what the runtime has made to mount on (I102, I103).</summary>
internal static class RunStep
{
    private static int s_count;

    internal static void Execute(BuildSession session, StageState state, Instruction instruction)
    {
        string[] words = SettingSteps.Command(state, instruction.Text);
        string[] arguments = [.. state.Variables.Arguments.Select(static argument => $"{argument.Key}={argument.Value}")];
        string network = instruction.Flag("network") is { } own and not "default" ? own : session.Options.Network;
        session.Step(state, instruction, [network, StepKey.Text(words.Length), .. words, .. arguments], () => Run(session, state, instruction, words, arguments, network));
    }

    private static WrittenLayer? Run(BuildSession session, StageState state, Instruction instruction, string[] words, string[] arguments, string network)
    {
        if (state.Layers.Count == 0)
        {
            throw new FormatException("there is nothing to run in: FROM scratch has no files yet");
        }

        var (runtime, store) = (session.Runtime, session.Store);
        string id = string.Create(CultureInfo.InvariantCulture, $"build-{Environment.ProcessId}-{++s_count}");
        var options = new BundleOptions
        {
            Command = words,
            Environment = [.. session.Arguments.Proxies.Select(static proxy => $"{proxy.Key}={proxy.Value}"), .. arguments],
            Network = network,
            Hostname = "build",
        };
        ImageConfig image = (state.Image?.Config ?? new ImageConfig()) with { Config = state.Settings with { Entrypoint = null, Cmd = null } };
        RuntimeConfig config = BundleConfig.Make(id, null, image, state.Lower, options, CgroupHost.IsUnified);
        using ContainerBundle bundle = ImageBundle.MakeForBuild(store, runtime.Root, id, config, state.Lower);
        try
        {
            // Kept: the bundle is what tells BuildLeftovers of the container's state, and so has to outlive it.
            var (code, status) = Runner.RunToEnd(runtime, new CreateOptions(id, bundle.Path) { Overlay = new OverlayRequest(OverlayKind.Kept, bundle.Path) });
            try
            {
                return code == 0 ? Changes(session, id) : throw new ContainerException(ErrorCode.Build, $"{Linux.Quoting.Escape(instruction.ToString())}: {status}");
            }
            finally
            {
                Deleter.Delete(runtime, id, force: true);
            }
        }
        finally
        {
            bundle.Remove();
        }
    }

    private static WrittenLayer? Changes(BuildSession session, string id)
    {
        using ContainerFiles container = ContainerFiles.Open(session.Runtime, id);
        using ChangedTree? tree = ContainerChanges.Open(container, id);
        return tree is null ? null : session.Store.WriteLayer(tree, session.Options.Epoch);
    }
}
