using System.Text;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Cli;

/// <summary>From the words of the command line to the exit code.</summary>
/// <param name="output">Standard output.</param>
/// <param name="error">Standard error.</param>
internal sealed class Application(ByteSink output, ByteSink error)
{
    private const int Failed = 1;

    /// <summary>Runs one verb.</summary>
    internal int Run(string[] args)
    {
        var options = new GlobalOptions();
        var words = new CommandLineWords();
        GlobalSettings settings;
        try
        {
            words.Cut(options.All, args);
            if (words.HelpAsked || words.VersionAsked || words.Verb is null)
            {
                output(Encoding.UTF8.GetBytes(words.VersionAsked ? VersionText.Text() : Help.Text(options, words)));
                return 0;
            }
            settings = WithFormat(options.Read(words.Values), words);
        }
        catch (Exception exception)
        {
            return FailEarly(options, words, exception);
        }
        return Execute(words, settings, args);
    }

    /// <summary>With --format json errors are JSON as well, unless a log has its own form.</summary>
    private static GlobalSettings WithFormat(GlobalSettings settings, CommandLineWords words)
    {
        if (words.Values.Of(OutputFormat.Name) is not { } format)
        {
            return settings;
        }
        string choices = words.Verb!.Options.Find(static option => option.Name == OutputFormat.Name)!.ValueName!;
        if (Array.IndexOf(choices.Split('|'), format) < 0)
        {
            throw Usage.Error(words.Verb.Name, $"invalid format option \"{format}\" ({choices.Replace("|", ", ", StringComparison.Ordinal)})");
        }
        return settings with { JsonLog = settings.JsonLog || IsJsonWanted(settings, words) };
    }

    private static bool IsJsonWanted(GlobalSettings settings, CommandLineWords words) => settings.Log is null && words.Values.Of(OutputFormat.Name) == "json";

    private int Execute(CommandLineWords words, GlobalSettings settings, string[] args)
    {
        Report report;
        var verb = words.Verb!;
        // Who starts itself again as the root of a namespace leaves the work, and the trace of it, to that process.
        bool isForwarded = OwnNamespace.IsNeeded && verb.NeedsOwnNamespace(words.Values);
        try
        {
            report = Report.Open(settings, error, isForwarded ? null : verb.Name);
        }
        catch (ContainerException exception)
        {
            error(LogLine.Plain(verb.FailurePrefix + exception.Message));
            return verb.FailureExitCode;
        }
        using (report)
        {
            if (verb.IsInterruptible)
            {
                InitStage.RestoreSignalMask();
            }
            try
            {
                report.Diagnostics.Debug($"ocirun {BuildInfo.Version} ({BuildInfo.Commit}): {verb.Name} {words.Values}");
                int code = isForwarded ? OwnNamespace.Run(args) : verb.Execute(new Invocation(settings, verb, words.Values, words.Operands, report.Diagnostics, output) { Error = error });
                report.Succeed(verb.IsQuiet);
                return code;
            }
            catch (Exception exception)
            {
                report.Fail(exception, verb.FailurePrefix);
                return verb.FailureExitCode;
            }
        }
    }

    /// <summary>The command line is wrong: the log that it names, as far as it was understood, gets the error all the same.</summary>
    private int FailEarly(GlobalOptions options, CommandLineWords words, Exception exception)
    {
        var settings = options.ReadLogOnly(words.Values);
        settings = settings with { JsonLog = settings.JsonLog || IsJsonWanted(settings, words) };
        try
        {
            using var report = Report.Open(settings, error);
            report.Fail(exception);
        }
        catch (ContainerException)
        {
            error(LogLine.Plain(exception.Message));
        }
        return words.Verb?.FailureExitCode ?? Failed;
    }
}
