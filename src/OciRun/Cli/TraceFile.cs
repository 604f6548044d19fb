using System.Globalization;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Runtime.Tracing;

namespace OciRun.Cli;

/// <summary>The file of --trace. It is opened before anything is done, and written when all is done.</summary>
internal sealed class TraceFile : IDisposable
{
    private const string Option = "--trace";
    private const int MostOfOneName = 100;

    private readonly SafeFd _file;
    private readonly string _path;

    private TraceFile(SafeFd file, string path, Tracer tracer)
    {
        _file = file;
        _path = path;
        Tracer = tracer;
    }

    /// <summary>Takes the times.</summary>
    internal Tracer Tracer { get; }

    /// <summary>Opens <paramref name="path"/>; in a directory, so that an engine's commands do not overwrite one another's, <c>ocirun-VERB-PID.json</c>.</summary>
    /// <exception cref="ContainerException">It cannot be opened.</exception>
    internal static TraceFile Open(string path, string verb)
    {
        var tracer = new Tracer(verb, TraceContext.From(Environment.GetEnvironmentVariable("TRACEPARENT")));
        return Files.TryStatus(SafeFd.CurrentDirectory, path, followLink: true, out _) is { Type: FileType.Directory }
            ? OpenIn(path, verb, tracer)
            : new TraceFile(OptionFile.Open(Option, path, OpenFlags.Truncate, OptionFile.Private), path, tracer); // the arguments of programs are in it
    }

    /// <summary>A new file: others may write in the directory, and a link of theirs must lead nowhere. Numbers of processes come again.</summary>
    private static TraceFile OpenIn(string directory, string verb, Tracer tracer)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"{directory}/ocirun-{verb.Replace(' ', '-')}-{Environment.ProcessId}");
        for (int again = 0; ; again++)
        {
            string path = again == 0 ? name + ".json" : string.Create(CultureInfo.InvariantCulture, $"{name}-{again}.json");
            if (Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow, out Errno errno, OptionFile.Private) is { } file)
            {
                return new TraceFile(file, path, tracer);
            }
            if (errno != Errno.EEXIST || again == MostOfOneName)
            {
                throw OptionFile.CannotOpen(Option, new LinuxException("open", Quoting.Quote(path), errno));
            }
        }
    }

    /// <summary>Writes the trace. What the verb has done is done: a full disk is a warning.</summary>
    internal void Write(Diagnostics diagnostics) => OptionFile.Write(_file, Option, _path, Tracer.Finish(), diagnostics);

    public void Dispose()
    {
        _file.Dispose();
        Tracer.Dispose();
    }
}
