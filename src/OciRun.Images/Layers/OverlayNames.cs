namespace OciRun.Images.Layers;

/// <summary>Names with a meaning to an overlay or to an archive of a layer.</summary>
internal static class OverlayNames
{
    /// <summary>Prefix of a deletion, layer.md "Whiteouts".</summary>
    internal const string Whiteout = ".wh.";

    /// <summary>Prefix of what AUFS once kept in layers; not content.</summary>
    internal const string Aufs = ".wh..wh.";

    /// <summary>In a directory: everything below it in lower layers is gone, layer.md "Opaque Whiteout".</summary>
    internal const string Opaque = ".wh..wh..opq";

    /// <summary>The attribute of an opaque directory.</summary>
    internal static string OpaqueAttribute(OverlayForm form) => form == OverlayForm.User ? "user.overlay.opaque" : "trusted.overlay.opaque";

    /// <summary>Would an overlay obey it? Then no archive may bring it (redirects and opaque marks of a stranger), and no copy may carry it on.</summary>
    internal static bool IsOverlayAttribute(string name) =>
        name.StartsWith("trusted.overlay.", StringComparison.Ordinal) || name.StartsWith("user.overlay.", StringComparison.Ordinal);

    /// <summary>Attributes that belong to this machine and not to an image: labels of its policy, access lists of its network file system.</summary>
    internal static bool IsHostAttribute(string name) => name is "security.selinux" or "system.nfs4_acl";
}
