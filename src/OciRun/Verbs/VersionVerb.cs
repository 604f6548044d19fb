using System.Text;
using OciRun.Cli;

namespace OciRun.Verbs;

/// <summary>ocirun version.</summary>
internal sealed class VersionVerb : Verb
{
    private readonly OutputFormat _format;

    internal VersionVerb() : base("version", "Prints the version, as --version does.") => _format = new OutputFormat(Options, ["text", "json"]);

    internal override string[] Operands => [];

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        call.Output(_format.Read(call) == "json" ? VersionText.Json() : Encoding.UTF8.GetBytes(VersionText.Text()));
        return 0;
    }
}
