using OciRun.Linux;
using OciRun.Runtime;
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
        using var file = path is null ? null : Open(path);
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
                Write(file, path!, SeccompTraceText.Json(watch.Refusals), call.Diagnostics);
            }
            else if (succeeds || watch.Refusals.Count > 0)
            {
                call.Error(call.WantsJson ? SeccompTraceText.Json(watch.Refusals) : SeccompTraceText.Table(watch.Refusals));
            }
        }
    }

    /// <summary>What has run has run: a full disk is a warning.</summary>
    private static void Write(SafeFd file, string path, ReadOnlySpan<byte> text, Diagnostics diagnostics)
    {
        try
        {
            Files.Write(file, text, path);
        }
        catch (LinuxException error)
        {
            diagnostics.Warn($"cannot write --seccomp-trace: {error.Message}");
        }
    }

    /// <summary>Before anything is made.</summary>
    private static SafeFd Open(string path)
    {
        try
        {
            return Files.Open(path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoCtty, 0x1A4 /* 0644 */);
        }
        catch (LinuxException error)
        {
            throw new ContainerException(ErrorCode.Usage, $"cannot open --seccomp-trace: {error.Message}", error) { Call = error.Call, Errno = error.Errno };
        }
    }
}
