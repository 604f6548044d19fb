using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>Makes the mount of an <see cref="OverlayRoot"/> with our own credentials: detached, so that the host never sees it and a crash leaves nothing.</summary>
internal sealed class OverlayMount : IDisposable
{
    private readonly OverlayRoot _root;
    private readonly List<SafeFd> _open = [];

    private OverlayMount(OverlayRoot root) => _root = root;

    /// <param name="root">What it is made of.</param>
    /// <param name="openMapping">A user namespace with these mappings.</param>
    /// <exception cref="ContainerException">With the kernel's own words.</exception>
    internal static SafeFd Make(OverlayRoot root, Func<IdMaps, SafeFd> openMapping)
    {
        using var overlay = new OverlayMount(root);
        try
        {
            SafeFd? mapping = root.Maps is null ? null : overlay.Keep(openMapping(root.Maps));
            return root.IsSingle ? overlay.Single(mapping) : overlay.Layers(mapping, asLinks: false);
        }
        catch (LinuxException e) when (e.Errno == Errno.EINVAL && root is { Maps: null, MemorySize: null } && TryAsLinks(root) is { } mount)
        {
            return mount;
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.Mount, $"{root.Place}: put the root filesystem together: {e.Message}{Hint(e)}", e) { Place = root.Place, Call = e.Call, Errno = e.Errno };
        }
    }

    /// <summary>The way of kernels before 6.7; null when it is none either, and what the kernel said of the first counts.</summary>
    internal static SafeFd? TryAsLinks(OverlayRoot root)
    {
        using var overlay = new OverlayMount(root);
        try
        {
            return root.IsSingle ? null : overlay.Layers(null, asLinks: true);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafeFd fd in _open)
        {
            fd.Dispose();
        }
    }

    private static string Hint(LinuxException e) => e.Errno switch
    {
        Errno.ELOOP => "; a directory is used twice, by this container or by another one that runs",
        Errno.EINVAL when e.Message.Contains("lowerdir+", StringComparison.Ordinal) => "; so many layers, or this kind of them, need Linux 6.7",
        Errno.EBUSY => "; the upper or work directory is in use by another container",
        _ => "",
    };

    private SafeFd Single(SafeFd? mapping)
    {
        SafeFd tree = Copy(_root.Lower[0], mapping);
        MountTree.Set(tree, MountAttr.ReadOnly, _root.Lower[0]);
        return tree;
    }

    private SafeFd Layers(SafeFd? mapping, bool asLinks)
    {
        using var links = asLinks ? new OverlayLinks(_root) : null;
        using FileSystemContext context = FileSystemContext.Open("overlay");
        context.Set("source", "overlay"); // as mountinfo shows it
        if (_root.UserAttributes)
        {
            context.SetWord("userxattr"); // excludes the others
        }
        else
        {
            foreach ((string key, string value) in OverlayRoot.PlainOptions)
            {
                context.Set(key, value);
            }
        }

        foreach (string lower in links is null ? _root.Lower : [])
        {
            context.Set("lowerdir+", mapping is null ? Name(lower) : Keep(Copy(lower, mapping)).ProcPath);
        }

        if (links is not null)
        {
            links.Set(context);
        }
        else if (_root.MemorySize is not null)
        {
            string memory = Memory();
            context.Set("upperdir", memory + "/upper");
            context.Set("workdir", memory + "/work");
        }
        else if (_root.Upper is not null)
        {
            context.Set("upperdir", RootSteps.EscapeUpper(Name(_root.Upper)));
            context.Set("workdir", RootSteps.EscapeUpper(Name(_root.Work!)));
            if (_root.IsTemporary)
            {
                context.SetWord("volatile"); // Linux 5.10
            }
        }

        if (_root.Label is not null)
        {
            context.Set("context", _root.Label);
        }

        return context.Mount(_root.Upper is null && _root.MemorySize is null ? MountAttr.ReadOnly : 0);
    }

    private static SafeFd Copy(string path, SafeFd? mapping)
    {
        using SafeFd directory = Files.Open(path, OpenFlags.Path | OpenFlags.Directory);
        SafeFd tree = MountTree.Copy(directory, path);
        if (mapping is not null)
        {
            MountTree.MapIds(tree, mapping, path);
        }

        return tree;
    }

    /// <summary>A tmpfs that is attached nowhere (as a layer since Linux 6.15), with the upper and work directories.</summary>
    private string Memory()
    {
        using FileSystemContext context = FileSystemContext.Open("tmpfs");
        context.Set("mode", "0700");
        if (_root.MemorySize!.Length > 0)
        {
            context.Set("size", _root.MemorySize);
        }

        SafeFd tree = Keep(context.Mount(0));
        OverlayDirectory.MakeUpper(tree, "memory", _root.Lower[0], _root.Maps);
        return tree.ProcPath;
    }

    /// <summary>As fsconfig(2) takes it: short enough, or by descriptor.</summary>
    private string Name(string path) => System.Text.Encoding.UTF8.GetByteCount(RootSteps.EscapeUpper(path)) <= FileSystemContext.StringMaximum
        ? path
        : Keep(Files.Open(path, OpenFlags.Path | OpenFlags.Directory)).ProcPath;

    private SafeFd Keep(SafeFd fd)
    {
        _open.Add(fd);
        return fd;
    }
}
