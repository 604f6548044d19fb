using System.Buffers.Binary;
using OciRun.Images.Layers;
using OciRun.Linux;

namespace OciRun.Images.Changes;

/// <summary>The extended attributes of a file as a layer has them: none of an overlay's own, none of this machine, capabilities as the container has them (rows I47, I48).</summary>
internal static class LayerAttributes
{
    private const string Capability = "security.capability";
    private const uint RevisionMask = 0xFF000000, Revision2 = 0x02000000, Revision3 = 0x03000000;

    /// <summary>Of a file of the tree.</summary>
    /// <exception cref="ImageException">The file is not whole without its overlay (row I49).</exception>
    internal static List<KeyValuePair<string, byte[]>> Of(SafeFd file, ChangedTree tree)
    {
        var all = TreeFiles.GetAttributes(file);
        string prefix = tree.Form == OverlayForm.User ? "user.overlay." : "trusted.overlay.";
        if (!tree.IsMerged && all.Exists(attribute => attribute.Key == prefix + "metacopy" || attribute.Key == prefix + "redirect"))
        {
            throw new ImageException(
                ImageError.Unsupported, "the directory with the changes was written by an overlay with metacopy or redirect_dir: what it has is not whole without the layers");
        }

        return Convert(all, tree.View.Uid);
    }

    /// <summary>Of a file of the layers below.</summary>
    internal static List<KeyValuePair<string, byte[]>> OfLower(SafeFd file, ChangedTree tree) =>
        Convert(TreeFiles.GetAttributes(file), tree.View.LowerHasContainerIds ? static uid => uid : tree.View.Uid);

    internal static List<KeyValuePair<string, byte[]>> Convert(List<KeyValuePair<string, byte[]>> all, Func<uint, uint?> uid)
    {
        all.RemoveAll(static attribute => OverlayNames.IsOverlayAttribute(attribute.Key) || OverlayNames.IsHostAttribute(attribute.Key));
        int at = all.FindIndex(static attribute => attribute.Key == Capability);
        if (at >= 0 && OwnCapability(all[at].Value, uid) is { } value)
        {
            all[at] = new(Capability, value);
        }

        return all;
    }

    /// <summary>
    /// capabilities(7), "File capability extensions": version 3 is for the root of one user namespace, by its id here. Of the container's own root it means in an image what
    /// version 2 means, which every tool knows.
    /// </summary>
    private static byte[]? OwnCapability(byte[] value, Func<uint, uint?> uid)
    {
        if (value.Length != 24 || (BinaryPrimitives.ReadUInt32LittleEndian(value) & RevisionMask) != Revision3 || uid(BinaryPrimitives.ReadUInt32LittleEndian(value.AsSpan(20))) != 0)
        {
            return null;
        }

        byte[] converted = value[..20];
        BinaryPrimitives.WriteUInt32LittleEndian(converted, (BinaryPrimitives.ReadUInt32LittleEndian(value) & ~RevisionMask) | Revision2);
        return converted;
    }
}
