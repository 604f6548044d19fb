using OciRun.Runtime.Security;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Security;

/// <summary>Short ways to write a profile.</summary>
internal static class Profiles
{
    internal static Seccomp Profile(string defaultAction, params SeccompRule[] rules) => new() { DefaultAction = defaultAction, Syscalls = rules };

    internal static SeccompRule Rule(string action, params string[] names) => new() { Action = action, Names = names };

    internal static SeccompRule Where(this SeccompRule rule, params (uint Index, string Op, ulong Value, ulong ValueTwo)[] conditions)
    {
        rule.Args = [.. conditions.Select(c => new SeccompArgument { Index = c.Index, Op = c.Op, Value = c.Value, ValueTwo = c.ValueTwo })];
        return rule;
    }

    internal static SeccompRule Returning(this SeccompRule rule, uint errno)
    {
        rule.ErrnoRet = errno;
        return rule;
    }

    internal static Seccomp On(this Seccomp profile, params string[] architectures)
    {
        profile.Architectures = architectures;
        return profile;
    }

    internal static CompiledFilter Compile(Seccomp profile) => SeccompCompiler.Compile(SeccompRuleSet.Read(profile));
}
