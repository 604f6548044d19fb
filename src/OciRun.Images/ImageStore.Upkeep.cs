using OciRun.Images.Export;
using OciRun.Images.Store;
using OciRun.Linux;

namespace OciRun.Images;

public sealed partial class ImageStore
{
    private References References => new(_store);

    /// <summary>Takes names away. What no other name, bundle or container needs goes with the next collection.</summary>
    /// <exception cref="ImageException"><see cref="ImageError.Missing"/>: one of them is not there, and none is taken away.</exception>
    public void Remove(IReadOnlyList<string> names) => Guard(() =>
    {
        var found = new HashSet<string>();
        foreach (string name in names)
        {
            ImageName.Check(name);
            found.Add(_names.Find(name)?.Name ?? throw new ImageException(ImageError.Missing, $"there is no image {name} in {Quoting.Escape(_store.Path)}: see image list"));
        }

        _names.Remove(found);
        return true;
    });

    /// <summary>
    /// Removes what nobody needs: layers and blobs of no image, references of bundles that are gone, directories of containers that are gone, what dead processes left.
    /// </summary>
    /// <param name="wait">Waits until nobody else works with the store; otherwise null is the result when somebody does.</param>
    /// <exception cref="ImageException">The store cannot be read or written.</exception>
    public GcReport? Gc(bool wait = true) => Guard(() =>
    {
        using SafeFd? alone = _store.Lock(alone: true, wait);
        return alone is null ? null : new Collector(_store, _names, References).Run();
    });

    /// <summary>A bundle needs an image: its layers stay until the bundle is gone or <see cref="RemoveReference"/> says so. The store should be pinned since the image was resolved.</summary>
    /// <param name="image">Of this store.</param>
    /// <param name="bundle">Absolute path of a directory that exists.</param>
    /// <exception cref="ImageException">The bundle is not there, or the store cannot be written.</exception>
    public void AddReference(StoredImage image, string bundle) => Guard(() =>
    {
        References.Add(image, bundle);
        return true;
    });

    /// <summary>The bundle needs its image no more; fine when it never did.</summary>
    /// <exception cref="ImageException">The store cannot be written.</exception>
    public void RemoveReference(string bundle) => Guard(() =>
    {
        References.Remove(bundle);
        return true;
    });

    /// <summary>The image that a bundle was made of; null when the store knows of none.</summary>
    /// <param name="bundle">As it was given to <see cref="AddReference"/>.</param>
    /// <exception cref="ImageException">It is damaged.</exception>
    public StoredImage? FindReference(string bundle) => Guard(() => References.Find(bundle) is { } record
        ? Load(record.Image, new() { MediaType = null, Digest = record.Manifest, Size = record.ManifestSize })
        : null);

    /// <summary>
    /// Directory of a container of the store, made when it is missing. A file <c>state</c> in it has the path of the container's state directory; <see cref="Gc"/> removes it when
    /// there is none, unless it is locked (flock(2)): then the container is just being made.
    /// </summary>
    /// <param name="id">A valid id of a container.</param>
    /// <returns>Absolute path.</returns>
    /// <exception cref="ImageException">It cannot be made.</exception>
    public string MakeContainerDirectory(string id) => Guard(() =>
    {
        _store.MakeDirectory("containers/" + RawName.FromText(id));
        return $"{_store.Path}/containers/{id}";
    });

    /// <summary>Removes the directory of a container and all in it; fine when there is none.</summary>
    /// <exception cref="ImageException">It cannot be removed: something is mounted in it.</exception>
    public void RemoveContainerDirectory(string id) => Guard(() =>
    {
        _store.RemoveAll("containers/" + RawName.FromText(id));
        References.Remove($"{_store.Path}/containers/{id}");
        return true;
    });

    /// <summary>Who takes how much room on the disk.</summary>
    /// <exception cref="ImageException">The store cannot be read.</exception>
    public UsageReport Usage() => Guard(() => new UsageCounter(_store, _names, References).Run());

    /// <summary>Hashes every blob of every image again and compares every extracted layer with its archive.</summary>
    /// <exception cref="ImageException">The store cannot be read at all.</exception>
    public VerifyReport Verify() => Guard(() =>
    {
        using var held = LockAndSweep();
        var images = _names.Read();
        foreach (var (_, record) in References.All())
        {
            if (References.IsAlive(record))
            {
                images.Add((record.Bundle ?? "bundle", new() { Digest = record.Manifest, Size = record.ManifestSize }));
            }
        }

        return new Verifier(_store).Run(images);
    });

    /// <summary>Writes an image for other tools. Into a layout that is there it is added; a tag that is there gets another meaning.</summary>
    /// <param name="name">Of the image.</param>
    /// <param name="destination">oci:DIR[:TAG], oci-archive:FILE[:TAG] or docker-archive:FILE[:TAG]; without a tag the image's name is one.</param>
    /// <exception cref="ImageException">There is no such image, or it cannot be written there.</exception>
    public void Export(string name, string destination)
    {
        var place = SourceName.Parse(destination);
        using var held = Pin();
        var image = Resolve(name);
        Guard(() =>
        {
            new Exporter(_store, image).Run(place);
            return true;
        });
    }
}
