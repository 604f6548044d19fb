using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>One call of a verb.</summary>
/// <param name="Global">The options before the verb.</param>
/// <param name="Verb">The verb.</param>
/// <param name="Values">The options that were given.</param>
/// <param name="Operands">The words after them.</param>
/// <param name="Diagnostics">Warnings and debug lines.</param>
/// <param name="Output">Standard output.</param>
internal sealed record Invocation(
    GlobalSettings Global, Verb Verb, OptionValues Values, IReadOnlyList<string> Operands, Diagnostics Diagnostics, ByteSink Output)
{
    /// <summary>The container's id, not yet validated.</summary>
    internal string Id => Operands[0];

    /// <summary>What the runtime wants to know; throws where no root directory can be named.</summary>
    internal RuntimeOptions Runtime => new(Global.Root ?? RootDirectory.Default(), Global.CgroupDriver, Diagnostics);
}
