using System.Globalization;
using OciRun.Cgroups;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun explain: what create would do with a bundle on this machine, read from the plan that create would hand to the stage.</summary>
public sealed class Explainer
{
    private readonly List<ExplainedLine> _lines = [];
    private readonly Bundle _bundle;
    private readonly PlanPreview _preview;

    private Explainer(Bundle bundle, PlanPreview preview)
    {
        _bundle = bundle;
        _preview = preview;
    }

    /// <summary>All of it, in the order in which it would happen.</summary>
    /// <param name="runtime">Whose cgroups; gets the warnings that create would give.</param>
    /// <param name="directory">Absolute path of the bundle.</param>
    /// <exception cref="ContainerException">As create before it makes anything.</exception>
    public static IReadOnlyList<ExplainedLine> Explain(RuntimeOptions runtime, string directory)
    {
        Bundle bundle = Bundle.Read(directory, null, runtime.Diagnostics);
        SysctlScope.Check(bundle.Config);
        var explainer = new Explainer(bundle, PlanPreview.Make(runtime, bundle));
        explainer.Cgroup();
        explainer.Namespaces();
        explainer.Steps();
        explainer.Host();
        explainer.Seccomp();
        explainer.Remarks();
        return explainer._lines;
    }

    /// <summary>What the one has and the other has not: the shortest way from the first to the second, in its order.</summary>
    public static IReadOnlyList<ExplainedLine> Compare(IReadOnlyList<ExplainedLine> first, IReadOnlyList<ExplainedLine> second)
    {
        // Length of the longest common rest, from each pair of lines on.
        int width = second.Count + 1;
        int[] common = new int[(first.Count + 1) * width];
        for (int i = first.Count - 1; i >= 0; i--)
        {
            for (int j = second.Count - 1; j >= 0; j--)
            {
                int at = (i * width) + j;
                common[at] = Same(first[i], second[j]) ? common[at + width + 1] + 1 : Math.Max(common[at + width], common[at + 1]);
            }
        }

        var changes = new List<ExplainedLine>();
        for (int i = 0, j = 0; i < first.Count || j < second.Count;)
        {
            if (i < first.Count && j < second.Count && Same(first[i], second[j]))
            {
                i++;
                j++;
            }
            else if (i < first.Count && (j == second.Count || common[((i + 1) * width) + j] >= common[(i * width) + j + 1]))
            {
                changes.Add(first[i++] with { Change = '-' });
            }
            else
            {
                changes.Add(second[j++] with { Change = '+' });
            }
        }

        return changes;
    }

    /// <summary>The index of a mount is no difference.</summary>
    private static bool Same(ExplainedLine a, ExplainedLine b) => a.Section == b.Section && a.Text == b.Text;

    private void Add(string section, string text, string? place) => _lines.Add(new ExplainedLine(section, text, place));

    private void Cgroup()
    {
        if (_preview.Class is { } rdt)
        {
            Add("cgroup", $"class of service {rdt.Directory}" + (rdt.Monitor is null ? "" : ", monitored by " + rdt.Monitor), "/linux/intelRdt");
        }

        if (_preview.Cgroup is not { } cgroup)
        {
            return;
        }

        foreach ((string controller, string path) in cgroup.Paths)
        {
            Add("cgroup", controller.Length == 0 ? $"make {path}" : $"make {path} ({controller})", "/linux/cgroupsPath");
        }

        Resources? resources = _bundle.Config.Linux?.Resources;
        foreach (CgroupWrite write in CgroupSetup.Translate(() => cgroup.PreviewLimits(resources)).Writes)
        {
            Add("cgroup", $"{write.File} = {write.Value}" + (write.Optional ? " (where it exists)" : write.Fallback is { } other ? $" (or {other.File} = {other.Value})" : ""), write.Place);
        }

        if (_preview.Host.IsHostRoot)
        {
            foreach (string rule in CgroupSetup.Translate(() => Cgroups.Cgroup.PreviewDevices(resources?.Devices)))
            {
                Add("device rules", rule, "/linux/resources/devices");
            }
        }
    }

    private void Namespaces()
    {
        NamespacePlan namespaces = _preview.Plan.Namespaces;
        if (_preview.Plan.SpawnFlags is not CloneFlags.None and var made)
        {
            Add("namespaces", "new with the first process: " + StepText.Namespaces((ulong)made), "/linux/namespaces");
        }

        if ((namespaces.New & ~_preview.Plan.SpawnFlags) is not CloneFlags.None and var later)
        {
            Add("namespaces", "new by unshare: " + StepText.Namespaces((ulong)later), "/linux/namespaces");
        }

        foreach (JoinedNamespace joined in namespaces.Joined)
        {
            Add("namespaces", $"join {StepText.Namespaces((ulong)joined.Type)}: {joined.Path}", joined.Place);
        }

        if (namespaces.Maps is { } maps)
        {
            Add("namespaces", "user ids (inside, outside, count): " + IdMaps.Lines(maps.Uids).Trim().Replace("\n", ", ", StringComparison.Ordinal), "/linux/uidMappings");
            Add("namespaces", "group ids (inside, outside, count): " + IdMaps.Lines(maps.Gids).Trim().Replace("\n", ", ", StringComparison.Ordinal), "/linux/gidMappings");
        }
    }

