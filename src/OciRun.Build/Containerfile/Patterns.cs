namespace OciRun.Build.Containerfile;

/// <summary>Patterns of .dockerignore and COPY: <c>*</c> and <c>?</c> within a component, <c>**</c> over components, character classes (Go's filepath.Match).</summary>
internal static class Patterns
{
    /// <summary>Of a pattern: with longer ones the recursion would end the stack. No path is longer.</summary>
    internal const int MaxLength = 4096;

    /// <summary>As Go's filepath.Clean, which docker applies: a//b, ./a and a/../b are a/b, a and b. What leads out still begins with "..".</summary>
    internal static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (part == ".." && parts is [.., not ".."])
            {
                parts.RemoveAt(parts.Count - 1);
            }
            else if (part != ".")
            {
                parts.Add(part);
            }
        }

        return string.Join('/', parts);
    }

    /// <summary>Does a relative path match? The time is at most the product of both lengths: the rest of a path is tried against the rest of a pattern only once.</summary>
    internal static bool Matches(string pattern, string path) => Matches(pattern, 0, path, 0, new bool[pattern.Length + 1, path.Length + 1]);

    private static bool Matches(string pattern, int p, string path, int s, bool[,] failed)
    {
        if (failed[p, s])
        {
            return false;
        }

        bool matches = p == pattern.Length ? s == path.Length : pattern[p] switch
        {
            '*' => MatchesStar(pattern, p, path, s, failed),
            '?' => s < path.Length && path[s] != '/' && Matches(pattern, p + 1, path, s + 1, failed),
            '[' when pattern.IndexOf(']', p + 2 <= pattern.Length ? p + 2 : p) is > 0 and var end =>
                s < path.Length && path[s] != '/' && IsMember(pattern.AsSpan((p + 1)..end), path[s]) && Matches(pattern, end + 1, path, s + 1, failed),
            '\\' when p + 1 < pattern.Length => s < path.Length && path[s] == pattern[p + 1] && Matches(pattern, p + 2, path, s + 1, failed),
            var c => s < path.Length && path[s] == c && Matches(pattern, p + 1, path, s + 1, failed),
        };
        failed[p, s] = !matches;
        return matches;
    }

    private static bool MatchesStar(string pattern, int p, string path, int s, bool[,] failed)
    {
        bool overComponents = p + 1 < pattern.Length && pattern[p + 1] == '*';
        int next = p + (overComponents ? 2 : 1);
        if (overComponents && next < pattern.Length && pattern[next] == '/')
        {
            // "**/" is any number of whole components, also none.
            for (int at = s; at <= path.Length; at++)
            {
                if ((at == s || path[at - 1] == '/') && Matches(pattern, next + 1, path, at, failed))
                {
                    return true;
                }
            }

            return false;
        }

        for (int at = s; at <= path.Length; at++)
        {
            if (Matches(pattern, next, path, at, failed))
            {
                return true;
            }

            if (at < path.Length && path[at] == '/' && !overComponents)
            {
                return false;
            }
        }

        return false;
    }

    private static bool IsMember(ReadOnlySpan<char> members, char c)
    {
        bool isNegated = members is ['^' or '!', ..];
        bool isMember = false;
        for (int i = isNegated ? 1 : 0; i < members.Length; i++)
        {
            if (i + 2 < members.Length && members[i + 1] == '-')
            {
                isMember |= c >= members[i] && c <= members[i + 2];
                i += 2;
            }
            else
            {
                isMember |= c == members[i];
            }
        }

        return isMember != isNegated;
    }
}
