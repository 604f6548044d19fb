using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>
/// Says how an invocation ended. Warnings wait for the outcome: podman reads the whole log as one JSON object, so on failure they are inside the
/// one error object. Debug lines never enter the log; they have a file of their own.
/// </summary>
internal sealed class Report : IDisposable
{
    private readonly GlobalSettings _settings;
    private readonly ByteSink _standardError;
    private readonly SafeFd? _log;
    private readonly SafeFd? _debugLog;
    private readonly TraceFile? _trace;

    private Report(GlobalSettings settings, ByteSink standardError, SafeFd? log, SafeFd? debugLog, TraceFile? trace)
    {
        _settings = settings;
        _standardError = standardError;
        _log = log;
        _debugLog = debugLog;
        _trace = trace;
        Diagnostics = new Diagnostics(settings.Debug && (debugLog is not null || log is null) ? WriteDebug : null, settings.Strict) { Tracer = trace?.Tracer };
    }

    /// <summary>For the runtime.</summary>
    internal Diagnostics Diagnostics { get; }

    /// <summary>
    /// Opens the files: before anything is done, since a container that nobody hears of is worse than none. Throws <see cref="ContainerException"/>.
    /// </summary>
    /// <param name="settings">Which files.</param>
    /// <param name="standardError">Standard error.</param>
    /// <param name="traced">The verb, when its times are to be taken (--trace); null: they are not.</param>
    internal static Report Open(GlobalSettings settings, ByteSink standardError, string? traced = null)
    {
        var log = OpenFile("--log", settings.Log);
        SafeFd? debugLog = null;
        try
        {
            debugLog = OpenFile("--debug-log", settings.DebugLog);
            return new Report(settings, standardError, log, debugLog, traced is null || settings.Trace is null ? null : TraceFile.Open(settings.Trace, traced));
        }
        catch (ContainerException)
        {
            log?.Dispose();
            debugLog?.Dispose();
            throw;
        }
    }

    /// <summary>The operation succeeded.</summary>
    /// <param name="quiet">The verb's standard error belongs to programs.</param>
    internal void Succeed(bool quiet)
    {
        _trace?.Write(Diagnostics);
        DebugWarnings();
        if (!_settings.LogWarnings || (quiet && _log is null))
        {
            return;
        }
        foreach (string warning in Diagnostics.Warnings)
        {
            if (_log is not null || _settings.JsonLog)
            {
                Write(LogLine.Warning(_settings.JsonLog, warning, DateTime.UtcNow));
            }
            else
            {
                _standardError(LogLine.Plain($"warning: {warning}"));
            }
        }
    }

    /// <summary>
    /// The operation failed: one line on standard error, and the line of the log. Without a log there is only the first, in the format of the log.
    /// </summary>
    /// <param name="exception">Why.</param>
    /// <param name="prefix">What the message begins with.</param>
    internal void Fail(Exception exception, string prefix = "")
    {
        _trace?.Write(Diagnostics);
        DebugWarnings();
        if (Diagnostics.DebugEnabled)
        {
            Diagnostics.Debug(exception.ToString());
        }
        var failure = Failure.From(exception);
        failure = failure with { Message = prefix + failure.Message };
        if (_log is not null || _settings.JsonLog)
        {
            try
            {
                Write(LogLine.Error(_settings.JsonLog, failure, _settings.LogWarnings ? Diagnostics.Warnings : [], DateTime.UtcNow));
            }
            catch (LinuxException error) when (_log is not null)
            {
                // A full disk must not hide the error itself.
                _standardError(LogLine.Plain($"{failure.Message}; cannot write the log either: {error.Message}"));
                return;
            }
        }
        if (_log is not null || !_settings.JsonLog)
        {
            _standardError(LogLine.Plain(failure.Message));
        }
    }

    public void Dispose()
    {
        _log?.Dispose();
        _debugLog?.Dispose();
        _trace?.Dispose();
    }

    private static SafeFd? OpenFile(string option, string? path) => path is null ? null : OptionFile.Open(option, path, OpenFlags.Append, OptionFile.ForAll);

    private void DebugWarnings()
    {
        if (Diagnostics.DebugEnabled)
        {
            foreach (string warning in Diagnostics.Warnings)
            {
                Diagnostics.Debug($"warning: {warning}");
            }
        }
    }

    private void Write(byte[] line)
    {
        if (_log is not null)
        {
            Files.Write(_log, line, _settings.Log!);
        }
        else
        {
            _standardError(line);
        }
    }

    private void WriteDebug(string message)
    {
        byte[] line = LogLine.Debug(message, DateTime.UtcNow);
        if (_debugLog is not null)
        {
            Files.Write(_debugLog, line, _settings.DebugLog!);
        }
        else
        {
            _standardError(line);
        }
    }
}
