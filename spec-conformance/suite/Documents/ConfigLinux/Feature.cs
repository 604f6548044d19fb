using OciRun.Conformance.Documents.Features;

namespace OciRun.Conformance.Documents.ConfigLinux;

/// <summary>Newer properties are unknown, and so ignored, to a runtime for an older version of the specification (config.md, Extensibility).</summary>
internal static class Feature
{
    /// <summary>Skips the test when the runtime's features do not say that it knows the property: an absent or null entry, or one that is not enabled (features-linux.md).</summary>
    /// <param name="box">The test's sandbox.</param>
    /// <param name="names">Of the entry below linux in the features.</param>
    public static void Needs(Sandbox box, params string[] names)
    {
        JsonNode? entry = FeaturesTests.Structure(box)["linux"];
        foreach (string name in names)
            entry = entry?[name];
        bool isKnown = entry switch { JsonValue value => (bool)value, JsonObject part => (bool?)part["enabled"] ?? true, _ => false };
        Check.Needs(isKnown, $"the runtime's features have no linux.{string.Join('.', names)}: the property came with version 1.3 of the specification");
    }
}
