using System.Globalization;
using System.Text;
using OciRun.Linux;
using OciRun.Runtime.Init;
using OciRun.Spec;

namespace OciRun.Runtime.Lifecycle;

/// <summary>
/// The user namespace of an ordinary user: root in it is the user himself, the ids from 1 on are those that /etc/subuid and /etc/subgid give him. Files of layers have owners
/// that only exist there. A managed process has several threads and cannot enter one (unshare(2), EINVAL): work in it is another process of this program.
/// </summary>
public static class OwnNamespace
{
    private const string Marker = "OCIRUN_OWN_NAMESPACE";

    /// <summary>We are an ordinary user, outside of any such namespace.</summary>
    public static bool IsNeeded => Processes.EffectiveUid != 0;

    /// <summary>We are the process in it: the ids that we see are those of containers.</summary>
    public static bool IsInside { get; } =
        Processes.EffectiveUid == 0 && !Processes.InInitialUserNamespace && Environment.GetEnvironmentVariable(Marker) is not null;

    /// <summary>The mappings for containers: ids of the namespace to ids outside of it. Null for real root, who needs none.</summary>
    public static (IdMapping[] Uids, IdMapping[] Gids)? Mappings()
    {
        if (IsNeeded)
        {
            return (Subordinate("/etc/subuid", Processes.EffectiveUid), Subordinate("/etc/subgid", Processes.EffectiveGid));
        }

        return Processes.InInitialUserNamespace ? null : (Present("/proc/self/uid_map"), Present("/proc/self/gid_map"));
    }

    /// <summary>Runs this program in such a namespace, with the same streams, environment and working directory, and waits for it.</summary>
    /// <param name="words">Its command line, without args[0].</param>
    /// <returns>Its exit code.</returns>
    /// <exception cref="ContainerException">The namespace cannot be made.</exception>
    public static int Run(IReadOnlyList<string> words)
    {
        const string Place = "user namespace";
        var (uids, gids) = Mappings()!.Value;
        string self = Files.ReadLink(SafeFd.CurrentDirectory, "/proc/self/exe") ?? throw new LinuxException("readlink", "/proc/self/exe", Errno.ENOENT);
        List<PlanStep> steps =
        [
            new(PlanOp.ParentDeath) { N0 = 9 },
            new(PlanOp.Unshare) { U0 = (ulong)CloneFlags.NewUser, Place = Place, What = "create a user namespace" },
            new(PlanOp.IdMaps) { Place = Place, What = "write its id mappings" },
            new(PlanOp.Become) { N2 = 9, Flags = StepFlags.BecomeKeepGroups, Place = Place, What = "become root of it" },
            new(PlanOp.Run) { S0 = self, S1 = (string[])["ocirun", .. words], S2 = (string[])[.. Waiter.OwnEnvironment(), Marker + "=1"], Place = Place, What = "start ocirun in it" },
        ];
        using StageProcess stage = StageProcess.Start(steps, []);
        for (StageMessage? message; (message = stage.Connection.Receive()) is not null;)
        {
            if (message.Type == StageMessageType.Fail)
            {
                throw StageErrors.Explain(steps[message.Step], message.Detail, message.Errno, message.Text);
            }

            IdMapWriter.Write(stage.Pid, new IdMaps(uids, gids));
            stage.Connection.Send(StageMessageType.Mapped);
        }

        return WaitStatus.ExitCode(InitStage.WaitForeground(stage.Pid, stage.PidFd, -1, null)!.Value);
    }

    /// <summary>Ourselves as 0, then what the file gives us, by name or number (subuid(5)).</summary>
    private static IdMapping[] Subordinate(string path, uint own)
    {
        var mappings = new List<IdMapping> { new() { ContainerID = 0, HostID = own, Size = 1 } };
        string number = Processes.EffectiveUid.ToString(CultureInfo.InvariantCulture);
        string? name = Lines("/etc/passwd").FirstOrDefault(fields => fields.Length > 2 && fields[2] == number)?[0];
        uint next = 1;
        foreach (string[] fields in Lines(path))
        {
            if (fields.Length == 3 && (fields[0] == number || fields[0] == name) && Number(fields[1]) is { } start && Number(fields[2]) is { } size && size > 0)
            {
                mappings.Add(new() { ContainerID = next, HostID = start, Size = size });
                next += size;
            }
        }

        return [.. mappings];
    }

    /// <summary>The ids of the namespace that we are in: as they are called outside if it is ours, else as they are.</summary>
    private static IdMapping[] Present(string path)
    {
        var mappings = new List<IdMapping>();
        foreach (string line in Text(path).Split('\n'))
        {
            if (line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var inside, var outside, var size])
            {
                mappings.Add(new() { ContainerID = Number(inside) ?? 0, HostID = Number(IsInside ? outside : inside) ?? 0, Size = Number(size) ?? 0 });
            }
        }

        return [.. mappings];
    }

    private static IEnumerable<string[]> Lines(string path) => Text(path).Split('\n').Select(static line => line.Split(':'));

    private static string Text(string path)
    {
        using SafeFd? file = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.ReadOnly, out _);
        return file is null ? "" : Encoding.UTF8.GetString(Files.ReadAll(file, path));
    }

    private static uint? Number(string text) => uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value) ? value : null;
}
