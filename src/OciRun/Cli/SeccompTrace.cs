using OciRun.Linux;
using OciRun.Runtime.Security;

namespace OciRun.Cli;

/// <summary>The option --seccomp-trace of run: which calls the profile has refused, said at the end.</summary>
internal sealed class SeccompTrace
{
    private readonly CommandOption _option = new("--seccomp-trace")
    {
        ValueName = "FILE",
        IsValueOptional = true,
        Description = "at the end say which system calls the profile has refused, on stderr or, as JSON, in FILE",
    };

    internal SeccompTrace(List<CommandOption> options) => options.Add(_option);

    internal bool IsAsked(OptionValues values) => values.IsGiven(_option);

    /// <summary>Lets <paramref name="run"/> run the container with a watch, and tells what that has seen: also when the run fails, since a refused call may be why.</summary>
    internal int Watch(Invocation call, bool detach, Func<SeccompWatch, int> run)
    {
        if (detach)
        {
            throw Usage.Error(call.Verb.Name, "--seccomp-trace answers the refused calls for as long as the program runs: it excludes --detach");
        }
        string? path = call.NonEmpty(_option);
        using var file = path is null ? null : OptionFile.Open(_option.Name, path, OpenFlags.Truncate, OptionFile.ForAll);
        using var watch = new SeccompWatch();
        bool succeeds = false;
        try
        {
            int code = run(watch);
            succeeds = true;
            return code;
        }
        finally
        {
            watch.End();
            if (file is not null)
            {
                OptionFile.Write(file, _option.Name, path!, SeccompTraceText.Json(watch.Refusals), call.Diagnostics);
            }
            else if (succeeds || watch.Refusals.Count > 0)
            {
                call.Error(call.WantsJson ? SeccompTraceText.Json(watch.Refusals) : SeccompTraceText.Table(watch.Refusals));
            }
        }
    }
}
