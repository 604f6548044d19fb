using System.Globalization;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Init;

/// <summary>Writes the id mappings of a user namespace that a child has just made, user_namespaces(7).</summary>
internal static class IdMapWriter
{
    internal static void Write(int pid, IdMaps maps)
    {
        string process = string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}");
        if (MayMapAnything)
        {
            WriteFile(process + "/uid_map", IdMaps.Lines(maps.Uids), "/linux/uidMappings");
            WriteFile(process + "/gid_map", IdMaps.Lines(maps.Gids), "/linux/gidMappings");
            return;
        }

        WriteUnprivileged(pid, process, maps.Gids, "gid_map", "newgidmap", "/etc/subgid", Processes.EffectiveGid, "/linux/gidMappings", denyGroups: true);
        WriteUnprivileged(pid, process, maps.Uids, "uid_map", "newuidmap", "/etc/subuid", Processes.EffectiveUid, "/linux/uidMappings", denyGroups: false);
    }

    /// <summary>CAP_SETUID and CAP_SETGID in our user namespace: then any mapping of ids that we have may be written.</summary>
    private static bool MayMapAnything => (Processes.EffectiveCapabilities >> 6 & 3) == 3;

    /// <summary>
    /// One line that maps our own id may be written by ourselves, after setgroups is denied: else a process could drop a group that a file denies access to
    /// (CVE-2014-8989). Everything else is for the set-uid helpers, which look at /etc/subuid and /etc/subgid.
    /// </summary>
    private static void WriteUnprivileged(
        int pid, string process, IdMapping[] mappings, string file, string helper, string subordinate, uint own, string place, bool denyGroups)
    {
        if (mappings is [{ Size: 1 } only] && only.HostID == own)
        {
            if (denyGroups)
            {
                WriteFile(process + "/setgroups", "deny", place);
            }

            WriteFile(process + "/" + file, IdMaps.Lines(mappings), place);
            return;
        }

        var arguments = new List<string> { helper, pid.ToString(CultureInfo.InvariantCulture) };
        foreach (IdMapping mapping in mappings)
        {
            arguments.Add(mapping.ContainerID.ToString(CultureInfo.InvariantCulture));
            arguments.Add(mapping.HostID.ToString(CultureInfo.InvariantCulture));
            arguments.Add(mapping.Size.ToString(CultureInfo.InvariantCulture));
        }

        string path = HostProgram.Find(helper) ?? throw new ContainerException(
            ErrorCode.IdMapping, $"{place}: more than one id is mapped, which needs {helper} (Debian package uidmap), and it is not installed")
        { Place = place };
        HostProgram.Result result = HostProgram.Run(path, arguments.ToArray(), [], "", timeoutSeconds: 10);
        if (!result.Succeeded)
        {
            throw new ContainerException(
                ErrorCode.IdMapping,
                $"{place}: {helper} {(result.TimedOut ? "did not answer" : WaitStatus.Describe(result.Status))}: {Quoting.Escape(result.Output.Trim())}; " +
                $"the ranges must be those of {subordinate} for this user")
            { Place = place };
        }
    }

    private static void WriteFile(string path, string text, string place)
    {
        try
        {
            Files.WriteText(path, text);
        }
        catch (LinuxException e)
        {
            throw new ContainerException(ErrorCode.IdMapping, $"{place}: {e.Message}", e) { Place = place, Call = e.Call, Errno = e.Errno };
        }
    }
}
