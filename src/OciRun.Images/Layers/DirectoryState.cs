using OciRun.Images.Tar;

namespace OciRun.Images.Layers;

/// <summary>What is known of a directory of a layer in the making. Owner, mode and times are set when nothing is made in it any more.</summary>
internal sealed class DirectoryState
{
    /// <summary>Its entry, the last one seen; null when it is only there because something is in it.</summary>
    internal TarEntry? Entry { get; set; }

    /// <summary>What lower layers have in it does not show.</summary>
    internal bool IsOpaque { get; set; }

    /// <summary>It took the place of something deleted: what a lower directory of this name was like says nothing about it.</summary>
    internal bool IsReplacement { get; set; }
}
