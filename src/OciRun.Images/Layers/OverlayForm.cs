namespace OciRun.Images.Layers;

/// <summary>In which extended attributes an overlay keeps what it knows: kernel documentation, overlayfs, "User xattr".</summary>
public enum OverlayForm
{
    /// <summary>trusted.overlay.*, of root alone.</summary>
    Trusted,

    /// <summary>user.overlay.*, with the mount option userxattr, for a user namespace.</summary>
    User,
}
