using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>Source-generated reading and writing of the model: the fast path, which throws at the first wrong type.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    AllowDuplicateProperties = false)]
[JsonSerializable(typeof(RuntimeConfig))]
[JsonSerializable(typeof(Resources))]
[JsonSerializable(typeof(Process))]
internal sealed partial class ConfigJsonContext : JsonSerializerContext;
