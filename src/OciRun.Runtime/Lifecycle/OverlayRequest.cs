namespace OciRun.Runtime.Lifecycle;

/// <summary>Changes to the root filesystem go elsewhere (--overlay): the bundle stays as it is.</summary>
/// <param name="Kind">Where they go, and how long they stay.</param>
/// <param name="Directory">Absolute path of the directory with <c>upper</c> and <c>work</c>; unused in memory.</param>
/// <param name="Size">In memory: the size option of tmpfs(5), "" for its default.</param>
public sealed record OverlayRequest(OverlayKind Kind, string Directory = "", string Size = "");

/// <summary>Where the changes of a container are kept.</summary>
public enum OverlayKind
{
    /// <summary>In a directory that delete removes.</summary>
    Temporary,

    /// <summary>In a directory that stays.</summary>
    Kept,

    /// <summary>In memory: they end with the container's last process.</summary>
    Memory,
}
