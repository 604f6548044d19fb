namespace OciRun.Cgroups;

/// <summary>A cgroup that could not be made, filled, limited or removed. The message is one line and names the file, the value written and the errno.</summary>
public sealed class CgroupException : Exception
{
    /// <param name="message">One line, lower case.</param>
    /// <param name="place">JSON pointer into config.json of what asked for it, such as <c>/linux/resources/memory/limit</c>; null when nothing did.</param>
    /// <param name="inner">The call that failed, usually a <see cref="Linux.LinuxException"/>.</param>
    public CgroupException(string message, string? place = null, Exception? inner = null) : base(message, inner) => Place = place;

    /// <summary>JSON pointer into config.json; null when none applies.</summary>
    public string? Place { get; }

    /// <summary>What the failed call returned; <see cref="Linux.Errno.None"/> when no call failed.</summary>
    public Linux.Errno Errno => (InnerException as Linux.LinuxException)?.Errno ?? Linux.Errno.None;
}
