using System.Globalization;

namespace OciRun.Integration.Harness;

/// <summary>JSON pointers (RFC 6901) into a config.</summary>
internal static class JsonEditing
{
    /// <summary>Sets the value; objects on the way are made where missing. null is JSON's null: use <see cref="Remove"/> to take away.</summary>
    public static void Set(JsonNode root, string pointer, JsonNode? value)
    {
        var (parent, name) = Parent(root, pointer, create: true);
        if (parent is JsonArray array)
            array[int.Parse(name, CultureInfo.InvariantCulture)] = value;
        else
            parent.AsObject()[name] = value;
    }

    /// <summary>Appends to the array, which is made where missing.</summary>
    public static void Add(JsonNode root, string pointer, JsonNode? value)
    {
        var (parent, name) = Parent(root, pointer, create: true);
        if (parent[name] is not JsonArray array)
            parent[name] = array = [];
        array.Add(value);
    }

    public static void Remove(JsonNode root, string pointer)
    {
        var (parent, name) = Parent(root, pointer, create: false);
        if (parent is JsonArray array)
            array.RemoveAt(int.Parse(name, CultureInfo.InvariantCulture));
        else if (!parent.AsObject().Remove(name))
            throw new ArgumentException($"no {pointer} to remove", nameof(pointer));
    }

    private static (JsonNode Parent, string Name) Parent(JsonNode root, string pointer, bool create)
    {
        string[] words = [.. pointer.Split('/').Skip(1).Select(w => w.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal))];
        var node = root;
        foreach (string word in words[..^1])
        {
            var next = node is JsonArray array ? array[int.Parse(word, CultureInfo.InvariantCulture)] : node[word];
            if (next is null && create)
                node[word] = next = new JsonObject();
            node = next ?? throw new ArgumentException($"no {word} on the way to {pointer}", nameof(pointer));
        }
        return (node, words[^1]);
    }
}
