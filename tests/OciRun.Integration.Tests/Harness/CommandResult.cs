namespace OciRun.Integration.Harness;

/// <summary>What a program answered.</summary>
/// <param name="Command">Its words, for messages.</param>
/// <param name="ExitCode">128 + n when signal n ended it.</param>
/// <param name="Output">Standard output.</param>
/// <param name="Error">Standard error.</param>
public sealed record CommandResult(string Command, int ExitCode, string Output, string Error)
{
    /// <summary>Itself when the exit status is as wanted; else the test fails with everything the program said.</summary>
    public CommandResult ShouldExit(int status)
    {
        if (ExitCode != status)
            Assert.Fail($"{Command}\nended with {ExitCode} instead of {status}\nstdout: {Output}\nstderr: {Error}");
        return this;
    }

    /// <summary>Itself when it failed with status 1 and one line on standard error that holds each of the texts.</summary>
    public CommandResult ShouldFailWith(params string[] texts)
    {
        ShouldExit(1);
        foreach (string text in texts)
            Error.Should().Contain(text, "that is what {0} should say", Command);
        return this;
    }

    /// <summary>The probe's answers in <see cref="Output"/>.</summary>
    public ProbeOutput Probe => new(Output);
}
