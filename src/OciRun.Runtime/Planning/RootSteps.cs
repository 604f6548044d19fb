using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Planning;

/// <summary>The root filesystem: that of the bundle, or one of layers.</summary>
internal static class RootSteps
{
    internal static void Add(PlanBuilder plan, PlanContext context, string rootfs)
    {
        bool ownMounts = context.Namespaces.IsNew(CloneFlags.NewNamespace);
        bool attach = ownMounts || context.Namespaces.JoinedOf(CloneFlags.NewNamespace) is not null;
        MountFlag.TryGetPropagation(context.Config.Linux?.RootfsPropagation, out ulong propagation);
        StepFlags flags = StepFlags.TreeRecursive | (attach ? StepFlags.RootfsAttach : StepFlags.None);
        int descriptor = -1;
        if (context.Request.Overlay is { } overlay)
        {
            if (!ownMounts)
            {
                throw new ContainerException(
                    ErrorCode.InvalidConfig, $"{overlay.Place}: a root filesystem of layers needs a new mount namespace: add {{\"type\": \"mount\"}} to linux.namespaces")
                { Place = overlay.Place };
            }

            if (IsMadeByTheStage(context))
            {
                AddOverlay(plan, overlay);
                flags |= StepFlags.RootfsTree;
            }
            else
            {
                descriptor = plan.Descriptor(new PlanDescriptor.OverlayMount(overlay));
            }
        }

        // The stage's own overlay belongs to its user namespace, and the rootfs is only the place for it; all else is opened with the host's credentials.
        bool opener = ProcessSteps.HasOpener(context.Namespaces, context.Host);
        plan.Add(new PlanStep(PlanOp.Rootfs)
        {
            S0 = rootfs,
            Descriptor = descriptor,
            Flags = flags | (opener ? StepFlags.TreeByOpener : StepFlags.None),
            U0 = propagation == 0 || (propagation & MountFlag.Shared) != 0 ? 0 : propagation & ~MountFlag.Rec,
            Place = "/root/path",
            What = $"open the root filesystem {Quoting.Quote(rootfs)}",
        });
    }

    /// <summary>A caller who may mount nothing becomes root of the container's user namespace first.</summary>
    private static bool IsMadeByTheStage(PlanContext context) => context.Namespaces.IsOwn(CloneFlags.NewUser) && !context.Host.IsHostRoot;

    private static void AddOverlay(PlanBuilder plan, OverlayRoot overlay)
    {
        string what = "put the root filesystem together";
        if (overlay.IsSingle)
        {
            plan.Add(new PlanStep(PlanOp.Tree) { S0 = overlay.Lower[0], Place = overlay.Place, What = what });
            plan.Add(new PlanStep(PlanOp.TreeAttr) { U0 = MountAttr.ReadOnly, Place = overlay.Place, What = what });
            return;
        }

        if (overlay.MemorySize is not null)
        {
            throw new ContainerException(ErrorCode.Unsupported, $"{overlay.Place}: changes in memory need root: name a directory instead (--overlay=DIR)");
        }

        plan.Add(new PlanStep(PlanOp.FsOpen) { S0 = "overlay", Place = overlay.Place, What = what });
        void Set(string key, string? value) => plan.Add(new PlanStep(PlanOp.FsSet) { S0 = key, S1 = value, Place = overlay.Place, What = what });
        Set("source", "overlay");
        Set("userxattr", null);
        foreach (string lower in overlay.Lower)
        {
            Set("lowerdir+", lower);
        }

        if (overlay.Upper is not null)
        {
            Set("upperdir", EscapeUpper(overlay.Upper));
            Set("workdir", EscapeUpper(overlay.Work!));
        }

        plan.Add(new PlanStep(PlanOp.FsMount) { Place = overlay.Place, What = what });
    }

    /// <summary>The kernel takes a backslash in these two for the beginning of an escape, as in the option string of mount(2) (seen on 6.18).</summary>
    internal static string EscapeUpper(string path) => path.Replace("\\", "\\\\", StringComparison.Ordinal);
}
