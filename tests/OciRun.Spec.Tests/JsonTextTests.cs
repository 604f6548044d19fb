using System.Text;
using System.Text.Json;

namespace OciRun.Spec.Tests;

public sealed class JsonTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("\"quoted\" and \\ and /")]
    [InlineData("line\nfeed, \r, \t, \b, \f, \0, \u001b[31m, \u007f, \u0085")]
    [InlineData("Grüße, 容器, \U0001F4E6, \u202e, \u2028")]
    public void Property_AnyText_IsReadBackAndIsAscii(string text)
    {
        var json = new JsonText();
        json.StartObject();
        json.Property(text, text);
        json.EndObject();
        json.Written.ToArray().Should().OnlyContain(b => b >= 0x20 && b < 0x7f);
        using var document = JsonDocument.Parse(json.Written.ToArray());
        document.RootElement.GetProperty(text).GetString().Should().Be(text);
    }

    [Fact]
    public void Written_LongText_Grows()
    {
        string text = new('x', 10_000);
        var json = new JsonText();
        json.StartArray();
        json.StartObject();
        json.StartArray("items");
        json.Item(text);
        json.Item(text);
        json.EndArray();
        json.EndObject();
        json.EndArray();
        using var document = JsonDocument.Parse(json.Written.ToArray());
        document.RootElement[0].GetProperty("items")[1].GetString().Should().Be(text);
    }

    [Fact]
    public void Written_Indented_IsAsSystemTextJsonHasIt()
    {
        var json = new JsonText(indented: true);
        json.StartObject();
        json.Property("pid", -1);
        json.Property("startTime", ulong.MaxValue);
        json.Property("complete", true);
        json.Property("empty", new Dictionary<string, string>());
        json.Property("annotations", new Dictionary<string, string> { ["a"] = "b", ["c"] = "d" });
        json.StartArray("list");
        json.Item("x");
        json.EndArray();
        json.RawProperty("raw", "1"u8);
        json.EndObject();
        using var document = JsonDocument.Parse(json.Written.ToArray());
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" }))
            document.WriteTo(writer);
        Encoding.UTF8.GetString(json.Written).Should().Be(Encoding.UTF8.GetString(stream.ToArray()));
    }
}
