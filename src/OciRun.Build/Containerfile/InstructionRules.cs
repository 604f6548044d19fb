namespace OciRun.Build.Containerfile;

/// <summary>What can be told to be wrong with an instruction without doing it.</summary>
internal static class InstructionRules
{
    /// <exception cref="FormatException">What is wrong.</exception>
    internal static void Check(Instruction instruction)
    {
        string[] known = Flags(instruction.Name);
        foreach (var (flag, value) in instruction.Flags)
        {
            if (!known.Contains(flag))
            {
                string there = known.Length == 0 ? "it has no options" : "there are " + string.Join(", ", known.Select(static name => "--" + name));
                throw new FormatException($"{instruction.Name} --{Linux.Quoting.Escape(flag)} is not supported: {there}");
            }

            if (value.Length == 0 && flag != "link")
            {
                throw new FormatException($"{instruction.Name} --{flag} needs a value, as --{flag}=…");
            }
        }

        switch (instruction.Name)
        {
            case "FROM":
                CheckFrom(Words.Split(instruction.Text));
                break;
            case "COPY" or "ADD":
                CheckCopy(instruction);
                break;
            case "ENV" or "LABEL" or "ARG":
                CheckPairs(instruction);
                break;
            case "RUN" when instruction.Flag("network") is not (null or "none" or "host" or "default"):
                throw new FormatException($"RUN --network={instruction.Flag("network")}: it is none, host or default");
            case "SHELL" when Words.Json(instruction.Text) is not { Length: > 0 }:
                throw new FormatException("SHELL wants a list, as [\"/bin/sh\", \"-c\"]");
        }
    }

    /// <summary>Sources and destination of COPY and ADD, as they are written.</summary>
    internal static string[] CopyWords(Instruction instruction) => Words.Json(instruction.Text) ?? [.. Words.Split(instruction.Text)];

    /// <summary>Would docker fetch it?</summary>
    internal static bool IsRemote(string source) =>
        source.StartsWith("http://", StringComparison.OrdinalIgnoreCase) || source.StartsWith("https://", StringComparison.OrdinalIgnoreCase)
        || source.StartsWith("git@", StringComparison.Ordinal) || source.Contains("://", StringComparison.Ordinal);

    /// <summary>Octal permissions of --chmod; null: not given.</summary>
    /// <exception cref="FormatException">It is no octal number.</exception>
    internal static uint? Mode(string? text)
    {
        if (text is null)
        {
            return null;
        }

        uint mode = 0;
        foreach (char digit in text)
        {
            mode = digit is >= '0' and <= '7' && mode < 0x200 ? (mode << 3) | (uint)(digit - '0') : throw new FormatException($"--chmod={Linux.Quoting.Escape(text)}: it is an octal number, as 0755");
        }

        return mode;
    }

    private static string[] Flags(string name) => name switch
    {
        "FROM" => ["platform"],
        "RUN" => ["network"],
        "COPY" => ["from", "chown", "chmod", "link"],
        "ADD" => ["chown", "chmod", "link"],
        _ => [],
    };

    private static void CheckFrom(List<string> words)
    {
        if (words.Count is not (1 or 3) || (words.Count == 3 && !words[1].Equals("AS", StringComparison.OrdinalIgnoreCase)))
        {
            throw new FormatException("FROM wants an image, and perhaps AS and a name for the stage");
        }

        if (words.Count == 3 && (!char.IsAsciiLetter(words[2][0]) || !words[2].All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')))
        {
            throw new FormatException($"{Linux.Quoting.Quote(words[2])} is no name for a stage: a letter, then letters, digits, and any of -_.");
        }
    }

    private static void CheckCopy(Instruction instruction)
    {
        string[] words = CopyWords(instruction);
        if (words.Length < 2)
        {
            throw new FormatException($"{instruction.Name} wants at least one source, and a destination");
        }

        if (instruction.Name == "ADD" && Array.Find(words[..^1], IsRemote) is { } remote)
        {
            throw new FormatException($"ADD {Linux.Quoting.Escape(remote)}: nothing is fetched from the network: have it in the context, or fetch it with RUN");
        }

        if (words.Length > 2 && !words[^1].EndsWith('/') && words[^1] != ".")
        {
            throw new FormatException($"{instruction.Name} of several sources wants a directory as destination: {Linux.Quoting.Escape(words[^1])}/");
        }

        if (instruction.Flag("chmod") is { } mode && !mode.Contains('$', StringComparison.Ordinal))
        {
            Mode(mode);
        }
    }

    private static void CheckPairs(Instruction instruction)
    {
        foreach (var (name, value) in Words.Pairs(instruction.Text, old: instruction.Name != "ARG"))
        {
            if (name.Length == 0 || (value is null && instruction.Name != "ARG"))
            {
                throw new FormatException($"{instruction.Name} wants NAME=VALUE, not {Linux.Quoting.Escape(value is null ? name : "=" + value)}");
            }
        }
    }
}
