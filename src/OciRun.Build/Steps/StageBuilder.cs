using OciRun.Build.Containerfile;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Build.Steps;

/// <summary>Builds the stages that a target needs, instruction by instruction.</summary>
internal sealed class StageBuilder(BuildSession session)
{
    private int _step, _steps;

    /// <summary>Builds.</summary>
    /// <returns>The last of them.</returns>
    /// <exception cref="ContainerException">With the file and line of the instruction that failed.</exception>
    internal StageState Run(IReadOnlyList<Stage> stages)
    {
        _steps = stages.Sum(static stage => stage.Instructions.Count + 1);
        foreach (Stage stage in stages)
        {
            Resolve(stage);
        }

        StageState state = StageState.Of(null, null);
        foreach (Stage stage in stages)
        {
            Begin(stage.From);
            state = session.File.Below(stage) is { } below ? StageState.Of(session[below]) : StageState.Of(stage.Base == "scratch" ? null : session.Image(stage.Base), session.Options.Epoch);
            foreach (Instruction instruction in stage.Instructions)
            {
                Begin(instruction);
                At(instruction, () => Execute(stage, state, instruction));
            }

            session.Keep(stage, state);
        }

        return state;
    }

    /// <summary>Images that are missing are told before anything is run; and a relative path is one of where we are now.</summary>
    private void Resolve(Stage stage)
    {
        if (stage.Base != "scratch" && session.File.Below(stage) is null)
        {
            At(stage.From, () => session.Image(stage.Base));
        }

        foreach (Instruction instruction in stage.Instructions)
        {
            if (instruction.Flag("from") is { } from && session.File.Find(from, stage.Index) is null)
            {
                At(instruction, () => session.Image(from));
            }
        }
    }

    private void Begin(Instruction instruction) => session.Options.Say($"STEP {++_step}/{_steps}: {Quoting.Escape(instruction.ToString())}");

    private void Execute(Stage stage, StageState state, Instruction instruction)
    {
        switch (instruction.Name)
        {
            case "ARG":
                session.Arguments.Declare(instruction, state.Variables);
                break;
            case "RUN":
                RunStep.Execute(session, state, instruction);
                break;
            case "COPY" or "ADD":
                CopyStep.Execute(session, stage, state, instruction);
                break;
            case "WORKDIR":
                WorkdirStep.Execute(session, state, instruction);
                break;
            default:
                string meaning = SettingSteps.Apply(state, instruction);
                session.Step(state, instruction, [meaning], static () => null);
                break;
        }
    }

    /// <summary>Errors name the line.</summary>
    private void At(Instruction instruction, Action action)
    {
        string place = $"{Quoting.Escape(session.File.Name)}:{instruction.Line}: ";
        try
        {
            action();
        }
        catch (FormatException e)
        {
            throw new ContainerException(ErrorCode.Usage, place + e.Message, e);
        }
        catch (ContainerException e)
        {
            throw new ContainerException(e.Code, place + e.Message, e) { Place = e.Place, Call = e.Call, Errno = e.Errno };
        }
        catch (ImageException e)
        {
            throw new ImageException(e.Error, place + e.Message, e.InnerException);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Store, $"{place}{instruction.Name}: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }
    }
}
