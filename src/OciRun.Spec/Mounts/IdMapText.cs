using System.Globalization;

namespace OciRun.Spec;

/// <summary>
/// The mapping in crun's option <c>idmap=uids=FROM-TO-COUNT#FROM-TO-COUNT;gids=...</c>: FROM is an id on the source filesystem, TO the one
/// seen at the destination; the same as containerID and hostID of uidMappings.
/// </summary>
public static class IdMapText
{
    /// <summary>Reads the text after <c>idmap=</c>.</summary>
    /// <param name="text"><see cref="MountOptions.IdMapping"/>.</param>
    /// <param name="uids">Mappings of user ids.</param>
    /// <param name="gids">Mappings of group ids.</param>
    /// <returns>False when it is not of that form, names no mapping, or uses crun's <c>@</c> (relative to the user namespace).</returns>
    public static bool TryParse(string text, out IdMapping[] uids, out IdMapping[] gids)
    {
        ArgumentNullException.ThrowIfNull(text);
        List<IdMapping> uidList = [], gidList = [];
        uids = gids = [];
        foreach (var part in text.AsSpan().Split(';'))
        {
            var section = text.AsSpan(part);
            var list = section.StartsWith("uids=", StringComparison.Ordinal) ? uidList
                : section.StartsWith("gids=", StringComparison.Ordinal) ? gidList : null;
            if (list is null || !TryParseRanges(section[5..], list))
                return false;
        }
        uids = uidList.ToArray();
        gids = gidList.ToArray();
        return uids.Length > 0 && gids.Length > 0;
    }

    private static bool TryParseRanges(ReadOnlySpan<char> text, List<IdMapping> list)
    {
        Span<Range> fields = stackalloc Range[4];
        foreach (var part in text.Split('#'))
        {
            var range = text[part];
            if (range.Split(fields, '-') != 3
                || !TryParseId(range[fields[0]], out uint from) || !TryParseId(range[fields[1]], out uint to)
                || !TryParseId(range[fields[2]], out uint size))
                return false;
            list.Add(new IdMapping { ContainerID = from, HostID = to, Size = size });
        }
        return true;
    }

    private static bool TryParseId(ReadOnlySpan<char> text, out uint id) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
