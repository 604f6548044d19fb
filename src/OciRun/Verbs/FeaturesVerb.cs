using OciRun.Cli;

namespace OciRun.Verbs;

/// <summary>ocirun features.</summary>
internal sealed class FeaturesVerb() : Verb("features", "Prints what this runtime can do, as JSON (features.md of the specification).")
{
    internal override string[] Operands => [];

    /// <summary>CRI-O takes both streams for the JSON.</summary>
    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        call.Output(FeaturesText.Json());
        return 0;
    }
}
