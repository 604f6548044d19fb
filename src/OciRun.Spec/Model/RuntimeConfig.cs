namespace OciRun.Spec;

/// <summary>config.json of a bundle (config.md). Names and meaning are the specification's; what is absent is null.</summary>
public sealed class RuntimeConfig
{
    /// <summary>SemVer 2.0.0 version of the specification the bundle follows; required.</summary>
    public string? OciVersion { get; set; }

    /// <summary>The program; required when start is called.</summary>
    public Process? Process { get; set; }

    /// <summary>The root filesystem; required on Linux.</summary>
    public Root? Root { get; set; }

    /// <summary>Host name as seen by the program.</summary>
    public string? Hostname { get; set; }

    /// <summary>NIS domain name as seen by the program.</summary>
    public string? Domainname { get; set; }

    /// <summary>Additional mounts, in the order they are made.</summary>
    public Mount[]? Mounts { get; set; }

    /// <summary>Programs run at points of the life cycle.</summary>
    public Hooks? Hooks { get; set; }

    /// <summary>Arbitrary metadata.</summary>
    public Dictionary<string, string>? Annotations { get; set; }

    /// <summary>What is particular to Linux (config-linux.md).</summary>
    public LinuxSection? Linux { get; set; }
}
