using System.Globalization;
using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun events.</summary>
internal sealed class EventsVerb : Verb
{
    private readonly CommandOption _interval = new("--interval") { ValueName = "TIME", Description = "time between two statistics, as 500ms, 5s, 1m (default: 5s)" };
    private readonly CommandOption _stats = new("--stats") { Description = "statistics once, and no more" };

    internal EventsVerb() : base("events", "Prints what a container uses and when it runs out of memory, a line of JSON each, until it ends.")
    {
        Options.Add(_interval);
        Options.Add(_stats);
    }

    internal override bool IsInterruptible => true;

    internal override bool IsQuiet => true;

    internal override int Execute(Invocation call)
    {
        var interval = Interval(call);
        if (call.Values.IsSet(_stats))
        {
            call.Output(StatisticsText.Statistics(call.Id, EventWatcher.Read(call.Runtime, call.Id)));
            return 0;
        }
        EventWatcher.Watch(
            call.Runtime, call.Id, interval,
            statistics => call.Output(StatisticsText.Statistics(call.Id, statistics)),
            () => call.Output(StatisticsText.OutOfMemory(call.Id)));
        return 0;
    }

    /// <summary>Go's way to write a duration, of one unit; a bare number is seconds, as crun has it.</summary>
    private TimeSpan Interval(Invocation call)
    {
        string text = call.Values.Of(_interval) ?? "5s";
        var (digits, milliseconds) = text switch
        {
            [.. var number, 'm', 's'] => (number, 1),
            [.. var number, 's'] => (number, 1_000),
            [.. var number, 'm'] => (number, 60_000),
            [.. var number, 'h'] => (number, 3_600_000),
            _ => (text, 1_000),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double value) && value * milliseconds is >= 1 and <= int.MaxValue
            ? TimeSpan.FromMilliseconds(value * milliseconds)
            : throw Usage.Error(call.Verb.Name, $"invalid value \"{text}\" for --interval: it is a time above 0, as 500ms, 5s, 1m");
    }
}
