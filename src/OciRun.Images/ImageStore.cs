using OciRun.Images.Layers;
using OciRun.Images.Model;
using OciRun.Images.Sources;
using OciRun.Images.Store;
using OciRun.Linux;

namespace OciRun.Images;

/// <summary>
/// The images of this machine: their blobs, and each layer extracted once, for all images and containers that have it. Several processes may use a store at once; a process
/// that dies leaves nothing that counts. Not for a plain <c>create</c>, which knows no images.
/// </summary>
public sealed partial class ImageStore : IDisposable
{
    private readonly StoreDirectory _store;
    private readonly NameIndex _names;

    private ImageStore(StoreDirectory store) => (_store, _names) = (store, new NameIndex(store));

    /// <summary>Absolute path of the store.</summary>
    public string Directory => _store.Path;

    /// <summary>The layers' marks are user.overlay.*: an overlay of them wants the mount option userxattr.</summary>
    public bool UsesUserAttributes => _store.Form == OverlayForm.User;

    /// <summary>Opens a store, and makes it where there is none: mode 0700, for its owner alone.</summary>
    /// <param name="directory">Absolute path.</param>
    /// <exception cref="ImageException">It cannot be opened or made, or belongs to somebody else.</exception>
    public static ImageStore Open(string directory) => new(StoreDirectory.Open(directory));

    /// <summary>Keeps <see cref="Gc"/> of all processes away until it is disposed: for what is put together from several calls.</summary>
    /// <exception cref="LinuxException">As flock(2).</exception>
    public IDisposable Pin() => _store.Lock(alone: false)!;

    /// <summary>Takes an image into the store: every blob verified, every layer extracted that is not there yet.</summary>
    /// <param name="source">oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:TAG].</param>
    /// <param name="name">What it is to be called; null for the source's name.</param>
    /// <param name="options">Whom to tell of progress and of what was left out.</param>
    /// <exception cref="ImageException">The source is no image, is damaged or hostile, has no name; or the store is full. No name is changed; layers that were whole by then stay for the next collection.</exception>
    public StoredImage Import(string source, string? name = null, ImportOptions? options = null)
    {
        if (name is not null)
        {
            ImageName.Check(name);
        }

        return Guard(() => Take(source, options, own => name ?? (own is not null && ImageName.IsValid(own)
            ? own
            : throw new ImageException(ImageError.Usage, $"{Quoting.Escape(source)} has no name that an image can have here: give one, image import SOURCE NAME"))));
    }

    /// <summary>The same without giving it a name: the next collection takes it away again, unless it is pinned or another image is made of it.</summary>
    /// <param name="source">As for <see cref="Import"/>.</param>
    /// <exception cref="ImageException">As for <see cref="Import"/>.</exception>
    public StoredImage Borrow(string source) => Guard(() => Take(source, null, static _ => null));

    /// <summary>The image of this name.</summary>
    /// <exception cref="ImageException"><see cref="ImageError.Missing"/>; or it is damaged.</exception>
    public StoredImage Resolve(string name)
    {
        ImageName.Check(name);
        return Guard(() => _names.Find(name) is { } found
            ? Load(found.Name, found.Manifest)
            : throw new ImageException(ImageError.Missing, $"there is no image {name} in {Quoting.Escape(_store.Path)}: see image list"));
    }

    /// <summary>All images, by name.</summary>
    /// <exception cref="ImageException">The store is damaged.</exception>
    public IReadOnlyList<StoredImage> List() => Guard(() => _names.Read().ConvertAll(entry => Load(entry.Name, entry.Manifest)));

    /// <inheritdoc/>
    public void Dispose() => _store.Dispose();

    private StoredImage Take(string source, ImportOptions? options, Func<string?, string?> choose)
    {
        using var held = LockAndSweep();
        var place = SourceName.Parse(source);
        using var files = SourceOpener.Open(_store, place);
        var image = place.Transport == SourceName.Docker ? new DockerReader(files).Read(place.Tag) : new LayoutReader(files).Read(place.Tag);
        string? name = choose(image.Name);
        using (var importer = new Importer(_store, image.Layers, options ?? new()))
        {
            importer.Run();
        }

        Put(image.ConfigDigest, image.Config);
        Put(Digest.Parse(image.Descriptor.Digest, "manifest"), image.Manifest);
        if (name is not null)
        {
            _names.Set(name, image.Descriptor);
        }

        return Load(name, image.Descriptor);
    }

    private void Put(Digest digest, byte[] content) => _store.PutBlob(digest, content);

    /// <summary>The store, locked for adding; before that, what dead processes left is removed if nobody else is at work.</summary>
    private SafeFd LockAndSweep()
    {
        using (SafeFd? alone = _store.Lock(alone: true, wait: false))
        {
            if (alone is not null)
            {
                _store.SweepTemporary();
            }
        }

        return _store.Lock(alone: false)!;
    }

    private StoredImage Load(string? name, Descriptor descriptor)
    {
        using var files = new StoreFiles(_store);
        var image = new LayoutReader(files).Read(descriptor);
        var layers = new List<StoredLayer>(image.Layers.Count);
        var below = new List<Digest>();
        Digest? chain = null;
        foreach (var layer in image.Layers)
        {
            chain = Digest.Chain(chain, layer.DiffId);
            layers.Add(LoadLayer(layer, chain.Value, below, name ?? descriptor.Digest));
            below.Insert(0, chain.Value);
        }

        return new StoredImage
        {
            Name = name,
            Descriptor = descriptor,
            Digest = Digest.Parse(descriptor.Digest, "manifest"),
            Manifest = Documents.ReadDocument(image.Manifest, descriptor.MediaType, "manifest"),
            Config = Documents.ReadConfig(image.Config, "configuration"),
            ConfigBytes = image.Config,
            Layers = layers,
        };
    }

    /// <summary>A layer that is extracted; one that the machine may have lost files of since is compared with its archive first.</summary>
    private StoredLayer LoadLayer(SourceLayer layer, Digest chain, IReadOnlyList<Digest> below, string? image)
    {
        string path = StoreDirectory.LayerPath(chain);
        var record = _store.TryRead(path + "/layer.json") is { } text
            ? Documents.Parse(text, ImagesJsonContext.Default.LayerRecord, $"{Quoting.Escape(_store.Path)}/{path}/layer.json")
            : throw new ImageException(ImageError.Store, $"the layer {layer.Digest} of {image} is not extracted in {Quoting.Escape(_store.Path)}: import the image again");
        if (record.Boot is not null && record.Boot != StoreDirectory.Boot)
        {
            record = new LayerCheck(_store).Recover(layer, chain, below);
        }

        return new(layer.Descriptor, layer.DiffId, chain, $"{_store.Path}/{path}/diff", record.Size, record.ArchiveSize);
    }

    /// <summary>What the kernel refuses within the store is an error of the store.</summary>
    private T Guard<T>(Func<T> step)
    {
        try
        {
            return step();
        }
        catch (LinuxException error)
        {
            throw new ImageException(ImageError.Store, $"image store {Quoting.Escape(_store.Path)}: {error.Message}", error);
        }
    }
}
