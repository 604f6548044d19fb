using OciRun.Images.Model;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Build;

/// <summary>Volumes and in-memory directories as mounts.</summary>
internal static class BundleMounts
{
    /// <exception cref="Runtime.ContainerException">A value is wrong.</exception>
    internal static List<Mount> Make(ContainerSettings settings, BundleOptions options)
    {
        List<Mount> mounts = [.. options.Volumes.Select(Volume), .. options.Tmpfs.Select(Memory)];
        if (options.ReadOnly)
        {
            // What the image declares to be data stays writable: in memory, with what the image has there.
            foreach (string path in settings.Volumes?.Keys.Order(StringComparer.Ordinal) ?? Enumerable.Empty<string>())
            {
                if (!mounts.Exists(mount => mount.Destination == path) && Path.IsPathFullyQualified(path))
                {
                    mounts.Add(new Mount { Destination = path, Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "nodev", "tmpcopyup"] });
                }
            }
        }

        return mounts;
    }

    /// <summary>The host's names and name servers, for containers in its network.</summary>
    internal static IEnumerable<Mount> HostNames()
    {
        foreach (string path in new[] { "/etc/resolv.conf", "/etc/hosts" })
        {
            if (Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is { Type: FileType.Regular })
            {
                yield return new Mount { Destination = path, Source = path, Type = "bind", Options = ["bind", "ro", "nosuid", "nodev", "noexec"] };
            }
        }
    }

    private static Mount Volume(string text)
    {
        string[] parts = text.Split(':');
        string source = parts[0], options = parts.Length == 3 ? parts[2] : "";
        if (parts.Length is < 2 or > 3 || !Path.IsPathFullyQualified(source) || !Path.IsPathFullyQualified(parts[1]))
        {
            throw BuildError.Usage($"--volume={text}: it is HOST:CONTAINER[:ro|rw|z|Z] with two absolute paths");
        }

        List<string> words = ["rbind", "rprivate", "nosuid", "nodev"];
        foreach (string option in options.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            switch (option)
            {
                case "ro": words.Add("ro"); break;
                case "rw": words.Add("rw"); break;
                case "z" or "Z" when !Selinux.IsEnabled: break; // a label where labels apply
                case "z" or "Z": throw BuildError.Usage($"--volume={text}: this machine has SELinux, and volumes are not relabelled yet: label {Quoting.Quote(source)} with chcon(1)");
                default: throw BuildError.Usage($"--volume={text}: unknown option \"{option}\": there are ro, rw, z and Z");
            }
        }

        MakeDirectory(source, text);
        return new Mount { Destination = parts[1], Source = source, Type = "bind", Options = [.. words] };
    }

    /// <summary>A volume that is not there yet is made, as docker does.</summary>
    private static void MakeDirectory(string path, string text)
    {
        if (Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out Errno errno) is null
            && (errno = Files.TryMakeDirectory(SafeFd.CurrentDirectory, path, 0x1ED)) != Errno.None)
        {
            throw BuildError.Usage($"--volume={text}: {Quoting.Quote(path)} is not there and cannot be made: {ErrnoText.Describe(errno)}");
        }
    }

    private static Mount Memory(string text)
    {
        string[] parts = text.Split(':', 2);
        return Path.IsPathFullyQualified(parts[0])
            ? new Mount { Destination = parts[0], Type = "tmpfs", Source = "tmpfs", Options = ["nosuid", "nodev", .. parts.Length == 2 ? parts[1].Split(',') : []] }
            : throw BuildError.Usage($"--tmpfs={text}: it is DIRECTORY[:OPTIONS] with an absolute path");
    }
}
