namespace OciRun.Spec;

/// <summary>The stable codes of findings. A code keeps its meaning for ever; the words of the message may change.</summary>
public static class FindingCode
{
    /// <summary>The bytes are not JSON.</summary>
    public const string JsonSyntax = "json-syntax";

    /// <summary>The bytes are not UTF-8, or an escape names half a character.</summary>
    public const string JsonEncoding = "json-encoding";

    /// <summary>A name appears twice in one object.</summary>
    public const string DuplicateName = "duplicate-name";

    /// <summary>A value has another JSON type than the property.</summary>
    public const string WrongType = "wrong-type";

    /// <summary>An integer does not fit.</summary>
    public const string OutOfRange = "out-of-range";

    /// <summary>A null where the specification has a value.</summary>
    public const string UnexpectedNull = "unexpected-null";

    /// <summary>A required property is absent or empty.</summary>
    public const string Missing = "missing";

    /// <summary>A property that the specification does not have.</summary>
    public const string UnknownProperty = "unknown-property";

    /// <summary>A word that is not one of those the specification lists.</summary>
    public const string UnknownValue = "unknown-value";

    /// <summary>A value that has not the required form.</summary>
    public const string Malformed = "malformed";

    /// <summary>Two entries say the same thing where only one may.</summary>
    public const string Duplicate = "duplicate";

    /// <summary>Two settings exclude each other.</summary>
    public const string Conflict = "conflict";

    /// <summary>A valid value that Linux, or this runtime, cannot do.</summary>
    public const string Unsupported = "unsupported";

    /// <summary>A setting that will have no effect.</summary>
    public const string NoEffect = "no-effect";

    /// <summary>A setting that the specification advises against.</summary>
    public const string Deprecated = "deprecated";

    /// <summary>The version is not one this runtime can honour.</summary>
    public const string OciVersion = "oci-version";

    /// <summary>A path that must be absolute is not.</summary>
    public const string NotAbsolute = "not-absolute";

    /// <summary>A path is longer than the kernel takes.</summary>
    public const string TooLong = "too-long";

    /// <summary>A NUL byte in a string that goes to the kernel.</summary>
    public const string NulByte = "nul-byte";

    /// <summary>A line break in a string that is written to a line-oriented file.</summary>
    public const string LineBreak = "line-break";

    /// <summary>A name that would lead out of its directory.</summary>
    public const string Traversal = "path-traversal";

    /// <summary>The namespace that a setting needs is not in linux.namespaces.</summary>
    public const string NamespaceMissing = "namespace-missing";

    /// <summary>A user namespace without mappings, or mappings without one.</summary>
    public const string IdMappingsMissing = "id-mappings-missing";

    /// <summary>Mappings that the kernel would refuse.</summary>
    public const string IdMappingInvalid = "id-mapping-invalid";

    /// <summary>An id that has no mapping in the container's user namespace.</summary>
    public const string IdUnmapped = "id-unmapped";

    /// <summary>A capability that this runtime or the kernel does not know, or cannot grant.</summary>
    public const string CapabilityUnavailable = "capability-unavailable";

    /// <summary>A mount of type "bind" without the option "bind" or "rbind".</summary>
    public const string BindOptionMissing = "bind-option-missing";

    /// <summary>A kernel parameter that is not the container's own.</summary>
    public const string SysctlNotNamespaced = "sysctl-not-namespaced";

    /// <summary>A file or directory of the host that is not there, or is of another kind (validate --host).</summary>
    public const string HostMissing = "host-missing";

    /// <summary>What this kernel, its cgroups or the caller cannot do (validate --host).</summary>
    public const string HostUnable = "host-unable";

    /// <summary>errnoRet beside a seccomp action that returns no errno.</summary>
    public const string SeccompErrno = "seccomp-errno";

    /// <summary>A seccomp listener setting without the one it needs.</summary>
    public const string SeccompListener = "seccomp-listener";
}
