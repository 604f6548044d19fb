using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
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

    [Fact]
    public void Read_EveryMember_ArrivesInItsProperty()
    {
        // Every member of every type has a value of its own; what is read is written by another machine, JsonSerializer.
        int next = 1;
        var document = Sample(ConfigSchema.Types["RuntimeConfig"], ref next)!;
        byte[] json = System.Text.Encoding.UTF8.GetBytes(document.ToJsonString());
        ConfigReader.Inspect(json).Should().BeEmpty();
        JsonNode.DeepEquals(JsonNode.Parse(DefaultConfig.Serialize(ConfigReader.Read(json))), document).Should().BeTrue();
        next.Should().BeGreaterThan(190, "the sample holds the whole model");
    }

    [Fact]
    public void Read_AnyMemberTwice_IsRefused()
    {
        foreach (string type in (string[])["Process", "Resources"])
        {
            foreach (string name in ConfigSchema.Types[type].Names)
            {
                int next = 1;
                string value = Sample(ConfigSchema.Types[type].Fields[name].Node, ref next)!.ToJsonString();
                byte[] json = System.Text.Encoding.UTF8.GetBytes($"{{\"{name}\":{value},\"{name}\":{value}}}");
                Action read = type == "Process" ? () => ConfigReader.ReadProcess(json) : () => ConfigReader.ReadResources(json);
                read.Should().Throw<InvalidConfigException>().Which.Findings.Should().ContainSingle().Which.Code.Should().Be("duplicate-name", name);
            }
        }
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

    private static JsonNode? Sample(SchemaNode node, ref int next)
    {
        switch (node.Kind)
        {
            case SchemaKind.Object:
                var value = new JsonObject();
                foreach (var (name, field) in node.Fields)
                {
                    if (field.Node.Kind != SchemaKind.Any)
                        value.Add(name, Sample(field.Node, ref next));
                }
                return value;
            case SchemaKind.Array:
                return new JsonArray(Sample(node.Element!, ref next), Sample(node.Element!, ref next));
            case SchemaKind.Map:
                return new JsonObject { ["a"] = Sample(node.Element!, ref next), ["b"] = Sample(node.Element!, ref next) };
            case SchemaKind.String:
                return $"text {next++}";
            case SchemaKind.Boolean:
                return true;
            default:
                return next++;
        }
    }

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
