using System.Globalization;

namespace OciRun.Cli;

/// <summary>
/// Users and groups of the command line: plain decimal numbers. What is read laxly becomes root (runc CVE-2016-3697, crun CVE-2026-30892), so signs, spaces, hexadecimal,
/// and what is too large for an id are errors.
/// </summary>
internal static class UserText
{
    /// <summary><c>UID</c> or <c>UID:GID</c>; false for anything else.</summary>
    internal static bool TryParse(string text, out uint uid, out uint? gid)
    {
        int colon = text.IndexOf(':');
        gid = null;
        if (colon < 0)
        {
            return TryParseId(text, out uid);
        }
        bool valid = TryParseId(text.AsSpan(0, colon), out uid) & TryParseId(text.AsSpan(colon + 1), out uint group);
        gid = group;
        return valid;
    }

    /// <summary>One id; not 4294967295, which is the kernel's word for none.</summary>
    internal static bool TryParseId(ReadOnlySpan<char> text, out uint id) =>
        uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id != uint.MaxValue;
}
