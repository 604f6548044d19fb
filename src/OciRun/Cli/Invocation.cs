using System.Globalization;
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
    /// <summary>--format json, of a verb that has no further forms.</summary>
    internal bool WantsJson => Values.Of(OutputFormat.Name) == "json";

    /// <summary>Standard error, for what a verb says beside the output of a program.</summary>
    internal ByteSink Error { get; init; } = static _ => { };

    /// <summary>The container's id, not yet validated.</summary>
    internal string Id => Operands[0];

    /// <summary>A value; null for an empty one too: runc takes it for an absent one, and callers with unset variables rely on it.</summary>
    internal string? NonEmpty(CommandOption option) => Values.Of(option) is { Length: > 0 } value ? value : null;

    /// <summary>A path, absolute; null as <see cref="NonEmpty"/>.</summary>
    internal string? AbsolutePath(CommandOption option) => NonEmpty(option) is { } path ? PathText.Absolute(path) : null;

    /// <summary>A number from 0; 0 when it was not given.</summary>
    internal int Count(CommandOption option) => Values.Of(option) is not { } text ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count) ? count
        : throw Usage.Error(Verb.Name, $"invalid value \"{text}\" for {option.Name}: it is a number from 0");

    /// <summary>What the runtime wants to know; throws where no root directory can be named.</summary>
    internal RuntimeOptions Runtime => new(Global.Root ?? RootDirectory.Default(), Global.CgroupDriver, Diagnostics);

    /// <summary>The same for verbs that look at no container: a root directory need not be there.</summary>
    internal RuntimeOptions WithoutState => new(Global.Root ?? "", Global.CgroupDriver, Diagnostics);
}
