using System.Globalization;
using OciRun.Build.Containerfile;
using OciRun.Images.Model;
using OciRun.Linux;

namespace OciRun.Build.Steps;

/// <summary>Instructions that change what containers of the image are run with, and no file.</summary>
internal static class SettingSteps
{
    private static readonly string[] s_shell = ["/bin/sh", "-c"];

    /// <summary>Does one.</summary>
    /// <returns>Its arguments with variables replaced: what it depends on.</returns>
    /// <exception cref="FormatException">What is wrong.</exception>
    internal static string Apply(StageState state, Instruction instruction)
    {
        ContainerSettings settings = state.Settings;
        string text = instruction.Text;
        switch (instruction.Name)
        {
            case "ENV":
                return Pairs(state, text, state.Variables.SetEnvironment, pairs => settings with { Env = SetVariables(settings.Env ?? [], pairs) });
            case "LABEL":
                return Pairs(state, text, static (_, _) => { }, pairs => settings with { Labels = Merge(settings.Labels, pairs) });
            case "MAINTAINER": // the reference says to use a label instead
                return Set(state, settings with { Labels = Merge(settings.Labels, [new("maintainer", text)]) }, text);
            case "CMD":
                state.HasCommand = true;
                return Set(state, settings with { Cmd = [.. Command(state, text)] }, text);
            case "ENTRYPOINT":
                return Set(state, settings with { Entrypoint = [.. Command(state, text)], Cmd = state.HasCommand ? settings.Cmd : null }, text);
            case "SHELL":
                return Set(state, settings with { Shell = [.. Words.Json(text)!] }, text);
            case "USER":
                return state.Variables.Expand(text) is var user && user.Length > 0
                    ? Set(state, settings with { User = user }, user)
                    : throw new FormatException($"USER {text} names nobody: a variable is empty");
            case "STOPSIGNAL":
                return state.Variables.Expand(text) is var signal && Spec.SignalNames.TryParse(signal, out _)
                    ? Set(state, settings with { StopSignal = signal }, signal)
                    : throw new FormatException($"STOPSIGNAL {Quoting.Escape(text)}: there is no such signal");
            case "EXPOSE":
                string[] ports = [.. Words.Split(text).SelectMany(word => Ports(state.Variables.Expand(word)))];
                return Set(state, settings with { ExposedPorts = Union(settings.ExposedPorts, ports) }, string.Join(' ', ports));
            case "VOLUME":
                string[] volumes = [.. (Words.Json(text) ?? [.. Words.Split(text)]).Select(state.Variables.Expand)];
                return Set(state, settings with { Volumes = Union(settings.Volumes, volumes) }, string.Join('\0', volumes));
            default:
                throw new FormatException($"{instruction.Name} is not supported");
        }
    }

    /// <summary>The words of CMD, ENTRYPOINT and RUN: a list as it is, else a line for the shell.</summary>
    internal static string[] Command(StageState state, string text) => Words.Json(text) is { Length: > 0 } words ? words : [.. state.Settings.Shell ?? (IEnumerable<string>)s_shell, text];

    /// <summary>A path of an instruction: relative to WORKDIR.</summary>
    internal static string Path(StageState state, string path) => path.StartsWith('/') ? path : $"{(state.Settings.WorkingDir is { Length: > 0 } directory ? directory : "/").TrimEnd('/')}/{path}";

    private static string Set(StageState state, ContainerSettings settings, string meaning)
    {
        state.Settings = settings;
        return meaning;
    }

    /// <summary>All values see the variables as they were before the instruction.</summary>
    private static string Pairs(StageState state, string text, Action<string, string> set, Func<List<KeyValuePair<string, string>>, ContainerSettings> apply)
    {
        List<KeyValuePair<string, string>> pairs = Words.Pairs(text, old: true).ConvertAll(pair => new KeyValuePair<string, string>(state.Variables.Expand(pair.Key), state.Variables.Expand(pair.Value!)));
        pairs.ForEach(pair => set(pair.Key, pair.Value));
        return Set(state, apply(pairs), string.Join('\0', pairs.Select(static pair => $"{pair.Key}={pair.Value}")));
    }

    private static List<string> SetVariables(List<string> old, List<KeyValuePair<string, string>> pairs)
    {
        List<string> variables = [.. old];
        foreach (var (name, value) in pairs)
        {
            int index = variables.FindIndex(known => known == name || known.StartsWith(name + "=", StringComparison.Ordinal));
            if (index >= 0)
            {
                variables[index] = $"{name}={value}";
            }
            else
            {
                variables.Add($"{name}={value}");
            }
        }

        return variables;
    }

    /// <summary>Sorted, so that the same image is the same bytes.</summary>
    private static Dictionary<string, string> Merge(Dictionary<string, string>? old, List<KeyValuePair<string, string>> pairs)
    {
        var merged = new SortedDictionary<string, string>(old ?? [], StringComparer.Ordinal);
        pairs.ForEach(pair => merged[pair.Key] = pair.Value);
        return new Dictionary<string, string>(merged);
    }

    private static Dictionary<string, EmptyObject> Union(Dictionary<string, EmptyObject>? old, IEnumerable<string> names) =>
        (old?.Keys ?? Enumerable.Empty<string>()).Union(names).Order(StringComparer.Ordinal).ToDictionary(static name => name, static _ => new EmptyObject());

    /// <summary>80, 80/udp, 8000-8005/tcp.</summary>
    private static IEnumerable<string> Ports(string text)
    {
        string[] parts = text.Split('/');
        string[] range = parts[0].Split('-');
        string protocol = parts.Length == 2 ? parts[1].ToLowerInvariant() : "tcp";
        if (parts.Length > 2 || range.Length > 2 || protocol is not ("tcp" or "udp" or "sctp") || !TryPort(range[0], out int first) || !TryPort(range[^1], out int last) || last < first)
        {
            throw new FormatException($"EXPOSE {Quoting.Escape(text)}: it is PORT[-PORT][/tcp|udp|sctp]");
        }

        return Enumerable.Range(first, last - first + 1).Select(port => string.Create(CultureInfo.InvariantCulture, $"{port}/{protocol}"));
    }

    private static bool TryPort(string text, out int port) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port is > 0 and < 65536;
}
