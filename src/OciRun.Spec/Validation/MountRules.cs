namespace OciRun.Spec.Validation;

/// <summary>Rules of mounts (config.md, Mounts).</summary>
internal static class MountRules
{
    private const string Clause = "config.md#mounts";
    private const string OptionsClause = "config.md#linux-mount-options";
    private const string PosixClause = "config.md#posix-platform-mounts";

    internal static void Apply(FindingCollector findings, Mount[]? mounts, in Scope scope)
    {
        if (mounts is null)
            return;
        findings.Push("mounts");
        for (int i = 0; i < mounts.Length; i++)
        {
            findings.Push(i);
            if (mounts[i] is { } mount)
                One(findings, mount, scope);
            findings.Pop();
        }
        findings.Pop();
    }

    private static void One(FindingCollector findings, Mount mount, in Scope scope)
    {
        var options = MountOptions.Parse(mount.Options);
        Destination(findings, mount.Destination);
        Check.Path(findings, Clause, mount.Source, "source");
        Check.Text(findings, PosixClause, mount.Type, "type");
        Check.Texts(findings, OptionsClause, mount.Options, "options");
        if (options.IsBind)
            Bind(findings, mount, options);
        else
            Filesystem(findings, mount, options);
        if (options.CopyUp && (options.IsBind || mount.Type != "tmpfs"))
            findings.Should(FindingCode.NoEffect, OptionsClause,
                "\"tmpcopyup\" only works on a tmpfs: remove it, or mount a tmpfs", "options");
        IdMapped(findings, mount, options, scope);
    }

    private static void Destination(FindingCollector findings, string? destination)
    {
        if (!Check.Present(findings, Clause, destination, "destination", "the absolute path in the container"))
            return;
        if (Check.Path(findings, Clause, destination, "destination") && destination![0] != '/')
        {
            findings.Should(FindingCode.Deprecated, Clause,
                $"{Words.Quote(destination)} is relative, which is deprecated: it is taken as {Words.Quote("/" + destination)}",
                "destination");
        }
    }

    private static void Bind(FindingCollector findings, Mount mount, MountOptions options)
    {
        if (!options.IsRemount)
            Check.Present(findings, Clause, mount.Source, "source", "the file or directory to bind, absolute or relative to the bundle");
        // Dropping them silently would hide that "size=64m" or a misspelt "nosuidd" does nothing.
        for (int i = 0; i < options.Data.Count; i++)
        {
            string word = options.Data[i].ToString();
            findings.Must(FindingCode.Conflict, OptionsClause,
                $"{Words.Quote(word)} is an option for a filesystem, and a bind mount has none: remove it", "options",
                Words.Nearest(word, MountOptions.KnownWords));
        }
    }

    private static void Filesystem(FindingCollector findings, Mount mount, MountOptions options)
    {
        Misspelt(findings, options);
        if (mount.Type is "bind" or "rbind")
        {
            findings.Must(FindingCode.BindOptionMissing, Clause,
                $"type \"{mount.Type}\" alone makes no bind mount: add \"{mount.Type}\" to options", "type");
        }
        else if (string.IsNullOrEmpty(mount.Type) && !options.IsRemount)
        {
            findings.Must(FindingCode.Missing, PosixClause,
                "is missing: give the filesystem's type (such as \"tmpfs\"), or \"bind\" in options for a bind mount", "type");
        }
    }

    /// <summary>What is no option of ours goes to the filesystem, which may know it; a word that is nearly one of ours was hardly meant for it.</summary>
    private static void Misspelt(FindingCollector findings, MountOptions options)
    {
        for (int i = 0; i < options.Data.Count; i++)
        {
            var (key, value) = options.Data[i];
            if (value is null && key.Length >= 4 && Words.Nearest(key, MountOptions.KnownWords) is { } near && Math.Abs(near.Length - key.Length) <= 1)
                findings.Should(FindingCode.UnknownValue, OptionsClause, $"{Words.Quote(key)} is no mount option, and goes to the filesystem as one of its own", "options", near);
        }
    }

    private static void IdMapped(FindingCollector findings, Mount mount, MountOptions options, in Scope scope)
    {
        bool uids = mount.UidMappings is { Length: > 0 }, gids = mount.GidMappings is { Length: > 0 };
        if (uids != gids)
        {
            findings.Must(FindingCode.IdMappingsMissing, PosixClause,
                $"is missing beside {(uids ? "uidMappings" : "gidMappings")}: give both or none",
                uids ? "gidMappings" : "uidMappings");
        }
        IdMappingRules.Apply(findings, PosixClause, mount.UidMappings, "uidMappings");
        IdMappingRules.Apply(findings, PosixClause, mount.GidMappings, "gidMappings");
        if (options.IdMapping is { } text)
            MappingText(findings, text, uids || gids);
        else if (options.IsIdMapped && !uids && !gids && !scope.Has(NamespaceTypes.User))
        {
            findings.Must(FindingCode.IdMappingsMissing, OptionsClause,
                "\"idmap\" needs a mapping: give uidMappings and gidMappings here, or the container a user namespace", "options");
        }
        else if (uids && gids && !options.IsIdMapped)
        {
            findings.Should(FindingCode.Missing, PosixClause,
                "\"idmap\" or \"ridmap\" should stand beside uidMappings, so that no older runtime ignores them", "options");
        }
    }

    private static void MappingText(FindingCollector findings, string text, bool mappings)
    {
        if (mappings)
        {
            findings.Must(FindingCode.Conflict, OptionsClause,
                "the mapping in \"idmap=\" stands beside uidMappings: give it once", "options");
            return;
        }
        if (!IdMapText.TryParse(text, out var uids, out var gids))
        {
            findings.Must(FindingCode.Malformed, OptionsClause,
                $"{Words.Quote("idmap=" + text)} is not a mapping: write it as in idmap=uids=0-1000-10;gids=0-1000-10 (from, to, count), or use uidMappings", "options");
            return;
        }
        IdMappingRules.Apply(findings, OptionsClause, uids, "options");
        IdMappingRules.Apply(findings, OptionsClause, gids, "options");
    }
}
