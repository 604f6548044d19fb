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
    public Diagnostics(Action<string>? debug = null) => _debug = debug;

    /// <summary>The warnings so far, in order.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Someone reads the debug lines.</summary>
    public bool DebugEnabled => _debug is not null;

    /// <summary>Something that did not change the outcome, and that the user should know.</summary>
    public void Warn(string message) => _warnings.Add(message);

    /// <summary>A line for who wants to see the steps.</summary>
    public void Debug(string message) => _debug?.Invoke(message);
}
