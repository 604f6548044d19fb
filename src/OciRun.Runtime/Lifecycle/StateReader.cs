using OciRun.Linux;
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun state and list.</summary>
public static class StateReader
{
    /// <summary>The state of one container, with its status as of now.</summary>
    /// <exception cref="ContainerException">It does not exist.</exception>
    public static ContainerState Read(RuntimeOptions runtime, string id)
    {
        using ContainerDirectory directory = StateStore.Open(runtime.Root, id, exclusive: false);
        return Convert(directory.ReadState(), directory);
    }

    /// <summary>All containers; broken entries are skipped with a warning.</summary>
    public static IReadOnlyList<ContainerState> List(RuntimeOptions runtime)
    {
        List<string> names = StateStore.Names(runtime.Root);
        names.Sort(StringComparer.Ordinal);
        var states = new List<ContainerState>(names.Count);
        foreach (string name in names)
        {
            try
            {
                using ContainerDirectory? directory = StateStore.TryOpen(runtime.Root, name, exclusive: false);
                if (directory?.TryReadState() is { } state)
                {
                    states.Add(Convert(state, directory));
                }
            }
            catch (Exception e) when (e is ContainerException or LinuxException)
            {
                runtime.Diagnostics.Warn($"{Quoting.Quote(name)} in {runtime.Root} is left out: {e.Message}");
            }
        }

        return states;
    }

    private static ContainerState Convert(StateFile state, ContainerDirectory directory)
    {
        string status = ContainerStatus.Of(ref state, directory);
        return new ContainerState
        {
            OciVersion = state.OciVersion,
            Id = state.Id,
            Status = status,
            Pid = status is ContainerStatus.Stopped or ContainerStatus.Creating ? 0 : state.Pid,
            Bundle = state.Bundle,
            Rootfs = state.Rootfs,
            Created = state.Created,
            Annotations = state.Annotations.Count > 0 ? state.Annotations : null,
            Owner = OwnerName.Of(state.OwnerUid),
        };
    }
}
