using OciRun.Images.Changes;
using OciRun.Linux;

namespace OciRun.Build.Minimal;

/// <summary>The files of the host that go into an image, with all directories and symbolic links on the way to them: where /bin is a link to usr/bin, it stays one.</summary>
internal sealed class HostTree : IDisposable
{
    private const int MaxLinks = 40;

    private readonly SafeFd _root = Files.Open("/", OpenFlags.ReadOnly | OpenFlags.Directory);
    private readonly Dictionary<string, NewFile> _files = [];

    internal IReadOnlyCollection<NewFile> All => _files.Values;

    /// <summary>A file that is not the host's; what is there already stays.</summary>
    internal void Add(NewFile file) => _files.TryAdd(file.Path, file);

    /// <summary>A link of the host's root to a directory, as /bin is one to usr/bin, where something is in that directory.</summary>
    internal void AddLink(string name)
    {
        if (TreeFiles.TryFacts(_root, name, out _) is { Type: FileType.Link } && _files.Keys.Any(path => path.StartsWith($"usr/{name}/", StringComparison.Ordinal)))
        {
            _ = Walk(name, add: true);
        }
    }

    /// <summary>The real path of a file, raw and relative to the root; null when it is none, or no regular file.</summary>
    internal string? TryResolve(string path) => Walk(RawName.FromText(path), add: false);

    /// <summary>Adds a file and what leads to it; gives its real path.</summary>
    /// <exception cref="Runtime.ContainerException">There is no such file.</exception>
    internal string Add(string path) => Walk(RawName.FromText(path), add: true) ?? throw BuildError.Usage($"there is no file {Quoting.Quote(path)}");

    /// <summary>Opens a file by its real path.</summary>
    internal SafeFd Open(string real) => TreeFiles.Open(_root, real, OpenFlags.ReadOnly);

    public void Dispose() => _root.Dispose();

    private string? Walk(string path, bool add)
    {
        var rest = new Stack<string>(path.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse());
        string current = "";
        for (int links = 0; rest.TryPop(out string? part);)
        {
            if (part is "." or "..")
            {
                current = part == "." ? current : Parent(current);
                continue;
            }

            string next = current.Length == 0 ? part : current + "/" + part;
            if (TreeFiles.TryFacts(_root, next, out _) is not { } facts || !(rest.Count == 0 || facts.IsDirectory || facts.Type == FileType.Link))
            {
                return null;
            }

            if (facts.Type == FileType.Link)
            {
                using SafeFd link = TreeFiles.Open(_root, next, OpenFlags.Path);
                string target = TreeFiles.ReadLink(link, "") ?? "";
                if (++links > MaxLinks)
                {
                    return null;
                }

                Keep(add, next, facts, target);
                foreach (string step in target.Split('/', StringSplitOptions.RemoveEmptyEntries).Reverse())
                {
                    rest.Push(step);
                }

                current = target.StartsWith('/') ? "" : current;
                continue;
            }

            if (!facts.IsDirectory && facts.Type != FileType.Regular)
            {
                return null;
            }

            Keep(add, next, facts, "");
            current = next;
        }

        return TreeFiles.TryFacts(_root, current, out _) is { Type: FileType.Regular } ? current : null;
    }

    private void Keep(bool add, string path, FileFacts facts, string target)
    {
        if (add)
        {
            _files.TryAdd(path, new NewFile(path, facts.Mode)
            {
                Uid = Processes.InInitialUserNamespace ? facts.Uid : 0, // in an ordinary user's namespace the host's root is nobody
                Gid = Processes.InInitialUserNamespace ? facts.Gid : 0,
                Modified = facts.Modified,
                Target = target,
                Source = facts.Type == FileType.Regular ? path : null,
            });
        }
    }

    private static string Parent(string path) => path.LastIndexOf('/') is var slash && slash > 0 ? path[..slash] : "";
}
