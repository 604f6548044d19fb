using OciRun.Cli;

namespace OciRun.Verbs;

/// <summary>ocirun completion.</summary>
internal sealed class CompletionVerb() : Verb("completion", "Prints a script that lets a shell complete the words of ocirun.")
{
    internal override string[] Operands => ["bash|zsh|fish"];

    internal override int Execute(Invocation call)
    {
        call.Output(call.Operands[0] switch
        {
            "bash" => CompletionScripts.Bash,
            "zsh" => CompletionScripts.Zsh,
            "fish" => CompletionScripts.Fish,
            var shell => throw Usage.Error(Name, $"unknown shell \"{shell}\" (bash, zsh, fish)"),
        });
        return 0;
    }
}
