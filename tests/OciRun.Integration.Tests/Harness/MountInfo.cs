namespace OciRun.Integration.Harness;

/// <summary>One line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).</summary>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="Target">Where.</param>
/// <param name="Options">Of this mount: ro, nosuid, ...</param>
/// <param name="Propagation">"shared:N", "master:N", "unbindable"; empty: private.</param>
/// <param name="Type">Of the file system.</param>
/// <param name="Source">As the file system says.</param>
/// <param name="SuperOptions">Of the file system: rw, size=..., mode=...</param>
public sealed record MountInfo(
    string Root, string Target, string[] Options, string[] Propagation, string Type, string Source, string[] SuperOptions)
{
    public static MountInfo Parse(string line)
    {
        string[] words = line.Split(' ');
        int dash = Array.IndexOf(words, "-");
        return new MountInfo(
            Unescape(words[3]), Unescape(words[4]), words[5].Split(','), words[6..dash],
            words[dash + 1], Unescape(words[dash + 2]), words[dash + 3].Split(','));
    }

    private static string Unescape(string word) =>
        word.Replace("\\040", " ", StringComparison.Ordinal).Replace("\\011", "\t", StringComparison.Ordinal)
            .Replace("\\012", "\n", StringComparison.Ordinal).Replace("\\134", "\\", StringComparison.Ordinal);
}