    /// <summary>What builds one mount is one line.</summary>
    private void Steps()
    {
        List<PlanStep> steps = _preview.Plan.Steps;
        for (int i = 0; i < steps.Count;)
        {
            string subject = StepText.SubjectOf(steps[i]), details = "";
            PlanStep first = steps[i];
            for (; i < steps.Count && StepText.SubjectOf(steps[i]) == subject && steps[i].Place == first.Place; i++)
            {
                if (StepText.DetailOf(steps[i]) is { Length: > 0 } detail)
                {
                    details += (details.Length == 0 ? detail[0] == '(' ? " " : ": " : steps[i].Op == PlanOp.FsSet ? " " : "; ") + detail;
                }
            }

            Add("steps", subject + details, first.Place);
        }
    }

    /// <summary>What the runtime does itself while the stage waits for it.</summary>
    private void Host()
    {
        foreach (PlanStep step in _preview.Plan.HostSteps)
        {
            Add("from outside", StepText.SubjectOf(step) + ": " + StepText.DetailOf(step), step.Place);
        }

        foreach ((_, Rlimit limit, string place) in _preview.Plan.RaisedLimits)
        {
            Add("from outside", string.Create(CultureInfo.InvariantCulture, $"set {limit.Type}: {limit.Soft}:{limit.Hard}"), place);
        }

        if (_bundle.Config.Process?.OomScoreAdj is { } score)
        {
            Add("from outside", string.Create(CultureInfo.InvariantCulture, $"oom_score_adj = {score}"), "/process/oomScoreAdj");
        }

        foreach ((string name, NetDevice device) in _bundle.Config.Linux?.NetDevices ?? [])
        {
            Add("from outside", $"move the network device {name}" + (string.IsNullOrEmpty(device.Name) ? "" : " as " + device.Name), "/linux/netDevices/" + JsonPointer.Escape(name));
        }

        Hooks("prestart", _bundle.Config.Hooks?.Prestart, "when everything is mounted");
        Hooks("createRuntime", _bundle.Config.Hooks?.CreateRuntime, "when everything is mounted");
        Hooks("poststart", _bundle.Config.Hooks?.Poststart, "when the program runs");
        Hooks("poststop", _bundle.Config.Hooks?.Poststop, "when the container is deleted");
    }

    private void Hooks(string kind, Hook[]? hooks, string when)
    {
        for (int i = 0; i < (hooks?.Length ?? 0); i++)
        {
            Hook hook = hooks![i];
            string timeout = hook.Timeout is > 0 and var seconds ? string.Create(CultureInfo.InvariantCulture, $", at most {seconds} s") : "";
            Add("hooks", $"{kind}, {when}: {hook.Path} ({string.Join(' ', hook.Args ?? [])}){timeout}", string.Create(CultureInfo.InvariantCulture, $"/hooks/{kind}/{i}"));
        }
    }

    private void Seccomp()
    {
        if (_bundle.Config.Linux?.Seccomp is not { } profile)
        {
            return;
        }

        Add("seccomp", $"what no rule names: {profile.DefaultAction}" + Returned(profile.DefaultErrnoRet), "/linux/seccomp/defaultAction");
        Add("seccomp", "architectures: " + (profile.Architectures is { Length: > 0 } list ? string.Join(' ', list) : "the machine's own"), "/linux/seccomp/architectures");
        for (int i = 0; i < (profile.Syscalls?.Length ?? 0); i++)
        {
            SeccompRule rule = profile.Syscalls![i];
            string conditions = rule.Args is { Length: > 0 } args ? string.Create(CultureInfo.InvariantCulture, $" on {args.Length} conditions") : "";
            Add("seccomp", $"{rule.Action}{Returned(rule.ErrnoRet)}{conditions}: {string.Join(' ', rule.Names ?? [])}", string.Create(CultureInfo.InvariantCulture, $"/linux/seccomp/syscalls/{i}"));
        }
    }

    private static string Returned(uint? errno) => errno is { } value ? $" ({(Errno)value})" : "";

    private void Remarks()
    {
        _preview.Plan.Warnings.ForEach(warning => Add("warnings", warning, null));
        _preview.Plan.Fallbacks.ForEach(fallback => Add("in place of the usual", fallback, null));
    }
}
