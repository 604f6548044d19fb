using System.Globalization;

namespace OciRun.Build.Containerfile;

/// <summary>A whole Containerfile: its stages, and which needs which. What does not hang on the value of a variable is checked before anything is done.</summary>
internal sealed class BuildFile
{
    private readonly BuildArguments _arguments;

    private BuildFile(string name, BuildArguments arguments) => (Name, _arguments) = (name, arguments);

    /// <summary>For messages.</summary>
    internal string Name { get; }

    /// <summary>In their order.</summary>
    internal List<Stage> Stages { get; } = [];

    /// <param name="text">The file.</param>
    /// <param name="name">For messages.</param>
    /// <param name="arguments">Gets what ARG before the first FROM declares.</param>
    /// <exception cref="Runtime.ContainerException">A line is wrong, or asks for what is not supported; the message names it.</exception>
    internal static BuildFile Parse(string text, string name, BuildArguments arguments)
    {
        var file = new BuildFile(name, arguments);
        List<Instruction> inside = [];
        foreach (Instruction instruction in FileReader.Read(text, name))
        {
            try
            {
                InstructionRules.Check(instruction);
                if (instruction.Name == "FROM")
                {
                    file.Stages.Add(file.Begin(instruction, inside = []));
                }
                else if (file.Stages.Count > 0)
                {
                    inside.Add(instruction);
                }
                else if (instruction.Name == "ARG")
                {
                    arguments.DeclareGlobal(instruction);
                }
                else
                {
                    throw new FormatException($"{instruction.Name} before the first FROM: only ARG can be there");
                }
            }
            catch (FormatException e)
            {
                throw FileReader.Fault(name, instruction.Line, e.Message);
            }
        }

        return file.Stages.Count > 0 ? file : throw BuildError.Usage($"{Linux.Quoting.Escape(name)} has no FROM");
    }

    /// <summary>The stage to be built: by name or number, else the last.</summary>
    /// <exception cref="Runtime.ContainerException">There is none of this name.</exception>
    internal Stage Target(string? name) => name is null
        ? Stages[^1]
        : Find(name, Stages.Count) ?? throw BuildError.Usage($"{Linux.Quoting.Escape(Name)} has no stage {Linux.Quoting.Quote(name)} (--target)");

    /// <summary>A stage before <paramref name="before"/>, by name or number; null: it is something else. Of two with one name the later one counts.</summary>
    internal Stage? Find(string name, int before)
    {
        Stage? named = Stages.FindLast(stage => stage.Index < before && string.Equals(stage.Name, name, StringComparison.OrdinalIgnoreCase));
        return named ?? (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out int index) && index < before ? Stages[index] : null);
    }

    /// <summary>The stage that a stage is built on; null: an image, or nothing.</summary>
    internal Stage? Below(Stage stage) => Find(stage.Base, stage.Index);

    /// <summary>A stage with all that it needs, in the order of the file.</summary>
    internal List<Stage> Needed(Stage target)
    {
        var needed = new SortedDictionary<int, Stage>();
        var open = new Stack<Stage>([target]);
        while (open.TryPop(out Stage? stage))
        {
            if (!needed.TryAdd(stage.Index, stage))
            {
                continue;
            }

            foreach (string name in stage.Instructions.Select(static instruction => instruction.Flag("from")).OfType<string>().Append(stage.Base))
            {
                if (Find(name, stage.Index) is { } other)
                {
                    open.Push(other);
                }
            }
        }

        return [.. needed.Values];
    }

    private Stage Begin(Instruction from, List<Instruction> inside)
    {
        List<string> words = Words.Split(from.Text);
        string below = _arguments.Global.Expand(words[0]);
        if (below.Length == 0)
        {
            throw new FormatException($"FROM {words[0]} names nothing: a variable is empty (ARG before the first FROM gives it a value)");
        }

        if (from.Flag("platform") is { } platform && _arguments.Global.Expand(platform) is var wanted && wanted != BuildArguments.Platform)
        {
            throw new FormatException($"FROM --platform={wanted}: this machine is {BuildArguments.Platform}, and others are not supported");
        }

        return new Stage(Stages.Count, from, below, words.Count == 3 ? words[2].ToLowerInvariant() : null, inside);
    }
}
