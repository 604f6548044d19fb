using OciRun.Cgroups;
using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>A bundle that is made of an image: config.json, a place for the root filesystem, and no copy of a layer.</summary>
public static class ImageBundle
{
    private const uint Private = 0x1C0, Readable = 0x1ED; // 0700, 0755

    /// <summary>For unpack: a bundle that stays, and that any verb takes.</summary>
    /// <param name="store">Open.</param>
    /// <param name="name">Of the image.</param>
    /// <param name="bundle">Absolute path of a directory that does not exist yet; its parent does.</param>
    /// <param name="options">What the caller adds.</param>
    /// <param name="copy">The root filesystem is a copy of the files, for any runtime; else it is the store's layers, and changes go to the bundle's <c>upper</c> directory.</param>
    /// <exception cref="ContainerException">The bundle is there already, or cannot be made; nothing is left then.</exception>
    /// <exception cref="ImageException">There is no such image.</exception>
    public static void Unpack(ImageStore store, string name, string bundle, BundleOptions options, bool copy)
    {
        ArgumentNullException.ThrowIfNull(store);
        using IDisposable pin = store.Pin();
        StoredImage image = store.Resolve(name);
        if (image.Config.Config is not ({ Entrypoint.Count: > 0 } or { Cmd.Count: > 0 }))
        {
            options = options with { Command = ["sh"] }; // config.json must name a program; who unpacks can write another there
        }

        RuntimeConfig config = BundleConfig.Make(Path.GetFileName(bundle), image, options, CgroupHost.IsUnified);
        Errno errno = Files.TryMakeDirectory(SafeFd.CurrentDirectory, bundle, Private);
        if (errno != Errno.None)
        {
            throw BuildError.Usage($"cannot make the bundle {Quoting.Quote(bundle)}: {(errno == Errno.EEXIST ? "it is there already" : ErrnoText.Describe(errno))}");
        }

        try
        {
            if (copy)
            {
                Write(bundle, config);
                store.CopyTo(image, bundle + "/rootfs");
                return;
            }

            SetLayers(config, image.Name, image.LowerDirectories);
            config.Annotations![OverlayDirectories.Prefix + "upperdir"] = "upper";
            config.Annotations[OverlayDirectories.Prefix + "workdir"] = "work";
            RootFilesystem.PrepareUpper(bundle, image.LowerDirectories[0]);
            Write(bundle, config);
            store.AddReference(image, bundle);
        }
        catch
        {
            RootFilesystem.RemoveDirectory(bundle);
            throw;
        }
    }

    /// <summary>For run and create: the bundle is the container's directory in the store, and goes with it.</summary>
    /// <param name="store">Open.</param>
    /// <param name="name">Of the image.</param>
    /// <param name="root">The directory of the containers' states.</param>
    /// <param name="id">Of the container, valid.</param>
    /// <param name="options">What the caller adds.</param>
    /// <param name="ownIds">--userns auto.</param>
    /// <returns>The bundle, locked until it is disposed.</returns>
    /// <exception cref="ContainerException">There is a container of this id; or as <see cref="Unpack"/>.</exception>
    public static ContainerBundle Make(ImageStore store, string name, string root, string id, BundleOptions options, bool ownIds)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(options);
        using IDisposable pin = store.Pin();
        StoredImage image = store.Resolve(name);
        var claimed = ContainerBundle.Claim(store, root, id);
        string bundle = claimed.Path;
        try
        {
            if (ownIds && OwnNamespace.Mappings() is null) // others have a user namespace anyway
            {
                options = options with { FirstId = IdRanges.Take(Path.GetDirectoryName(bundle)!, bundle) };
            }

            RuntimeConfig config = BundleConfig.Make(id, image, options, CgroupHost.IsUnified);
            SetLayers(config, image.Name, image.LowerDirectories);
            Write(bundle, config);
            store.AddReference(image, bundle);
            return claimed;
        }
        catch
        {
            claimed.Remove();
            claimed.Dispose();
            throw;
        }
    }

    /// <summary>For a step of a build: of layers that no image has yet, so the store is pinned.</summary>
    internal static ContainerBundle MakeForBuild(ImageStore store, string root, string id, RuntimeConfig config, IReadOnlyList<string> layers)
    {
        var claimed = ContainerBundle.ClaimForBuild(store, root, id);
        try
        {
            SetLayers(config, null, layers);
            Write(claimed.Path, config);
            return claimed;
        }
        catch
        {
            claimed.Remove();
            claimed.Dispose();
            throw;
        }
    }

    private static void SetLayers(RuntimeConfig config, string? name, IReadOnlyList<string> layers)
    {
        if (layers.Count == 0)
        {
            throw BuildError.Usage($"the image {name} has no layers: there is nothing to run in it");
        }

        config.Annotations![OverlayDirectories.Prefix + "lowerdir"] = OverlayDirectories.Join(layers);
    }

    private static void Write(string bundle, RuntimeConfig config)
    {
        Errno errno = Files.TryMakeDirectory(SafeFd.CurrentDirectory, bundle + "/rootfs", Readable);
        if (errno is not (Errno.None or Errno.EEXIST))
        {
            throw new LinuxException("mkdir", Quoting.Quote(bundle + "/rootfs"), errno);
        }

        using SafeFd file = Files.Open(bundle + "/config.json", OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Truncate | OpenFlags.NoFollow, 0x1A4);
        Files.Write(file, DefaultConfig.Serialize(config), "config.json");
    }
}
