using System.Text;

namespace OciRun.Integration.Harness;

/// <summary>The master of a container's terminal, as a console socket hands it over.</summary>
internal static class TerminalMaster
{
    /// <summary>All that comes until this does.</summary>
    public static string ReadUntil(FileStream master, string wanted)
    {
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        Wait.Until(() =>
        {
            int got = master.Read(buffer, 0, buffer.Length);
            text.Append(Encoding.UTF8.GetString(buffer, 0, got));
            return text.ToString().Contains(wanted, StringComparison.Ordinal);
        }, $"the terminal says \"{wanted}\"");
        return text.ToString();
    }
}
