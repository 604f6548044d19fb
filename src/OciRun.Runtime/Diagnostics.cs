using System.Runtime.CompilerServices;
using OciRun.Runtime.Tracing;

namespace OciRun.Runtime;

/// <summary>
/// Where an operation leaves what is not its result. Warnings are held until the outcome is known (podman parses the whole log as one JSON object),
/// debug lines go to their own file at once.
/// </summary>
public sealed class Diagnostics
{
    private readonly List<string> _warnings = [];
    private readonly Action<string>? _debug;

    /// <param name="debug">Writes one debug line; null: nobody reads them, and they are not even made.</param>
    /// <param name="strict">--strict: what is done otherwise than asked for is an error.</param>
    public Diagnostics(Action<string>? debug = null, bool strict = false)
    {
        _debug = debug;
        IsStrict = strict;
    }

    /// <summary>--trace: takes the times; null: nobody asks.</summary>
    public Tracer? Tracer { get; init; }

    /// <summary>Begins a phase of a verb, and ends the one before.</summary>
    internal void Phase(string name) => Tracer?.Phase(name);

    /// <summary>Begins something within a phase, until it is disposed.</summary>
    internal TraceSpan Span(string name) => Tracer is null ? default : Tracer.Begin(name);

    /// <summary>--strict.</summary>
    public bool IsStrict { get; }

    /// <summary>The warnings so far, in order.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Someone reads the debug lines.</summary>
    public bool DebugEnabled => _debug is not null;

    /// <summary>Something that did not change the outcome, and that the user should know.</summary>
    public void Warn(string message) => _warnings.Add(message);

    /// <summary>Something that was asked for is left out, or is done in a weaker way: a warning, and with --strict an error.</summary>
    /// <exception cref="ContainerException">--strict.</exception>
    public void Weaken(string message)
    {
        if (IsStrict)
        {
            throw Refusal(message);
        }

        Warn(message);
    }

    /// <summary>A second way that gives what was asked for on most hosts: a debug line, and with --strict an error.</summary>
    /// <exception cref="ContainerException">--strict.</exception>
    public void Fallback(string message)
    {
        if (IsStrict)
        {
            throw Refusal(message);
        }

        Debug(message);
    }

    private static ContainerException Refusal(string message)
    {
        int colon = message.IndexOf(": ", StringComparison.Ordinal);
        return new ContainerException(ErrorCode.Strict, message + "; refused because of --strict") { Place = message.StartsWith('/') && colon > 0 ? message[..colon] : null };
    }

    /// <summary>A line for who wants to see the steps. The text is not even made when nobody reads it.</summary>
    public void Debug([InterpolatedStringHandlerArgument("")] DebugText message) => _debug?.Invoke(message.ToStringAndClear());

    /// <summary>The same for a text that costs nothing.</summary>
    public void Debug(string message) => _debug?.Invoke(message);

    /// <summary>The text of a debug line, made only when there is a reader.</summary>
    [InterpolatedStringHandler]
    public ref struct DebugText
    {
        private DefaultInterpolatedStringHandler _text;

        /// <summary>Called by the compiler.</summary>
        public DebugText(int literalLength, int formattedCount, Diagnostics diagnostics, out bool isWanted)
        {
            isWanted = diagnostics.DebugEnabled;
            _text = isWanted ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
        }

        /// <summary>Called by the compiler.</summary>
        public void AppendLiteral(string value) => _text.AppendLiteral(value);

        /// <summary>Called by the compiler.</summary>
        public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

        internal string ToStringAndClear() => _text.ToStringAndClear();
    }
}
