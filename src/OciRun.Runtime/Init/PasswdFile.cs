using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Init;

/// <summary>passwd(5) of the container, opened by the stage below its root. The file is the image's: nothing in it is trusted beyond its text.</summary>
internal static class PasswdFile
{
    private const int Limit = 4 << 20, LongestHome = 1024; // longer ones do not fit into a message to the stage (4096 bytes)

    /// <summary>The home directory of a user; "/" where the file does not say, as runc has it.</summary>
    internal static string HomeOf(SafeFd? file, uint uid)
    {
        if (file is null)
        {
            return "/";
        }

        string text;
        try
        {
            text = Encoding.UTF8.GetString(Files.ReadAll(file, "/etc/passwd of the container", Limit));
        }
        catch (LinuxException)
        {
            return "/"; // unreadable or beyond all measure: the same as none
        }

        foreach (string line in text.Split('\n'))
        {
            string[] fields = line.Split(':');
            if (fields.Length >= 6 && uint.TryParse(fields[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint number) && number == uid
                && fields[5].Length is > 0 and <= LongestHome && !fields[5].Contains('\0', StringComparison.Ordinal))
            {
                return fields[5];
            }
        }

        return "/";
    }
}
