using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using OciRun.Spec.Reading;

namespace OciRun.Spec.Tests;

/// <summary>The table of the second walk against the model, and both against the specification's own samples.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> Types => new(ConfigSchema.Types.Keys);

    public static TheoryData<string> Good => Samples("good");

    public static TheoryData<string> Bad => Samples("bad");

    [Fact]
    public void Table_HoldsEveryTypeOfTheModel()
    {
        var model = typeof(RuntimeConfig).Assembly.GetTypes()
            .Where(t => t is { IsPublic: true, IsClass: true, IsAbstract: false, Namespace: "OciRun.Spec" } && t.GetConstructor([]) is not null)
            .Where(t => !typeof(Exception).IsAssignableFrom(t)).Select(t => t.Name);
        ConfigSchema.Types.Keys.Should().BeEquivalentTo(model);
    }

    [Theory]
    [MemberData(nameof(Types))]
    public void Table_MatchesTheModel(string name)
    {
        var type = typeof(RuntimeConfig).Assembly.GetType("OciRun.Spec." + name)!;
        var fields = ConfigSchema.Types[name].Fields;
        var properties = type.GetProperties(BindingFlags.Public | BindingFlags.Instance);
        foreach (var property in properties)
        {
            var field = fields.Should().ContainKey(JsonNamingPolicy.CamelCase.ConvertName(property.Name)).WhoseValue;
            bool nullable = Nullable.GetUnderlyingType(property.PropertyType) is not null || !property.PropertyType.IsValueType;
            field.Nullable.Should().Be(nullable, "{0}.{1}", name, property.Name);
            field.Required.Should().Be(property.GetCustomAttribute<JsonRequiredAttribute>() is not null, "{0}.{1}", name, property.Name);
            field.Node.Should().Match<SchemaNode>(n => Matches(n, property.PropertyType), "{0}.{1}", name, property.Name);
        }
        fields.Where(f => f.Value.Node.Kind != SchemaKind.Any).Should().HaveSameCount(properties);
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Sample_Good_ReadsAndValidates(string file)
    {
        // The samples claim versions from before 1.0, which no runtime follows.
        string text = File.ReadAllText(file).Replace("\"0.5.0-dev\"", "\"1.0.0\"", StringComparison.Ordinal);
        byte[] json = System.Text.Encoding.UTF8.GetBytes(text);
        // A sample of the schema need not make sense as a container: this one moves devices into no namespace.
        string[] expected = file.EndsWith("linux-netdevice.json", StringComparison.Ordinal) ? ["namespace-missing"] : [];
        ConfigValidator.Validate(ConfigReader.Read(json)).Select(f => f.Code).Should().Equal(expected);
        // This property has left the specification.
        ConfigReader.Inspect(json).Where(f => f.Path != "/linux/resources/oomScoreAdj").Should().BeEmpty();
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Sample_Bad_IsRefused(string file)
    {
        byte[] json = File.ReadAllBytes(file);
        IReadOnlyList<Finding> findings;
        try
        {
            findings = ConfigValidator.Validate(ConfigReader.Read(json));
        }
        catch (InvalidConfigException exception)
        {
            findings = exception.Findings;
        }
        findings.Should().ContainSingle().Which.Level.Should().Be(FindingLevel.Must);
    }

    private static TheoryData<string> Samples(string kind) => new(Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Data/schema", kind)));

    private static bool Matches(SchemaNode node, Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsArray)
            return node.Kind == SchemaKind.Array && Matches(node.Element!, type.GetElementType()!);
        if (type.IsGenericType)
            return node.Kind == SchemaKind.Map && Matches(node.Element!, type.GetGenericArguments()[1]);
        return node.Kind switch
        {
            SchemaKind.String => type == typeof(string),
            SchemaKind.Boolean => type == typeof(bool),
            SchemaKind.UInt16 => type == typeof(ushort),
            SchemaKind.Int32 => type == typeof(int),
            SchemaKind.UInt32 => type == typeof(uint),
            SchemaKind.Int64 => type == typeof(long),
            SchemaKind.UInt64 => type == typeof(ulong),
            SchemaKind.Object => ReferenceEquals(node, ConfigSchema.Types[type.Name]),
            _ => false,
        };
    }
}
