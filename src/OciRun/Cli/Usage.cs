using OciRun.Runtime;

namespace OciRun.Cli;

/// <summary>Errors of the command line itself: one line that says what is wrong and where help is.</summary>
internal static class Usage
{
    /// <summary>The words of the library are never shown: engines search for those of runc ("flag needs an argument").</summary>
    /// <param name="verb">Whose help explains it; null: that of the program.</param>
    /// <param name="message">What is wrong.</param>
    internal static ContainerException Error(string? verb, string message) =>
        new(ErrorCode.Usage, verb is null ? $"{message}, see \"ocirun --help\"" : $"{message}, see \"ocirun {verb} --help\"");
}
