using System.Text.Json.Serialization;

namespace OciRun.Spec;

/// <summary>Source-generated writing of the model. Reading is <see cref="Reading.ModelReader"/>, which needs no warming up.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    GenerationMode = JsonSourceGenerationMode.Serialization)]
[JsonSerializable(typeof(RuntimeConfig))]
internal sealed partial class ConfigJsonContext : JsonSerializerContext;
