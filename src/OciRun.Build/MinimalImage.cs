using System.Text;
using OciRun.Build.Minimal;
using OciRun.Images;
using OciRun.Images.Changes;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Build;

/// <summary>A small image of the host's own programs, with exactly the libraries that they need.</summary>
public static class MinimalImage
{
    private const uint Directory = FileType.Directory | 0x1ED, Open = FileType.Directory | 0x3FF, Private = FileType.Directory | 0x1C0, Plain = FileType.Regular | 0x1A4;

    private static readonly (string Path, string Content)[] s_files =
    [
        ("etc/passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin\n"),
        ("etc/group", "root:x:0:\nnogroup:x:65534:\n"),
        ("etc/hosts", "127.0.0.1 localhost\n::1 localhost ip6-localhost ip6-loopback\n"),
    ];

    /// <summary>Makes it.</summary>
    /// <param name="store">Open.</param>
    /// <param name="name">Of the image, whatever it meant before.</param>
    /// <param name="programs">Names, which are searched for in PATH, or paths. The first is what its containers run. A path of a file that is no program adds that file.</param>
    /// <param name="epoch">SOURCE_DATE_EPOCH, seconds since 1970; null: now.</param>
    /// <param name="note">Gets a sentence for each kind of file that programs look for only while they run, and that is not in the image.</param>
    /// <exception cref="Runtime.ContainerException">A program or a library is not there.</exception>
    /// <exception cref="ImageException">The name is none, or the store cannot be written.</exception>
    public static StoredImage Make(ImageStore store, string name, IReadOnlyList<string> programs, long? epoch, Action<string> note)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(programs);
        ArgumentNullException.ThrowIfNull(note);
        ImageName.Check(name);
        using IDisposable pin = store.Pin();
        using var tree = new HostTree();
        var closure = new ProgramClosure(tree);
        string[] paths = [.. programs.Select(closure.Add)];
        AddPlaces(tree);
        foreach (var (files, who) in closure.Missing)
        {
            note($"not in the image: {files}, which {string.Join(", ", who)} may look for; give their paths, too, where they are wanted");
        }

        string created = CommitOptions.Created(epoch);
        WrittenLayer layer = store.WriteLayer(tree.All, epoch);
        var history = new HistoryEntry { Created = created, CreatedBy = "image minimal " + string.Join(' ', programs), Comment = "programs of the host" };
        var settings = new ContainerSettings { Cmd = [paths[0]], Env = ["PATH=" + BundleConfig.DefaultPath], WorkingDir = "/" };
        return store.Add(name, null, [new NewStep(layer, history)], settings, created);
    }

    /// <summary>What a container expects beside its programs: places to mount on, and who is who.</summary>
    private static void AddPlaces(HostTree tree)
    {
        foreach (string path in new[] { "", "dev", "etc", "proc", "run", "sys" })
        {
            tree.Add(new NewFile(path, Directory));
        }

        tree.Add(new NewFile("root", Private));
        tree.Add(new NewFile("tmp", Open));
        foreach (var (path, content) in s_files)
        {
            tree.Add(new NewFile(path, Plain) { Content = Encoding.ASCII.GetBytes(content) });
        }
    }
}
