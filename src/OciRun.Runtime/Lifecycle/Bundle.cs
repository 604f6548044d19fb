using OciRun.Linux;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>A bundle as it was read: once, and never again (S12).</summary>
/// <param name="Directory">Absolute path.</param>
/// <param name="Text">config.json, byte for byte.</param>
/// <param name="Config">What it says, validated.</param>
internal sealed record Bundle(string Directory, byte[] Text, RuntimeConfig Config)
{
    /// <exception cref="ContainerException">config.json is missing, unreadable or wrong; all its faults are named at once.</exception>
    internal static Bundle Read(string directory, string? configFile, Diagnostics diagnostics)
    {
        string path = configFile ?? directory + "/config.json";
        byte[] text = ReadText(directory, path);
        return new Bundle(directory, text, Parse(text, path, diagnostics));
    }

    /// <summary>Its config.json, unread.</summary>
    internal static byte[] ReadText(string directory, string path)
    {
        try
        {
            return Files.ReadAll(path);
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new ContainerException(
                ErrorCode.ConfigMissing,
                $"JSON specification file config.json not found in {Quoting.Quote(directory)}; \"ocirun spec\" writes one, --bundle names another directory", e);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.ConfigMissing, $"cannot read {Quoting.Quote(path)}: {e.Message}", e) { Call = e.Call, Errno = e.Errno };
        }
    }

    /// <summary>The directory that root.path names must be there before anything is made.</summary>
    internal void CheckRootfs()
    {
        string rootfs = Paths.Below(Directory, Config.Root!.Path!);
        FileFacts? status = Files.TryStatus(SafeFd.CurrentDirectory, rootfs, followLink: true, out Errno errno);
        if (status is { Type: FileType.Directory })
        {
            return;
        }

        string reason = status is null ? ErrnoText.Describe(errno) : "it is no directory";
        throw new ContainerException(ErrorCode.RootfsMissing, $"/root/path: the root filesystem {Quoting.Quote(rootfs)}: {reason}") { Place = "/root/path", Errno = errno };
    }

    private static RuntimeConfig Parse(byte[] text, string path, Diagnostics diagnostics)
    {
        try
        {
            RuntimeConfig config = ConfigReader.Read(text);
            IReadOnlyList<Finding> findings = ConfigValidator.Validate(config);
            if (diagnostics.IsStrict || diagnostics.DebugEnabled)
            {
                findings = [.. UnknownProperties(text, diagnostics), .. findings];
            }

            if (findings.Count > 0)
            {
                findings = ConfigReader.WithPositions(text, findings);
                ThrowOrWarn(findings, diagnostics);
            }

            return config;
        }
        catch (InvalidConfigException e)
        {
            throw new ContainerException(ErrorCode.InvalidConfig, Quoting.Escape($"{path}: {e.Message}"), e) { Place = e.Findings.Count > 0 ? e.Findings[0].Path : null };
        }
    }

    /// <summary>The specification has them ignored; who looks closely wants to know (U30).</summary>
    private static IReadOnlyList<Finding> UnknownProperties(byte[] text, Diagnostics diagnostics)
    {
        IReadOnlyList<Finding> unknown = ConfigReader.Inspect(text);
        foreach (Finding finding in unknown)
        {
            diagnostics.Debug(Quoting.Escape(finding.ToString()));
        }

        return diagnostics.IsStrict ? unknown : [];
    }

    private static void ThrowOrWarn(IReadOnlyList<Finding> findings, Diagnostics diagnostics)
    {
        foreach (Finding finding in findings)
        {
            if (finding.Level == FindingLevel.Must)
            {
                throw new InvalidConfigException(findings);
            }
        }

        foreach (Finding finding in findings)
        {
            diagnostics.Weaken(Quoting.Escape(finding.ToString()));
        }
    }
}
