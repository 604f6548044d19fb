using OciRun.Runtime;
using OciRun.Runtime.Lifecycle;
using OciRun.Spec;

namespace OciRun.Cli;

/// <summary>Mounts as the command line has them, and as they are printed.</summary>
internal static class MountText
{
    /// <summary>
    /// The mounts that a word stands for: SOURCE:DESTINATION[:OPTIONS], or else a file (as crun has it) with an array of mounts, or with an object that has them as
    /// "mounts", as config.json does; "-" for standard input.
    /// </summary>
    internal static Mount[] Read(string word)
    {
        string[] parts = word.Split(':', 3);
        if (parts.Length < 2)
        {
            return ReadFile(word);
        }
        if (parts[0].Length == 0 || !parts[1].StartsWith('/'))
        {
            throw Usage.Error("mounts add", $"invalid mount \"{word}\": it is SOURCE:DESTINATION[:OPTIONS], and the destination begins with /");
        }
        string[] options = parts.Length > 2 ? parts[2].Split(',', StringSplitOptions.RemoveEmptyEntries) : [];
        return parts[0] == "tmpfs"
            ? [new Mount { Destination = parts[1], Type = "tmpfs", Source = "tmpfs", Options = options }]
            : [new Mount { Destination = parts[1], Type = "bind", Source = PathText.Absolute(parts[0]), Options = Array.IndexOf(options, "bind") >= 0 ? options : ["rbind", .. options] }];
    }

    /// <summary>Where the mounts of a word are: a path, or those of a file.</summary>
    internal static string[] Destinations(string word)
    {
        if (word.StartsWith('/') && !word.EndsWith(".json", StringComparison.Ordinal))
        {
            return [word];
        }
        string[] destinations = Array.ConvertAll(ReadFile(word), static mount => mount.Destination ?? "");
        Array.Reverse(destinations);
        return destinations;
    }

    /// <summary>An array on one line.</summary>
    internal static ReadOnlySpan<byte> Json(List<MountEntry> entries)
    {
        var json = new JsonText();
        json.StartArray();
        foreach (var entry in entries)
        {
            json.StartObject();
            json.Property("destination", entry.Destination);
            json.Property("type", entry.Type);
            json.Property("source", entry.Source);
            json.Property("root", entry.Root);
            json.StartArray("options");
            foreach (string option in entry.Options.Split(','))
            {
                json.Item(option);
            }
            json.EndArray();
            json.EndObject();
        }
        json.EndArray();
        json.EndLine();
        return json.Written;
    }

    /// <summary>A line each; names are escaped, as the container chose some of them.</summary>
    internal static byte[] Table(List<MountEntry> entries)
    {
        string[][] rows = new string[entries.Count + 1][];
        rows[0] = ["DESTINATION", "TYPE", "OPTIONS   SOURCE"];
        for (int i = 0; i < entries.Count; i++)
        {
            var entry = entries[i];
            string root = entry.Root == "/" ? "" : $"[{entry.Root}]";
            rows[i + 1] = [Printable.Escape(entry.Destination), entry.Type, entry.Options + "   " + Printable.Escape(entry.Source + root)];
        }
        return TextTable.Of(rows);
    }

    private static Mount[] ReadFile(string file)
    {
        byte[] text = InputFile.Read(file, "the file of mounts");
        try
        {
            bool bare = text.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'[', ..];
            return ConfigReader.Read(bare ? [.. "{\"mounts\":"u8, .. text, (byte)'}'] : text).Mounts
                ?? throw new ContainerException(ErrorCode.InvalidConfig, $"{file}: there are no mounts in it");
        }
        catch (InvalidConfigException e)
        {
            throw new ContainerException(ErrorCode.InvalidConfig, Printable.Escape($"{file}: {e.Message}"), e);
        }
    }
}
