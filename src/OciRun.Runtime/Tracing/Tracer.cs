using System.Globalization;
using System.Text;
using OciRun.Linux;
using OciRun.Spec;

namespace OciRun.Runtime.Tracing;

/// <summary>
/// The times of one invocation (--trace), written in the form that chrome://tracing and Perfetto open. All times are of CLOCK_REALTIME, the only clock that a time
/// namespace leaves alone.
/// </summary>
public sealed class Tracer : IDisposable
{
    private readonly List<TraceEvent> _events = [];
    private readonly TraceContext _context;
    private readonly TraceEvent _root;
    private TraceEvent? _phase;
    private StageTimes? _stage;

    /// <param name="name">The verb.</param>
    /// <param name="context">The trace that it belongs to.</param>
    public Tracer(string name, TraceContext context)
    {
        _context = context;
        _root = new TraceEvent("ocirun " + name, Environment.ProcessId, Now()) { SpanId = TraceContext.NewSpanId() };
        _events.Add(_root);
    }

    /// <summary>Ends the phase before, and begins another; phases follow one another within the verb.</summary>
    internal void Phase(string name)
    {
        EndPhase();
        _phase = Add(new TraceEvent(name, _root.Thread, Now()));
    }

    /// <summary>Ends the phase.</summary>
    internal void EndPhase()
    {
        _phase?.Finish();
        _phase = null;
    }

    /// <summary>Begins something within a phase.</summary>
    internal TraceSpan Begin(string name, string? place = null) => new(Add(new TraceEvent(name, _root.Thread, Now()) { Place = place }));

    /// <summary>The same for a program that may trace as well: its environment gets a TRACEPARENT, unless it has one.</summary>
    internal TraceSpan BeginProgram(string name, string place, out string[]? environment, string[]? before)
    {
        string id = TraceContext.NewSpanId();
        // None of its own is ours, of which the TRACEPARENT is the caller's and not of this program.
        string[] entries = before ?? Array.FindAll(Waiter.OwnEnvironment(), static entry => !IsContext(entry));
        environment = Array.Exists(entries, IsContext) ? before : [.. entries, "TRACEPARENT=" + _context.Header(id)];
        return new TraceSpan(Add(new TraceEvent(name, _root.Thread, Now()) { Place = place, SpanId = id }));
    }

    private static bool IsContext(string entry) => entry.StartsWith("TRACEPARENT=", StringComparison.Ordinal);

    /// <summary>The stage of this verb; it is read at the end.</summary>
    internal StageTimes Watch(List<Init.PlanStep> steps)
    {
        _stage?.Dispose(); // that of an attempt that failed
        return _stage = new StageTimes(steps);
    }

    /// <summary>The stage has forked; the rest of the steps is done by this process.</summary>
    internal void Born(int pid)
    {
        if (_stage is not null)
        {
            _stage.InitPid = pid;
        }
    }

    /// <summary>The program runs: steps that end with that have ended.</summary>
    internal void Executed()
    {
        if (_stage is not null)
        {
            _stage.Executed = Now();
        }
    }

    /// <summary>The whole trace, as one JSON object. What has not ended, ends now.</summary>
    public byte[] Finish()
    {
        EndPhase();
        _root.Finish();
        _events.AddRange(_stage?.Read() ?? []);
        var json = new JsonText();
        json.StartObject();
        json.Property("displayTimeUnit", "ms");
        json.StartObject("otherData");
        json.Property("traceId", _context.TraceId);
        if (_context.ParentId is { } parent)
        {
            json.Property("parentSpanId", parent);
        }

        json.Property("spanId", _root.SpanId!);
        json.Property("traceFlags", _context.Flags);
        json.EndObject();
        json.StartArray("traceEvents");
        Name(json, _root.Thread, "ocirun");
        if (_stage is { } stage)
        {
            bool isOne = stage.InitPid == stage.FirstPid || stage.InitPid == 0;
            Name(json, stage.FirstPid, isOne ? "init stage" : "init stage, first process");
            if (!isOne)
            {
                Name(json, stage.InitPid, "init stage");
            }
        }

        foreach (TraceEvent one in _events)
        {
            Write(json, one);
        }

        json.EndArray();
        json.EndObject();
        json.EndLine();
        return json.Written.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose() => _stage?.Dispose();

    private TraceEvent Add(TraceEvent one)
    {
        _events.Add(one);
        return one;
    }

    private void Name(JsonText json, int thread, string name)
    {
        json.StartObject();
        json.Property("ph", "M");
        json.Property("name", "thread_name");
        json.Property("pid", _root.Thread);
        json.Property("tid", thread);
        json.StartObject("args");
        json.Property("name", name);
        json.EndObject();
        json.EndObject();
    }

    private void Write(JsonText json, TraceEvent one)
    {
        json.StartObject();
        json.Property("ph", "X");
        json.Property("name", one.Name);
        json.Property("cat", one.Thread == _root.Thread ? "ocirun" : "stage");
        json.Property("pid", _root.Thread); // one group: whoever reads it sees one command
        json.Property("tid", one.Thread);
        json.RawProperty("ts", Microseconds(one.Begin));
        json.RawProperty("dur", Microseconds((one.End == 0 ? _root.End : one.End) - one.Begin));
        if (one.Place is not null || one.SpanId is not null || one.Detail is { Length: > 0 })
        {
            json.StartObject("args");
            if (one.Place is not null)
            {
                json.Property("place", one.Place);
            }

            if (one.Detail is { Length: > 0 })
            {
                json.Property("detail", one.Detail);
            }

            if (one.SpanId is not null)
            {
                json.Property("spanId", one.SpanId);
            }

            json.EndObject();
        }

        json.EndObject();
    }

    private static byte[] Microseconds(long nanoseconds) =>
        Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{nanoseconds / 1000}.{nanoseconds % 1000:000}"));

    /// <summary>CLOCK_REALTIME, in nanoseconds since the epoch.</summary>
    internal static long Now() => (DateTime.UtcNow.Ticks - DateTime.UnixEpoch.Ticks) * TimeSpan.NanosecondsPerTick;
}
