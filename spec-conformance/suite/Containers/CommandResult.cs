namespace OciRun.Conformance.Containers;

/// <summary>What a program answered. Its output is read anew each time, as a container may still write to it.</summary>
/// <param name="Words">Program and arguments.</param>
/// <param name="ExitCode">Its status, 128 + n when signal n ended it, <see cref="Hung"/> when it did not end.</param>
/// <param name="OutputFile">Where its standard output is.</param>
/// <param name="ErrorFile">Where its standard error is.</param>
internal sealed record CommandResult(IReadOnlyList<string> Words, int ExitCode, string OutputFile, string ErrorFile)
{
    public const int Hung = -1;

    public string Output => File.Exists(OutputFile) ? File.ReadAllText(OutputFile) : "";

    public string Error => File.Exists(ErrorFile) ? File.ReadAllText(ErrorFile) : "";

    /// <summary>The operation must not generate an error.</summary>
    public CommandResult ShouldSucceed()
    {
        Check.That(ExitCode == 0, $"{Verb} failed: {Why}");
        return this;
    }

    /// <summary>The operation must generate an error, and crash or hang no more than succeed.</summary>
    public CommandResult ShouldFail(string reason)
    {
        Check.That(ExitCode != 0, $"{Verb} generates no error: {reason}");
        Check.That(ExitCode != Hung && !Crashed, $"{Verb} generates no error but {Why}: {reason}");
        return this;
    }

    /// <summary>The probe's answers in the output.</summary>
    public ProbeOutput Probe => new(Output);

    /// <summary>"verb id: exit 1: the first lines of what it said", with the sandbox's own paths shortened.</summary>
    public string Shown(Sandbox box) => box.Shorten($"{Verb}: {Why}");

    // 255 is an error of a runtime, no signal.
    private bool Crashed => ExitCode is > 128 and < 160;

    // The words after the program and its global options.
    private string Verb => Words.Count > 3 && Words[1] == "--root" ? Words[3] : string.Join(' ', Words.Skip(1).Take(1));

    private string Why
    {
        get
        {
            string status = ExitCode switch { Hung => "did not end", _ when Crashed => $"ended by signal {ExitCode - 128}", _ => $"exit {ExitCode}" };
            string[] lines = [.. (Error + "\n" + (ExitCode == 0 ? "" : Output)).Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0).Take(3)];
            string text = string.Join(" / ", lines);
            return text.Length == 0 ? status : $"{status}: {(text.Length > 300 ? text[..300] + "…" : text)}";
        }
    }
}
