namespace OciRun.Spec.Validation;

/// <summary>Rules of hooks (config.md, POSIX-platform Hooks).</summary>
internal static class HookRules
{
    private const string Clause = "config.md#posix-platform-hooks";

    internal static void Apply(FindingCollector findings, Hooks? hooks)
    {
        if (hooks is null)
            return;
        findings.Push("hooks");
        Each(findings, hooks.Prestart, "prestart");
        Each(findings, hooks.CreateRuntime, "createRuntime");
        Each(findings, hooks.CreateContainer, "createContainer");
        Each(findings, hooks.StartContainer, "startContainer");
        Each(findings, hooks.Poststart, "poststart");
        Each(findings, hooks.Poststop, "poststop");
        findings.Pop();
    }

    private static void Each(FindingCollector findings, Hook[]? hooks, string kind)
    {
        if (hooks is null)
            return;
        findings.Push(kind);
        for (int i = 0; i < hooks.Length; i++)
        {
            findings.Push(i);
            if (hooks[i] is { } hook)
            {
                if (Check.Present(findings, Clause, hook.Path, "path", "the absolute path of the program"))
                    Check.AbsolutePath(findings, Clause, hook.Path, "path");
                Check.Texts(findings, Clause, hook.Args, "args");
                Check.Environment(findings, Clause, hook.Env, "env");
                if (hook.Timeout is <= 0)
                {
                    findings.Must(FindingCode.OutOfRange, Clause,
                        $"{hook.Timeout} is not a timeout: give seconds, more than 0, or leave it out to wait for ever", "timeout");
                }
            }
            findings.Pop();
        }
        findings.Pop();
    }
}
