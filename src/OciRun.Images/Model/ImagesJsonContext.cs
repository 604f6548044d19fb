using System.Text.Json.Serialization;
using OciRun.Images.Store;

namespace OciRun.Images.Model;

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, AllowDuplicateProperties = false,
    GenerationMode = JsonSourceGenerationMode.Metadata)]
[JsonSerializable(typeof(ImageDocument))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(List<DockerManifest>))]
[JsonSerializable(typeof(LayoutMarker))]
[JsonSerializable(typeof(LayerRecord))]
[JsonSerializable(typeof(ReferenceRecord))]
[JsonSerializable(typeof(StepRecord))]
internal sealed partial class ImagesJsonContext : JsonSerializerContext;
