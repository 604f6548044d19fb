using System.Globalization;
using OciRun.Linux;

namespace OciRun.Runtime.Lifecycle;

/// <summary>The descriptors from 3 on that the program keeps: those of LISTEN_FDS first, then those of --preserve-fds (C53, C54).</summary>
/// <param name="Count">All of them.</param>
/// <param name="Listen">Those of LISTEN_FDS, sd_listen_fds(3).</param>
/// <param name="ListenNames">LISTEN_FDNAMES.</param>
internal sealed record InheritedDescriptors(int Count, int Listen, string? ListenNames)
{
    /// <summary>Looks at the environment, and makes sure that the descriptors were really given to us: none of our own may leak in their place, and no other of the caller's may stay open in the waiting init.</summary>
    /// <param name="preserve">--preserve-fds.</param>
    internal static InheritedDescriptors Take(int preserve)
    {
        int listen = 0;
        string? pid = Environment.GetEnvironmentVariable("LISTEN_PID");
        // Set for another process: the variables were inherited by accident.
        if (pid is null or "" || pid == Processes.OwnPid.ToString(CultureInfo.InvariantCulture))
        {
            _ = int.TryParse(Environment.GetEnvironmentVariable("LISTEN_FDS"), NumberStyles.None, CultureInfo.InvariantCulture, out listen);
        }

        return Take(listen, preserve);
    }

    /// <summary>The same for exec: sockets are for the init of a container, and a service that has its own must not pass them to every probe (runc ignores them here, too).</summary>
    internal static InheritedDescriptors TakePreserved(int preserve) => Take(0, preserve);

    private static InheritedDescriptors Take(int listen, int preserve)
    {
        long wanted = (long)listen + preserve; // as ints they could come out negative, and so within what was passed
        if (wanted > InitStage.InheritedDescriptors)
        {
            throw new ContainerException(
                ErrorCode.Usage,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{wanted} descriptors from 3 on are to be kept (LISTEN_FDS={listen}, --preserve-fds {preserve}), but only {InitStage.InheritedDescriptors} were passed in"));
        }

        int count = (int)wanted;
        InitStage.WithholdDescriptors(3 + count);
        return new InheritedDescriptors(count, listen, Environment.GetEnvironmentVariable("LISTEN_FDNAMES"));
    }
}
