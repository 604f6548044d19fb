using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime.Planning;

namespace OciRun.Runtime.Lifecycle;

/// <summary>process.oomScoreAdj (S86), set on the stage's first process and inherited by the program.</summary>
internal static class OomScore
{
    internal static void Set(int pid, int score, HostFacts host)
    {
        string path = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/oom_score_adj");
        using SafeFd file = Files.Open(path, OpenFlags.WriteOnly);
        Errno errno = Files.TryWrite(file, System.Text.Encoding.ASCII.GetBytes(score.ToString(CultureInfo.InvariantCulture)));
        // An unprivileged user cannot lower it: engines ask for the default 0 or for the score of their own parent, and runc lets that pass.
        if (errno == Errno.None || (errno == Errno.EACCES && !host.IsHostRoot))
        {
            return;
        }

        throw new ContainerException(
            ErrorCode.Process, $"/process/oomScoreAdj: cannot set {score}: write({Quoting.Quote(path)}): {ErrnoText.Describe(errno)}; lowering it needs CAP_SYS_RESOURCE")
        { Place = "/process/oomScoreAdj", Call = "write", Errno = errno };
    }
}
