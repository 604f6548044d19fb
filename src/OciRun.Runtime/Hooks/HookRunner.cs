using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Tracing;
using OciRun.Spec;

namespace OciRun.Runtime.Hooks;

/// <summary>Runs hooks in the runtime's namespaces: prestart, createRuntime, poststart, poststop (S100 to S111).</summary>
internal static class HookRunner
{
    /// <summary>Runs them in order (S102) and stops at the first that fails.</summary>
    /// <param name="hooks">Of one kind.</param>
    /// <param name="kind">Its name in config.json.</param>
    /// <param name="state">What each reads on standard input (S103).</param>
    /// <param name="tracer">Takes their times, and tells each of the trace.</param>
    /// <exception cref="ContainerException">One failed: which, how, and its last words (U18).</exception>
    internal static void Run(Hook[]? hooks, string kind, string state, Tracer? tracer)
    {
        for (int i = 0; i < (hooks?.Length ?? 0); i++)
        {
            if (TryRun(hooks![i], kind, i, state, tracer) is { } error)
            {
                throw error;
            }
        }
    }

    /// <summary>Runs them all; a failure is a warning (poststop: S17).</summary>
    internal static void RunAll(Hook[]? hooks, string kind, string state, Diagnostics diagnostics)
    {
        for (int i = 0; i < (hooks?.Length ?? 0); i++)
        {
            if (TryRun(hooks![i], kind, i, state, diagnostics.Tracer) is { } error)
            {
                diagnostics.Warn(error.Message);
            }
        }
    }

    private static ContainerException? TryRun(Hook hook, string kind, int index, string state, Tracer? tracer)
    {
        string place = string.Create(CultureInfo.InvariantCulture, $"/hooks/{kind}/{index}");
        string[] arguments = hook.Args is null or [] ? [hook.Path!] : hook.Args;
        long start = Environment.TickCount64;
        string[]? environment = hook.Env;
        using TraceSpan span = tracer is null ? default : tracer.BeginProgram($"{kind} hook {hook.Path}", place, out environment, hook.Env);
        string how, output;
        try
        {
            HostProgram.Result result = HostProgram.Run(hook.Path!, arguments, environment, state, hook.Timeout ?? 0);
            if (result.Succeeded)
            {
                return null;
            }

            how = result.TimedOut ? string.Create(CultureInfo.InvariantCulture, $"killed after its timeout of {hook.Timeout} s") : WaitStatus.Describe(result.Status);
            output = result.Output.Trim();
        }
        catch (LinuxException e)
        {
            how = e.Message;
            output = "";
        }

        string command = string.Join(' ', Array.ConvertAll(arguments, static a => Quoting.Quote(a)));
        string message = string.Create(
            CultureInfo.InvariantCulture, $"{place}: the {kind} hook {Quoting.Quote(hook.Path!)} failed: {how} after {Environment.TickCount64 - start} ms, args [{command}]");
        return new ContainerException(ErrorCode.Hook, output.Length > 0 ? message + ", output: " + Quoting.Escape(output) : message) { Place = place };
    }
}
