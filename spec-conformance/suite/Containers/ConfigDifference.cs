namespace OciRun.Conformance.Containers;

/// <summary>What is essential of a config: what it has and the one that it started from has not.</summary>
internal static class ConfigDifference
{
    /// <summary>JSON in one line; empty when nothing differs. What was taken away is <c>"name": "(absent)"</c>.</summary>
    public static string Of(JsonObject from, JsonObject to)
    {
        var difference = Objects(from, to);
        return difference.Count == 0 ? "" : difference.ToJsonString(s_relaxed);
    }

    private static readonly System.Text.Json.JsonSerializerOptions s_relaxed = new()
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static JsonObject Objects(JsonObject from, JsonObject to)
    {
        var difference = new JsonObject();
        foreach (var (name, value) in to)
        {
            if (!from.TryGetPropertyValue(name, out var old))
                difference[name] = value?.DeepClone();
            else if (!JsonNode.DeepEquals(old, value))
                difference[name] = Values(old, value);
        }
        foreach (var (name, _) in from.Where(p => !to.ContainsKey(p.Key)))
            difference[name] = "(absent)";
        return difference;
    }

    // Of a list that only grew, what was added.
    private static JsonNode? Values(JsonNode? old, JsonNode? value)
    {
        if (old is JsonObject before && value is JsonObject after)
            return Objects(before, after);
        if (old is JsonArray few && value is JsonArray many && many.Count > few.Count && few.Zip(many).All(p => JsonNode.DeepEquals(p.First, p.Second)))
            return new JsonArray([.. new JsonNode?[] { "…" }.Concat(many.Skip(few.Count).Select(n => n?.DeepClone()))]);
        return value?.DeepClone();
    }
}
