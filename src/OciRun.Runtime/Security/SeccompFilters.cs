using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Security;

/// <summary>From linux.seccomp to a program that the kernel takes.</summary>
public static class SeccompFilters
{
    private const string SystemCache = "/var/cache/ocirun";

    /// <summary>Where finished programs are kept.</summary>
    /// <param name="hostRoot">The user is root, and not only inside a user namespace.</param>
    /// <returns>Absolute path; null when there is no place for this user.</returns>
    public static string? DefaultCacheDirectory(bool hostRoot)
    {
        if (hostRoot)
            return SystemCache;
        string? cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        if (cache is ['/', ..]) // the XDG specification: a relative path is to be ignored
            return $"{cache.TrimEnd('/')}/ocirun";
        return Environment.GetEnvironmentVariable("HOME") is ['/', ..] home ? $"{home.TrimEnd('/')}/.cache/ocirun" : null;
    }

    /// <summary>
    /// The filter of a config, from the cache or compiled. Words that the specification does not know are an error; names of system calls that libseccomp does not know are a debug line, architectures a warning.
    /// </summary>
    /// <param name="profile">linux.seccomp; null: no filter.</param>
    /// <param name="cacheDirectory">Absolute path (<see cref="DefaultCacheDirectory"/>); null: compile every time.</param>
    /// <param name="diagnostics">Warnings and debug lines.</param>
    /// <exception cref="ContainerException">The section is wrong, or this kernel or libseccomp cannot do it; names the place.</exception>
    public static SeccompPlan? Prepare(Seccomp? profile, string? cacheDirectory, Diagnostics diagnostics)
    {
        if (profile is null)
            return null;
        var rules = SeccompRuleSet.Read(profile);
        uint flags = SeccompSupport.CheckFlags(profile, rules.HasNotify, diagnostics);
        SeccompSupport.CheckActions(rules);
        var filter = LoadOrCompile(rules, cacheDirectory, diagnostics);
        foreach (string name in filter.UnknownArchitectures)
            diagnostics.Weaken($"/linux/seccomp/architectures: libseccomp {Libseccomp.Version} does not know {name}, which is left out");
        if (diagnostics.DebugEnabled && filter.UnknownSyscalls.Count > 0)
            diagnostics.Debug($"seccomp: unknown system calls, skipped: {string.Join(' ', filter.UnknownSyscalls)}");
        return new SeccompPlan(filter.Program, flags, rules.HasNotify, rules.HasNotify ? profile.ListenerPath : null,
            rules.HasNotify ? profile.ListenerMetadata : null);
    }

    private static CompiledFilter LoadOrCompile(SeccompRuleSet rules, string? cacheDirectory, Diagnostics diagnostics)
    {
        // All that makes programs is in this one, libseccomp too.
        if (cacheDirectory is null || !FileStamp.TryTake("/proc/self/exe", out var maker))
            return SeccompCompiler.Compile(rules);
        Span<byte> key = stackalloc byte[Sha2.HashSize256];
        SeccompKey.Compute(rules, maker, key);
        var cache = new SeccompCache(cacheDirectory, createParent: cacheDirectory != SystemCache, diagnostics);
        if (cache.Load(key) is { } known)
            return known;
        var filter = SeccompCompiler.Compile(rules);
        cache.Store(key, filter);
        return filter;
    }
}
