using OciRun.Runtime;

namespace OciRun.Build;

/// <summary>Faults of what the caller wrote.</summary>
internal static class BuildError
{
    internal static ContainerException Usage(string message) => new(ErrorCode.Usage, message);
}
