using OciRun.Build.Containerfile;
using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>WORKDIR: a setting, and a directory that is made where it is missing.</summary>
internal static class WorkdirStep
{
    internal static void Execute(BuildSession session, StageState state, Instruction instruction)
    {
        string written = state.Variables.Expand(instruction.Text);
        string path = Path.GetFullPath(SettingSteps.Path(state, written.Length > 0 ? written : throw new FormatException($"WORKDIR {instruction.Text} names nothing: a variable is empty")));
        state.Settings = state.Settings with { WorkingDir = path };
        IReadOnlyList<string> layers = state.Lower;
        ImageUser user = ImageUser.Find(state.Settings.User ?? "", LayerFiles.Read(layers, "etc/passwd"), LayerFiles.Read(layers, "etc/group")); // whose it is, as BuildKit and buildah have it
        session.Step(state, instruction, [path, StepKey.Text(user.Uid), StepKey.Text(user.Gid)], () => session.Write(state, root => RootedPath.MakeDirectories(root, RootedPath.Resolve(root, RawName.FromText(path)), (user.Uid, user.Gid))));
    }
}
