using OciRun.Build.Containerfile;
using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>A tree that COPY takes files from: the context, a stage or an image. It is a stranger's: nothing outside of it is reached.</summary>
/// <param name="root">Its root; belongs to this from here on.</param>
/// <param name="what">For messages.</param>
/// <param name="ignore">What of it does not exist for the build; null for what is no context.</param>
internal sealed class CopySource(SafeFd root, string what, IgnoreFile? ignore) : IDisposable
{
    internal SafeFd Root => root;

    /// <summary>Its files belong to whoever has checked them out: in the image they are root's.</summary>
    internal bool IsContext => ignore is not null;

    /// <summary>All that a word of the instruction means, sorted by name.</summary>
    /// <exception cref="FormatException">Nothing.</exception>
    internal List<SourceItem> Find(string word)
    {
        string pattern = Clean(RawName.FromText(word));
        if (pattern.Length > Patterns.MaxLength)
        {
            throw new FormatException($"a source has {pattern.Length} bytes: no path is longer than {Patterns.MaxLength}");
        }

        if (pattern.AsSpan().IndexOfAny("*?[") >= 0)
        {
            List<SourceItem> matches = [.. Matches(pattern).Select(path => Take(path)).OfType<SourceItem>()];
            return matches.Count > 0 ? matches : throw new FormatException($"nothing in {what} matches {Quoting.Quote(word)}{Hint()}");
        }

        string unescaped = pattern.Replace("\\", "", StringComparison.Ordinal);
        if (TreeFiles.TryFacts(root, RootedPath.Resolve(root, unescaped), out _) is null)
        {
            throw new FormatException($"{what} has no {Quoting.Quote(word)}: no such file or directory");
        }

        return [Take(unescaped) ?? throw new FormatException($"{Quoting.Quote(word)} is left out of {what} by .dockerignore")];
    }

    /// <inheritdoc/>
    public void Dispose() => root.Dispose();

    /// <summary>A path without <c>.</c>, and with <c>..</c> taken literally: above the root there is nothing to copy.</summary>
    private string Clean(string word)
    {
        string clean = Patterns.Clean(word);
        return clean != ".." && !clean.StartsWith("../", StringComparison.Ordinal) ? clean : throw new FormatException($"{RawName.Quote(word)} leads out of {what}");
    }

    private string Hint() => IsContext ? " (what .dockerignore leaves out is not there)" : "";

    private List<string> Matches(string pattern)
    {
        string[] parts = pattern.Split('/');
        int plain = Array.FindIndex(parts, static part => part.AsSpan().IndexOfAny("*?[\\") >= 0);
        string start = string.Join('/', parts, 0, plain);
        int depth = pattern.Contains("**", StringComparison.Ordinal) ? int.MaxValue : parts.Length - plain;
        var found = new List<string>();
        if (TreeFiles.TryFacts(root, RootedPath.Resolve(root, start), out _) is { IsDirectory: true })
        {
            Search(RootedPath.Resolve(root, start), start, depth, pattern, found);
        }

        return found;
    }

    /// <param name="real">Path of a directory, without links.</param>
    /// <param name="name">The same as the pattern sees it.</param>
    /// <param name="depth">How many components are left to match.</param>
    /// <param name="pattern">The whole.</param>
    /// <param name="found">Gets the names that match.</param>
    private void Search(string real, string name, int depth, string pattern, List<string> found)
    {
        foreach (string entry in Names(real))
        {
            string path = RootedPath.Join(real, entry), shown = RootedPath.Join(name, entry);
            if (Patterns.Matches(pattern, shown))
            {
                found.Add(shown);
            }
            else if (depth > 1 && TreeFiles.TryFacts(root, path, out _) is { IsDirectory: true })
            {
                Search(path, shown, depth - 1, pattern, found);
            }
        }
    }

    /// <summary>A name with all below it; null when it is left out.</summary>
    private SourceItem? Take(string name)
    {
        string real = RootedPath.Resolve(root, name);
        var files = new List<SourceFile>();
        if (TreeFiles.TryFacts(root, real, out _) is { } facts)
        {
            Walk(real, "", facts, files);
        }

        return files.Count > 0 ? new SourceItem(RootedPath.Last(name), files) : null;
    }

    private void Walk(string path, string name, FileFacts facts, List<SourceFile> files)
    {
        bool ignored = path.Length > 0 && ignore?.Ignores(path) == true;
        if (ignored && (!facts.IsDirectory || !ignore!.HasExceptions))
        {
            return;
        }

        files.Add(new SourceFile(path, name, IsContext ? facts with { Uid = 0, Gid = 0 } : facts));
        if (!facts.IsDirectory)
        {
            return;
        }

        int before = files.Count;
        foreach (string entry in Names(path))
        {
            string child = RootedPath.Join(path, entry);
            if (TreeFiles.TryFacts(root, child, out Errno errno) is { } inner)
            {
                Walk(child, RootedPath.Join(name, entry), inner, files);
            }
            else if (errno != Errno.ENOENT)
            {
                throw new LinuxException("statx", RawName.Quote(child), errno);
            }
        }

        if (ignored && files.Count == before)
        {
            files.RemoveAt(before - 1); // a directory that is left out is there for what is not
        }
    }

    private List<string> Names(string path)
    {
        using SafeFd directory = TreeFiles.Open(root, path, OpenFlags.ReadOnly | OpenFlags.Directory);
        List<string> names = TreeFiles.Entries(directory).ConvertAll(static entry => entry.Name);
        names.Sort(string.CompareOrdinal);
        return names;
    }
}
