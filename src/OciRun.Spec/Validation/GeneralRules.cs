using System.Globalization;

namespace OciRun.Spec.Validation;

/// <summary>Rules of config.md outside process, mounts and hooks: version, root, names of the host, annotations.</summary>
internal static class GeneralRules
{
    private const int HostNameMaximum = 64;

    internal static void Apply(FindingCollector findings, RuntimeConfig config, in Scope scope)
    {
        Version(findings, config.OciVersion);
        if (config.Root is null)
            findings.Must(FindingCode.Missing, "config.md#root", "is missing: give {\"path\": \"rootfs\"}", "root");
        else
        {
            findings.Push("root");
            if (Check.Present(findings, "config.md#root", config.Root.Path, "path", "the root filesystem's directory, absolute or relative to the bundle"))
                Check.Path(findings, "config.md#root", config.Root.Path, "path");
            findings.Pop();
        }
        Overlay(findings, config);
        HostName(findings, "config.md#hostname", config.Hostname, "hostname", scope);
        HostName(findings, "config.md#domainname", config.Domainname, "domainname", scope);
        if (config.Annotations?.ContainsKey("") == true)
        {
            findings.Push("annotations");
            findings.Must(FindingCode.Malformed, "config.md#annotations",
                "a key is empty: name it, best in reverse domain notation (com.example.key)", "");
            findings.Pop();
        }
    }

    private static void Overlay(FindingCollector findings, RuntimeConfig config)
    {
        OverlayDirectories.From(config.Annotations, out var fault);
        if (fault is { } found)
        {
            findings.Push("annotations");
            findings.Must(FindingCode.Malformed, "config.md#annotations", found.Problem, found.Key);
            findings.Pop();
        }
    }

    /// <summary>SemVer 2.0.0, and of a major version whose configs this runtime understands: all of 1, also later than ours (config.md,
    /// Specification version).</summary>
    private static void Version(FindingCollector findings, string? version)
    {
        const string Clause = "config.md#specification-version";
        if (!Check.Present(findings, Clause, version, "ociVersion", $"the version that the config follows, such as \"{DefaultConfig.OciVersion}\""))
            return;
        if (!TryParseSemVer(version, out int major))
        {
            findings.Must(FindingCode.OciVersion, Clause,
                $"{Words.Quote(version)} is not a SemVer 2.0.0 version: write it as in \"{DefaultConfig.OciVersion}\"",
                "ociVersion");
        }
        else if (major != 1)
        {
            findings.Must(FindingCode.OciVersion, Clause,
                $"version {version} is not supported: this runtime follows version 1 of the specification",
                "ociVersion");
        }
    }

    private static bool TryParseSemVer(ReadOnlySpan<char> text, out int major)
    {
        major = 0;
        int plus = text.IndexOf('+');
        if (plus >= 0 && !Identifiers(text[(plus + 1)..], leadingZeros: true))
            return false;
        var core = plus >= 0 ? text[..plus] : text;
        int dash = core.IndexOf('-');
        if (dash >= 0 && !Identifiers(core[(dash + 1)..], leadingZeros: false))
            return false;
        if (dash >= 0)
            core = core[..dash];
        Span<Range> parts = stackalloc Range[4];
        if (core.Split(parts, '.') != 3)
            return false;
        foreach (var part in parts[..3])
        {
            if (!IsNumber(core[part]))
                return false;
        }
        // A number too large for an int is a valid version, and no version 1.
        if (!int.TryParse(core[parts[0]], NumberStyles.None, CultureInfo.InvariantCulture, out major))
            major = int.MaxValue;
        return true;
    }

    private static bool IsNumber(ReadOnlySpan<char> text) =>
        text.Length > 0 && !text.ContainsAnyExceptInRange('0', '9') && (text[0] != '0' || text.Length == 1);

    private static bool Identifiers(ReadOnlySpan<char> text, bool leadingZeros)
    {
        foreach (var part in text.Split('.'))
        {
            var identifier = text[part];
            if (identifier.Length == 0)
                return false;
            bool digits = true;
            foreach (char c in identifier)
            {
                if (!char.IsAsciiLetterOrDigit(c) && c != '-')
                    return false;
                digits &= char.IsAsciiDigit(c);
            }
            if (digits && !leadingZeros && !IsNumber(identifier))
                return false;
        }
        return true;
    }

    private static void HostName(FindingCollector findings, string clause, string? name, string member, in Scope scope)
    {
        if (string.IsNullOrEmpty(name) || !Check.Text(findings, clause, name, member))
            return;
        if (!scope.Has(NamespaceTypes.Uts))
        {
            findings.Must(FindingCode.NamespaceMissing, clause,
                $"{Words.Quote(name)} would rename the host: add a uts namespace to linux.namespaces, or remove the {member}", member);
        }
        if (System.Text.Encoding.UTF8.GetByteCount(name) > HostNameMaximum)
            findings.Must(FindingCode.TooLong, clause, $"{Words.Quote(name)} is too long: the kernel takes at most {HostNameMaximum} bytes", member);
    }
}
