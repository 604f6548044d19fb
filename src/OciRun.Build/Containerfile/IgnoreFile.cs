namespace OciRun.Build.Containerfile;

/// <summary>.dockerignore: what of the context does not exist for the build. The last pattern that matches a path, or a directory above it, decides; <c>!</c> takes it back.</summary>
internal sealed class IgnoreFile
{
    private readonly List<(string Pattern, bool IsException)> _rules = [];

    /// <param name="text">The file; empty: nothing is left out.</param>
    internal IgnoreFile(string text)
    {
        foreach (string line in FileReader.Lines(text))
        {
            string rule = Linux.RawName.FromText(line.Trim());
            if (rule.Length == 0 || rule[0] == '#')
            {
                continue;
            }

            bool isException = rule[0] == '!';
            string pattern = Patterns.Clean(isException ? rule[1..].Trim() : rule);
            if (pattern.Length > Patterns.MaxLength)
            {
                throw BuildError.Usage($".dockerignore has a pattern of {pattern.Length} bytes: no path is longer than {Patterns.MaxLength}");
            }

            if (pattern.Length > 0)
            {
                _rules.Add((pattern, isException));
            }
        }
    }

    /// <summary>In a directory that is left out there may be something that is not.</summary>
    internal bool HasExceptions => _rules.Exists(static rule => rule.IsException);

    /// <summary>Is this path, relative to the context and raw, left out?</summary>
    internal bool Ignores(string path)
    {
        bool ignored = false;
        foreach (var (pattern, isException) in _rules)
        {
            if (ignored == isException && MatchesOrIsBelow(pattern, path))
            {
                ignored = !isException;
            }
        }

        return ignored;
    }

    private static bool MatchesOrIsBelow(string pattern, string path)
    {
        for (int slash = path.Length; slash > 0; slash = path.LastIndexOf('/', slash - 1))
        {
            if (Patterns.Matches(pattern, path[..slash]))
            {
                return true;
            }
        }

        return false;
    }
}
