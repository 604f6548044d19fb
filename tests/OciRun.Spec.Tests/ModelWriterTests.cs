using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace OciRun.Spec.Tests;

/// <summary>The writer is made by hand: a member that it forgets shows here, as JsonSerializer forgets none.</summary>
public sealed class ModelWriterTests
{
    private static readonly JsonSerializerOptions s_serializer = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        IndentCharacter = '\t',
        IndentSize = 1,
        NewLine = "\n",
    };

    [Fact]
    public void Serialize_EveryMemberSet_WritesWhatJsonSerializerWrites()
    {
        var config = (RuntimeConfig)Filled(typeof(RuntimeConfig));

        Encoding.UTF8.GetString(DefaultConfig.Serialize(config)).Should().Be(JsonSerializer.Serialize(config, s_serializer) + "\n");
    }

    [Fact]
    public void Serialize_NothingSet_WritesAnEmptyObject() =>
        Encoding.UTF8.GetString(DefaultConfig.Serialize(new RuntimeConfig())).Should().Be("{}\n");

    [Fact]
    public void Serialize_FalseThatIsTheDefault_IsLeftOut()
    {
        var config = new RuntimeConfig { Process = new Process { Terminal = false }, Root = new Root { Path = "rootfs", Readonly = false } };

        Encoding.UTF8.GetString(DefaultConfig.Serialize(config)).Should().Be("{\n\t\"process\": {},\n\t\"root\": {\n\t\t\"path\": \"rootfs\"\n\t}\n}\n");
    }

    private static object Filled(Type type)
    {
        if (Nullable.GetUnderlyingType(type) is { } underlying)
        {
            return Filled(underlying);
        }

        if (type == typeof(string))
        {
            return "text";
        }

        if (type == typeof(bool))
        {
            return true;
        }

        if (type.IsPrimitive)
        {
            return Convert.ChangeType(7, type, System.Globalization.CultureInfo.InvariantCulture);
        }

        if (type.IsArray)
        {
            var items = Array.CreateInstance(type.GetElementType()!, 2);
            items.SetValue(Filled(type.GetElementType()!), 0);
            items.SetValue(Filled(type.GetElementType()!), 1);
            return items;
        }

        object value = Activator.CreateInstance(type)!;
        if (value is System.Collections.IDictionary map)
        {
            map.Add("key", Filled(type.GenericTypeArguments[1]));
            return map;
        }

        foreach (PropertyInfo property in type.GetProperties())
        {
            property.SetValue(value, Filled(property.PropertyType));
        }

        return value;
    }
}
