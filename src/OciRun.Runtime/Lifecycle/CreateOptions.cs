using OciRun.Runtime.Security;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The command line of create, and the part of run that it shares.</summary>
/// <param name="Id">The container's id, as given: validated by <see cref="Creator"/>.</param>
/// <param name="Bundle">Absolute path of the bundle.</param>
public sealed record CreateOptions(string Id, string Bundle)
{
    /// <summary>Another file instead of config.json in the bundle (crun's --config).</summary>
    public string? ConfigFile { get; init; }

    /// <summary>Changes to the root filesystem go elsewhere; null: into it.</summary>
    public OverlayRequest? Overlay { get; init; }

    /// <summary>AF_UNIX socket that gets the terminal's master.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>AF_UNIX socket that gets a pidfd of the init process.</summary>
    public string? PidfdSocket { get; init; }

    /// <summary>Absolute path of the file that gets the pid of the init process.</summary>
    public string? PidFile { get; init; }

    /// <summary>MS_MOVE and chroot instead of pivot_root(2), for a root filesystem on an initramfs.</summary>
    public bool NoPivot { get; init; }

    /// <summary>Keep the caller's session keyring.</summary>
    public bool NoNewKeyring { get; init; }

    /// <summary>Descriptors from 3 on that the program keeps, after those of LISTEN_FDS.</summary>
    public int PreserveFds { get; init; }

    /// <summary>Answers what the profile refuses, and remembers it (run --seccomp-trace); null: the kernel answers.</summary>
    public SeccompWatch? Watch { get; init; }

    /// <summary>Its first process is killed when we end, however that comes.</summary>
    internal bool EndsWithUs { get; init; }
}
