// The shape of the life cycle's interface; each class gets its own file as it is built.
using OciRun.Runtime.State;

namespace OciRun.Runtime.Lifecycle;

/// <summary>ocirun create.</summary>
public static class Creator
{
    /// <summary>Creates the container and leaves its init waiting for start.</summary>
    public static void Create(RuntimeOptions runtime, CreateOptions options) => throw new NotSupportedException();
}

/// <summary>ocirun start.</summary>
public static class Starter
{
    /// <summary>Lets the program run; returns when it has been executed and the poststart hooks are done.</summary>
    public static void Start(RuntimeOptions runtime, string id) => throw new NotSupportedException();
}

/// <summary>ocirun run.</summary>
public static class Runner
{
    /// <summary>Creates and starts; in the foreground waits, deletes (unless keep) and returns the program's exit code; detached returns 0.</summary>
    public static int Run(RuntimeOptions runtime, CreateOptions options, bool detach, bool keep) => throw new NotSupportedException();
}

/// <summary>ocirun kill.</summary>
public static class Killer
{
    /// <summary>Sends the signal to the init process, or to all processes of the container.</summary>
    public static void Kill(RuntimeOptions runtime, string id, int signal, bool all) => throw new NotSupportedException();
}

/// <summary>ocirun delete.</summary>
public static class Deleter
{
    /// <summary>Deletes a stopped container; with force, any.</summary>
    public static void Delete(RuntimeOptions runtime, string id, bool force) => throw new NotSupportedException();
}

/// <summary>ocirun state and list.</summary>
public static class StateReader
{
    /// <summary>The state of one container, with its status as of now.</summary>
    public static ContainerState Read(RuntimeOptions runtime, string id) => throw new NotSupportedException();

    /// <summary>All containers; broken entries are skipped with a warning.</summary>
    public static IReadOnlyList<ContainerState> List(RuntimeOptions runtime) => throw new NotSupportedException();
}
