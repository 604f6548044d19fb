using System.Text;
using OciRun.Linux;

namespace OciRun.Build.Minimal;

/// <summary>Adds programs to a tree with all that they need to start: the loader, and the libraries where ld.so(8) looks for them; of a script, what runs it.</summary>
internal sealed class ProgramClosure(HostTree tree)
{
    private static readonly string[] s_defaults =
    [
        "/lib/x86_64-linux-gnu", "/usr/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/lib64", "/usr/lib64", "/lib", "/usr/lib",
    ];

    /// <summary>Functions whose files are only looked for while a program runs, and what those are.</summary>
    private static readonly (string Symbol, string Files)[] s_runtime =
    [
        ("dlopen", "libraries that it loads by name (dlopen)"),
        ("getpwnam", "name services other than files and dns (libnss_*.so.2, /etc/nsswitch.conf)"),
        ("getaddrinfo", "name servers (/etc/resolv.conf)"),
        ("setupterm", "descriptions of terminals (terminfo)"),
        ("tgetent", "descriptions of terminals (terminfo)"),
        ("iconv_open", "character sets (gconv)"),
        ("tzset", "time zones (/usr/share/zoneinfo)"),
    ];

    private readonly LibraryCache _cache = LibraryCache.Read();
    private readonly HashSet<string> _programs = [];

    /// <summary>What programs may look for while they run and is not in the tree: programs by kind of file.</summary>
    internal SortedDictionary<string, SortedSet<string>> Missing { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a program by its name, searched for in PATH, or by its path; gives the path. Of a path that is no program only the file itself is added.</summary>
    /// <exception cref="Runtime.ContainerException">It, or a library, is not there.</exception>
    internal string Add(string name)
    {
        string path = name.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(name) : Search(name);
        string real = tree.Add(path);
        if (!_programs.Add(real))
        {
            return path;
        }

        using SafeFd file = tree.Open(real);
        if (ElfFile.TryRead(file, real) is { } elf)
        {
            AddLibraries(elf, real, path);
        }
        else
        {
            AddInterpreter(file, path);
        }

        return path;
    }

    private string Search(string name)
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'))
        {
            if (Path.IsPathFullyQualified(directory) && tree.TryResolve(Path.Join(directory, name)) is not null)
            {
                return Path.Join(directory, name);
            }
        }

        throw BuildError.Usage($"there is no program {Quoting.Quote(name)} in PATH");
    }

    /// <summary>execve(2), "Interpreter scripts": one word and one argument; env(1) searches for its own.</summary>
    private void AddInterpreter(SafeFd file, string path)
    {
        byte[] head = new byte[256];
        string text = Encoding.UTF8.GetString(head, 0, TreeFiles.ReadAt(file, head, 0, path));
        if (!text.StartsWith("#!", StringComparison.Ordinal))
        {
            return;
        }

        string[] words = text[2..].Split('\n')[0].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 0)
        {
            throw BuildError.Usage($"{Quoting.Quote(path)} is a script that names no interpreter");
        }

        Add(words[0]);
        if (Path.GetFileName(words[0]) == "env" && words.Skip(1).FirstOrDefault(static word => !word.StartsWith('-') && !word.Contains('=', StringComparison.Ordinal)) is { } program)
        {
            Add(program);
        }
    }

    private void AddLibraries(ElfFile program, string real, string name)
    {
        Note(program, name);
        if (program.Interpreter is { } loader)
        {
            tree.Add(loader);
        }

        // As ld.so does: breadth first; a name that is loaded is not looked for again; an RPATH counts for what its owner's libraries need, too.
        var known = new HashSet<string>();
        var queue = new Queue<(ElfFile Elf, string Real, string Rpath)>([(program, real, "")]);
        while (queue.TryDequeue(out var next))
        {
            string own = next.Elf.Runpath is null && next.Elf.Rpath is { } rpath ? Expand(rpath, next.Real) + ":" + next.Rpath : next.Rpath;
            foreach (string needed in next.Elf.Needed)
            {
                if (!known.Add(needed) || IsLoader(program, needed))
                {
                    continue;
                }

                string path = Find(next.Elf, next.Real, own, needed)
                    ?? throw BuildError.Usage($"{Quoting.Quote(name)} needs the library {Quoting.Quote(needed)} (by {RawName.Quote("/" + next.Real)}), which this machine does not have");
                string found = tree.Add(path);
                using SafeFd file = tree.Open(found);
                var elf = ElfFile.TryRead(file, found)!;
                Note(elf, name);
                queue.Enqueue((elf, found, own));
            }
        }
    }

    /// <summary>The loader is in the tree by the path that the program has of it; musl's is the C library, too.</summary>
    private static bool IsLoader(ElfFile program, string needed) =>
        program.Interpreter is { } loader && (Path.GetFileName(loader) == needed || (IsMusl(loader) && needed.StartsWith("libc.", StringComparison.Ordinal)));

    private static bool IsMusl(string loader) => Path.GetFileName(loader).StartsWith("ld-musl-", StringComparison.Ordinal);

    private string? Find(ElfFile needing, string real, string rpath, string needed)
    {
        if (needed.Contains('/', StringComparison.Ordinal))
        {
            return Fits(needed, needing) ? needed : null;
        }

        string own = needing.Runpath is { } runpath ? Expand(runpath, real) : rpath;
        IEnumerable<string> candidates = own.Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Join(directory, needed));
        if (!needing.SkipsDefaults)
        {
            candidates = candidates.Concat(_cache.Find(needed)).Concat(s_defaults.Select(directory => Path.Join(directory, needed)));
        }

        return candidates.FirstOrDefault(path => Fits(path, needing));
    }

    private bool Fits(string path, ElfFile needing)
    {
        if (tree.TryResolve(path) is not { } real)
        {
            return false;
        }

        using SafeFd file = tree.Open(real);
        return ElfFile.TryRead(file, real)?.Kind == needing.Kind;
    }

    private static string Expand(string path, string real)
    {
        string origin = "/" + RawName.ToText(real[..Math.Max(real.LastIndexOf('/'), 0)]);
        return path.Replace("${ORIGIN}", origin, StringComparison.Ordinal).Replace("$ORIGIN", origin, StringComparison.Ordinal)
            .Replace("${LIB}", "lib", StringComparison.Ordinal).Replace("$LIB", "lib", StringComparison.Ordinal);
    }

    private void Note(ElfFile elf, string program)
    {
        if (elf.Soname is { } name && (name.StartsWith("libc.", StringComparison.Ordinal) || name.StartsWith("ld-", StringComparison.Ordinal)))
        {
            return; // it has them all
        }

        foreach (var (symbol, files) in s_runtime)
        {
            if (elf.Mentions(symbol))
            {
                (Missing.TryGetValue(files, out var programs) ? programs : Missing[files] = new(StringComparer.Ordinal)).Add(Path.GetFileName(program));
            }
        }
    }
}
