using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Security;

/// <summary>
/// Whether this kernel can do what a profile asks for. Asked on every run, from the cache or not: the kernel may be another one today.
/// </summary>
internal static class SeccompSupport
{
    private const string Place = "/linux/seccomp";

    /// <summary>
    /// The flags for seccomp(2): those of the config, or SPEC_ALLOW where the config says nothing (as runc and crun), and those of the
    /// listener.
    /// </summary>
    /// <exception cref="ContainerException">The kernel does not take one, or has no filters at all.</exception>
    internal static uint CheckFlags(Seccomp profile, bool notify, Diagnostics diagnostics)
    {
        uint listener = notify ? SeccompWords.FlagNewListener : 0;
        try
        {
            if (profile.Flags is null)
            {
                return SeccompKernel.SupportsFlags(listener | SeccompWords.FlagSpecAllow) ? listener | SeccompWords.FlagSpecAllow
                    : SeccompKernel.SupportsFlags(listener) ? listener
                    : throw Unsupported($"{Place}/syscalls", "this kernel has no SCMP_ACT_NOTIFY (Linux 5.0 has)");
            }
            uint flags = listener;
            for (int i = 0; i < profile.Flags.Length; i++)
            {
                string place = $"{Place}/flags/{i}";
                if (!SeccompWords.TryParseFlag(profile.Flags[i], out uint flag))
                    throw SeccompRuleSet.Invalid(place, $"\"{profile.Flags[i]}\" is no flag of the specification");
                flags |= Resolve(flag, place, profile.Flags[i], notify, diagnostics);
            }
            return SeccompKernel.SupportsFlags(flags) ? flags
                : throw Unsupported($"{Place}/flags", $"this kernel does not take these flags together (0x{flags:x})");
        }
        catch (LinuxException e)
        {
            throw new ContainerException(
                ErrorCode.Unsupported, $"{Place}: this kernel does not load system call filters (is CONFIG_SECCOMP_FILTER set?): {e.Message}", e)
            {
                Place = Place,
                Call = e.Call,
                Errno = e.Errno,
            };
        }
    }

    /// <summary>Checks every action of the profile.</summary>
    /// <exception cref="ContainerException">The kernel does not have one.</exception>
    internal static void CheckActions(SeccompRuleSet rules)
    {
        // Each action once: profiles have many rules and few actions.
        Span<uint> done = [SeccompWords.Allow, 0, 0, 0, 0, 0, 0, 0, 0];
        int count = 1;
        for (int i = -1; i < rules.Rules.Length; i++)
        {
            uint action = (i < 0 ? rules.DefaultAction : rules.Rules[i].Action) & SeccompWords.ActionMask;
            if (done[..count].Contains(action))
                continue;
            if (!SeccompKernel.SupportsAction(action))
            {
                throw Unsupported(i < 0 ? $"{Place}/defaultAction" : $"{Place}/syscalls/{i}/action",
                    $"this kernel does not have {SeccompWords.Describe(action)}");
            }
            done[count++] = action;
        }
    }

    private static uint Resolve(uint flag, string place, string word, bool notify, Diagnostics diagnostics)
    {
        switch (flag)
        {
            // The kernel refuses both together, unless it may say ESRCH where it would say which thread could not follow (Linux 5.7).
            case SeccompWords.FlagTsync when notify:
                flag |= SeccompWords.FlagTsyncEsrch | SeccompWords.FlagNewListener;
                break;
            // It says how a notified call waits. Without a listener it is EINVAL, and there is nothing to wait for.
            case SeccompWords.FlagWaitKillable:
                if (!SeccompKernel.SupportsFlags(flag | SeccompWords.FlagNewListener))
                    break;
                if (!notify)
                {
                    diagnostics.Debug($"seccomp: {word} is left out: no rule has the action SCMP_ACT_NOTIFY");
                    return 0;
                }
                return flag;
        }
        return SeccompKernel.SupportsFlags(flag) ? flag : throw Unsupported(place, $"this kernel has no {word}");
    }

    private static ContainerException Unsupported(string place, string message) => new(ErrorCode.Unsupported, $"{place}: {message}") { Place = place };
}
