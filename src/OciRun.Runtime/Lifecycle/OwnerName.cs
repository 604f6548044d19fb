using System.Globalization;
using System.Text;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The name of a user of the host, for list; the number where /etc/passwd does not know it.</summary>
internal static class OwnerName
{
    internal static string Of(uint uid)
    {
        if (uid == 0)
        {
            return "root";
        }

        string number = uid.ToString(CultureInfo.InvariantCulture);
        if (Files.TryOpen(SafeFd.CurrentDirectory, "/etc/passwd", OpenFlags.ReadOnly, out _) is not { } file)
        {
            return number;
        }

        using (file)
        {
            foreach (string line in Encoding.UTF8.GetString(Files.ReadAll(file, "/etc/passwd")).Split('\n'))
            {
                string[] fields = line.Split(':');
                if (fields.Length > 2 && fields[2] == number)
                {
                    return fields[0];
                }
            }
        }

        return number;
    }
}
