using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Build;

/// <summary>User of an image: <c>user</c>, <c>uid</c>, <c>user:group</c>, … in the image's own /etc/passwd and /etc/group (image-spec, conversion.md).</summary>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id: the one that is named, else the user's in passwd, else 0.</param>
/// <param name="Groups">Groups that list the user as a member, where no group is named.</param>
/// <param name="Home">Home directory of passwd; null: not there.</param>
internal sealed record ImageUser(uint Uid, uint Gid, uint[] Groups, string? Home)
{
    /// <param name="text">Empty: root.</param>
    /// <param name="passwd">Text of /etc/passwd, passwd(5); empty: there is none.</param>
    /// <param name="group">Text of /etc/group, group(5).</param>
    /// <exception cref="ContainerException">It names a user or a group that is not there.</exception>
    internal static ImageUser Find(string text, string passwd, string group)
    {
        string[] parts = text.Split(':', 2);
        string name = parts[0].Length == 0 ? "0" : parts[0];
        bool isNumber = TryNumber(name, out uint uid);
        string[]? entry = Lines(passwd, 7).FirstOrDefault(fields => fields[0] == name) ?? (isNumber ? Lines(passwd, 7).FirstOrDefault(fields => fields[2] == name) : null);
        if (entry is not null)
        {
            uid = Number(entry[2], "passwd", name);
        }
        else if (!isNumber)
        {
            throw BuildError.Usage($"the image has no user {Quoting.Quote(name)}: its /etc/passwd does not list one");
        }

        if (parts.Length == 2 && parts[1].Length > 0)
        {
            return new ImageUser(uid, FindGroup(parts[1], group), [], entry?[5]);
        }

        uint gid = entry is null ? 0 : Number(entry[3], "passwd", name);
        uint[] groups = entry is null
            ? []
            : [.. Lines(group, 4).Where(fields => fields[3].Split(',').Contains(entry[0])).Select(fields => Number(fields[2], "group", fields[0])).Where(id => id != gid).Distinct()];
        return new ImageUser(uid, gid, groups, entry?[5]);
    }

    private static uint FindGroup(string name, string group)
    {
        if (Lines(group, 4).FirstOrDefault(fields => fields[0] == name) is { } entry)
        {
            return Number(entry[2], "group", name);
        }

        return TryNumber(name, out uint gid) ? gid : throw BuildError.Usage($"the image has no group {Quoting.Quote(name)}: its /etc/group does not list one");
    }

    private static IEnumerable<string[]> Lines(string text, int fields) =>
        text.Split('\n').Select(line => line.Split(':')).Where(parts => parts.Length >= fields);

    private static bool TryNumber(string text, out uint number) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static uint Number(string text, string file, string name) =>
        TryNumber(text, out uint number) ? number : throw new ContainerException(ErrorCode.InvalidConfig, $"the image's /etc/{file} has {Quoting.Quote(text)} as the number of {Quoting.Quote(name)}");
}
