namespace OciRun.Build.Containerfile;

/// <summary>One instruction of a Containerfile, as it is written: variables are still in it.</summary>
/// <param name="Line">Where it begins, from 1.</param>
/// <param name="Name">Upper case: FROM, RUN, ….</param>
/// <param name="Flags">What stands before the arguments as <c>--name=value</c>; an empty value for <c>--name</c> alone.</param>
/// <param name="Text">The rest, continued lines joined.</param>
internal sealed record Instruction(int Line, string Name, IReadOnlyList<KeyValuePair<string, string>> Flags, string Text)
{
    /// <summary>The value of a flag; null where it is not given.</summary>
    internal string? Flag(string name)
    {
        string? value = null;
        foreach (var (key, given) in Flags)
        {
            value = key == name ? given : value;
        }

        return value;
    }

    /// <summary>The whole as one line, for messages and for the image's history.</summary>
    public override string ToString() => $"{Name} {string.Concat(Flags.Select(flag => flag.Value.Length > 0 ? $"--{flag.Key}={flag.Value} " : $"--{flag.Key} "))}{Text}";
}
