namespace OciRun.Cli;

/// <summary>
/// One verb: its words for the command line, and the one call of the runtime that it makes. Only the verb that was asked for is built.
/// </summary>
internal abstract class Verb
{
    /// <param name="name">As it is given.</param>
    /// <param name="description">For help.</param>
    protected Verb(string name, string description)
    {
        Name = name;
        Description = description;
        Options.Add(new CommandOption(OutputFormat.Name) { ValueName = "text|json", Description = "the form of errors, and of what it prints (default: text)" });
    }

    /// <summary>As it is given.</summary>
    internal string Name { get; }

    /// <summary>For help.</summary>
    internal string Description { get; }

    /// <summary>In the order in which help lists them.</summary>
    internal List<CommandOption> Options { get; } = [];

    /// <summary>What follows the options, as help shows it; optional ones stand in brackets at the end.</summary>
    internal virtual string[] Operands => ["CONTAINER"];

    /// <summary>The last operand may be given more than once.</summary>
    internal virtual bool RepeatsLastOperand => false;

    /// <summary>Options may follow the id too. Not where a command for the container follows it, nor where runc stops at the id.</summary>
    internal virtual bool OptionsAfterOperands => true;

    /// <summary>Its output is read by programs that take standard error along: warnings go to the log, or nowhere.</summary>
    internal virtual bool IsQuiet => false;

    /// <summary>
    /// Signals end it as they end any program. The others have them blocked from the start: what they do is short, and better done than left half done, or
    /// they pass them on.
    /// </summary>
    internal virtual bool IsInterruptible => false;

    /// <summary>Exit code for errors of our own.</summary>
    internal virtual int FailureExitCode => 1;

    /// <summary>What its errors begin with, as those of runc do.</summary>
    internal virtual string FailurePrefix => "";

    /// <summary>More about an option that it does not have, appended to the error; null for nothing.</summary>
    internal virtual string? HintFor(string option) => null;

    /// <summary>It touches files of layers, which belong to ids that an ordinary user has in a namespace of his own only: it is run there.</summary>
    internal virtual bool NeedsOwnNamespace(OptionValues values) => false;

    /// <summary>Does it; gives the exit code. Throws what the runtime throws.</summary>
    internal abstract int Execute(Invocation call);

    /// <summary>A command for the container may follow the operands.</summary>
    internal virtual bool TakesCommand(OptionValues values) => false;

    /// <summary>Counts the operands. Throws <see cref="Runtime.ContainerException"/> with <see cref="Runtime.ErrorCode.Usage"/>.</summary>
    internal void CheckOperands(List<string> words, OptionValues values)
    {
        if (words.Count > Operands.Length && !RepeatsLastOperand && !TakesCommand(values))
        {
            string surplus = words[Operands.Length];
            throw Usage.Error(Name, OptionsAfterOperands || !surplus.StartsWith('-')
                ? $"unexpected argument \"{surplus}\""
                : $"unexpected argument \"{surplus}\": options come before the container's id");
        }
        if (words.Count < Operands.Length && Operands[words.Count][0] != '[')
        {
            throw Usage.Error(Name, $"\"{Name}\" requires {(Operands[words.Count] == "CONTAINER" ? "the id of a container" : Operands[words.Count])}");
        }
    }
}
