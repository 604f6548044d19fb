namespace OciRun.Runtime;

/// <summary>
/// An operation that failed, in words for an operator: what was being done, where in config.json it was asked for, what the kernel said,
/// what can be done about it. The message is one line, lower case, without a full stop. The inner exception, where there is one, is
/// what <see cref="Exception.Message"/> already names; the command line prints the message once and nothing of the chain.
/// </summary>
public sealed class ContainerException : Exception
{
    /// <param name="code">Stable and machine-readable (<see cref="ErrorCode"/>, docs/errors.md).</param>
    /// <param name="message">One line.</param>
    /// <param name="inner">The cause.</param>
    public ContainerException(string code, string message, Exception? inner = null) : base(message, inner) => Code = code;

    /// <summary>Stable and machine-readable.</summary>
    public string Code { get; }

    /// <summary>JSON pointer into config.json of what asked for the failed step, such as <c>/mounts/3</c>; null when none did.</summary>
    public string? Place { get; init; }

    /// <summary>The system call that failed, as its manual page is named; null when none did.</summary>
    public string? Call { get; init; }

    /// <summary>What the call returned.</summary>
    public Linux.Errno Errno { get; init; }
}
