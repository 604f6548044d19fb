using System.Text;
using OciRun.Cli;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun completion.</summary>
internal sealed class CompletionVerb() : Verb("completion", "Prints a script that lets a shell complete the words of ocirun.")
{
    internal override string[] Operands => ["bash|zsh|fish"];

    internal override int Execute(Invocation call)
    {
        ReadOnlySpan<byte> script = call.Operands[0] switch
        {
            "bash" => CompletionScripts.Bash,
            "zsh" => CompletionScripts.Zsh,
            "fish" => CompletionScripts.Fish,
            var shell => throw Usage.Error(Name, $"unknown shell \"{shell}\" (bash, zsh, fish)"),
        };
        if (call.WantsJson)
        {
            var json = new JsonText(indented: true);
            json.StartObject();
            json.Property("shell", call.Operands[0]);
            json.Property("script", Encoding.UTF8.GetString(script));
            json.EndObject();
            json.EndLine();
            script = json.Written;
        }
        call.Output(script);
        return 0;
    }
}
