using System.Text;
using OciRun.Cli;
using OciRun.Runtime;

namespace OciRun.Tests;

/// <summary>A command line in the three ways that tests look at it: cut, read, and run.</summary>
internal sealed class Line
{
    internal static CommandLineWords Cut(params string[] args)
    {
        var words = new CommandLineWords();
        words.Cut(new GlobalOptions().All, args);
        return words;
    }

    /// <summary>Up to the call of the verb.</summary>
    internal static (Verb Verb, Invocation Call) Read(params string[] args)
    {
        var options = new GlobalOptions();
        var words = new CommandLineWords();
        words.Cut(options.All, args);
        return (words.Verb!, new Invocation(options.Read(words.Values), words.Verb!, words.Values, words.Operands, new Diagnostics(), _ => { }));
    }

    /// <summary>All of it, in this process.</summary>
    internal static Result Run(params string[] args)
    {
        var output = new MemoryStream();
        var error = new MemoryStream();
        int code = new Application(output.Write, error.Write).Run(args);
        return new Result(code, Encoding.UTF8.GetString(output.ToArray()), Encoding.UTF8.GetString(error.ToArray()));
    }

    /// <summary>The message of the error that cutting or reading ends with.</summary>
    internal static string Fault(params string[] args)
    {
        var reading = () => Read(args);
        var exception = reading.Should().Throw<ContainerException>().Which;
        exception.Code.Should().Be(ErrorCode.Usage);
        return exception.Message;
    }

    internal sealed record Result(int Code, string Output, string Error);
}
