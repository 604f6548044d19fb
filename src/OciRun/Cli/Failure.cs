using OciRun.Images;
using OciRun.Linux;
using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>What an error looks like from outside.</summary>
/// <param name="Code">A value of <see cref="ErrorCode"/>.</param>
/// <param name="Message">One line.</param>
internal sealed record Failure(string Code, string Message)
{
    /// <summary>JSON pointer into config.json; null for none.</summary>
    internal string? Place { get; private init; }

    /// <summary>The system call; null for none.</summary>
    internal string? Call { get; private init; }

    /// <summary>What it returned.</summary>
    internal Errno Errno { get; private init; }

    /// <summary>Everything that is not an error of the runtime is a fault of ours, and says so.</summary>
    internal static Failure From(Exception exception) => exception switch
    {
        ContainerException error => new(error.Code, error.Message) { Place = error.Place, Call = error.Call, Errno = error.Errno },
        ImageException error => new(CodeOf(error.Error), error.Message) { Call = (error.InnerException as LinuxException)?.Call, Errno = (error.InnerException as LinuxException)?.Errno ?? Errno.None },
        LinuxException error => new(ErrorCode.Internal, error.Message) { Call = error.Call, Errno = error.Errno },
        TypeInitializationException { InnerException: { } cause } => From(cause), // a fact of the machine that is looked at once
        _ => new(ErrorCode.Internal, $"internal error: {exception.GetType().Name}: {exception.Message}"),
    };

    private static string CodeOf(ImageError error) => error switch
    {
        ImageError.Usage => ErrorCode.Usage,
        ImageError.Missing => ErrorCode.ImageMissing,
        ImageError.Invalid => ErrorCode.ImageInvalid,
        ImageError.Unsupported => ErrorCode.Unsupported,
        _ => ErrorCode.Store,
    };
}
