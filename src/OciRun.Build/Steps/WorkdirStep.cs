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
        session.Step(state, instruction, [path], () => session.Write(state, root => RootedPath.MakeDirectories(root, RootedPath.Resolve(root, RawName.FromText(path)), (0, 0))));
    }
}
