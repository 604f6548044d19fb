using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Criu;

/// <summary>Where CRIU is, and whether it is one that we can use.</summary>
internal static class CriuProgram
{
    /// <summary>Debian 12's. Everything that we send is known to it: an older one would skip what it does not know, and do something else than was asked.</summary>
    internal const int MinimumVersion = 31700;

    /// <summary>The first "criu" of the caller's PATH, which is root's, or of the usual places.</summary>
    /// <exception cref="ContainerException">There is none.</exception>
    internal static string Find()
    {
        foreach (string directory in (Environment.GetEnvironmentVariable("PATH") + ":/usr/sbin:/usr/local/sbin").Split(':'))
        {
            string path = directory + "/criu";
            if (path[0] == '/' && Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is { Type: FileType.Regular } file && (file.Mode & 0x49) != 0)
            {
                return path;
            }
        }

        throw new ContainerException(
            ErrorCode.CriuMissing, "criu is not installed, and nothing can be checkpointed or restored without it: there is no program criu in PATH or /usr/sbin (Debian package criu)");
    }

    /// <summary>Asks it who it is, and what the kernel offers it.</summary>
    /// <exception cref="ContainerException">It is missing, too old, or cannot do on this kernel what the options ask for.</exception>
    internal static void Check(bool tracksMemory, bool lazyPages)
    {
        int version;
        using (CriuWorker worker = CriuWorker.Start())
        {
            version = worker.Run(new CriuRequest(CriuRequestType.Version), null, "", Ignore).Version;
        }

        if (version < MinimumVersion)
        {
            throw new ContainerException(ErrorCode.Unsupported, $"{Find()} is version {Text(version)}, too old: it must be {Text(MinimumVersion)} or newer");
        }

        if (!tracksMemory && !lazyPages)
        {
            return;
        }

        using CriuWorker checker = CriuWorker.Start();
        CriuResponse features = checker.Run(new CriuRequest(CriuRequestType.FeatureCheck), null, "", Ignore);
        if (tracksMemory && !features.TracksMemory)
        {
            throw new ContainerException(
                ErrorCode.Unsupported, "criu cannot track memory on this kernel, which --pre-dump and --parent-path need: it lacks CONFIG_MEM_SOFT_DIRTY, or is not as criu expects it (\"criu check --feature mem_dirty_track\")");
        }

        if (lazyPages && !features.HasLazyPages)
        {
            throw new ContainerException(
                ErrorCode.Unsupported, "criu cannot fetch pages lazily on this kernel, which --lazy-pages needs: it lacks userfaultfd, or forbids it (\"criu check --feature uffd-noncoop\")");
        }
    }

    private static void Ignore(CriuResponse notification, SafeFd? descriptor) => descriptor?.Dispose();

    private static string Text(int version) => string.Create(CultureInfo.InvariantCulture, $"{version / 10000}.{version / 100 % 100}.{version % 100}");
}
