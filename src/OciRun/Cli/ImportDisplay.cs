using System.Globalization;
using System.Text;
using OciRun.Images;

namespace OciRun.Cli;

/// <summary>Shows how far an import is: bars on a terminal, a line for each finished layer elsewhere.</summary>
/// <param name="output">Standard error: what is shown is no result.</param>
/// <param name="isTerminal">It can take a line back.</param>
internal sealed class ImportDisplay(ByteSink output, bool isTerminal)
{
    private const int BarWidth = 30, MaxBars = 12, Interval = 80; // milliseconds

    private readonly Lock _gate = new();
    private ImportProgress?[] _layers = [];
    private long _drawn;
    private int _lines;

    /// <summary>Takes a report, from any thread.</summary>
    internal void Report(ImportProgress progress)
    {
        lock (_gate)
        {
            if (_layers.Length == 0)
            {
                _layers = new ImportProgress?[progress.Count];
            }
            _layers[progress.Layer] = progress;
            if (!isTerminal)
            {
                if (progress.Phase != ImportPhase.Extracting)
                {
                    output(Encoding.UTF8.GetBytes(Line(progress) + "\n"));
                }
            }
            else if (progress.Phase != ImportPhase.Extracting || Environment.TickCount64 - _drawn >= Interval)
            {
                Draw();
            }
        }
    }

    /// <summary>Nothing more comes: the bars go, since the result says all that is left to say.</summary>
    internal void End()
    {
        lock (_gate)
        {
            if (_lines > 0)
            {
                output(Encoding.UTF8.GetBytes($"\x1b[{_lines}A\x1b[J"));
                _lines = 0;
            }
        }
    }

    private static string Line(ImportProgress progress) => string.Create(
        CultureInfo.InvariantCulture,
        $"layer {progress.Layer + 1} of {progress.Count}: {ImageText.Short(progress.Digest)}, {ImageText.Bytes(progress.Size)}{(progress.Phase == ImportPhase.Present ? ", is there" : "")}");

    private void Draw()
    {
        var text = new StringBuilder();
        if (_lines > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\x1b[{_lines}A");
        }
        _lines = 0;
        // A bar for each layer at work, and one for all: hundreds of layers are more lines than a terminal has.
        long done = 0, size = 0;
        int finished = 0;
        foreach (var layer in _layers)
        {
            if (layer is not { } progress)
            {
                continue;
            }
            (done, size) = (done + progress.Done, size + progress.Size);
            if (progress.Phase != ImportPhase.Extracting)
            {
                finished++;
            }
            else if (_lines < MaxBars)
            {
                Bar(text, ImageText.Short(progress.Digest), progress.Done, progress.Size);
            }
        }
        Bar(text, string.Create(CultureInfo.InvariantCulture, $"{finished} of {_layers.Length}").PadRight(12), done, size);
        text.Append("\x1b[J");
        output(Encoding.UTF8.GetBytes(text.ToString()));
        _drawn = Environment.TickCount64;
    }

    private void Bar(StringBuilder text, string name, long done, long size)
    {
        int filled = size <= 0 ? BarWidth : (int)(BarWidth * Math.Min(done, size) / size);
        text.Append(name).Append(" [").Append('=', filled).Append(' ', BarWidth - filled).Append("] ")
            .Append(ImageText.Bytes(done)).Append(" of ").Append(ImageText.Bytes(size)).Append("\x1b[K\n");
        _lines++;
    }
}
