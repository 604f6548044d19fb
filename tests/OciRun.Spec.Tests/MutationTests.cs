using System.Text;

namespace OciRun.Spec.Tests;

/// <summary>Broken configs by the thousand: whatever the bytes, reading gives a config or an <see cref="InvalidConfigException"/>, and
/// nothing else throws.</summary>
public sealed class MutationTests
{
    private const int Rounds = 4000;

    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1.5", "1e400", "18446744073709551616", "-9223372036854775809", "00", "\"\"", "\"\\u0000\"", "\"\\ud800\"", "\"../..\"",
        "\"a\\nb\"", "{}", "[]", "[null]", "{\"\":null}", "{\"a\":1,\"a\":2}", "[[[[[[[[]]]]]]]]", "nul", "'x'", "/*x*/1", "1,", "",
    ];

    [Fact]
    public void ReadAndValidate_MutatedConfigs_ThrowNothingElse()
    {
        byte[][] seeds =
        [
            DefaultConfig.Serialize(DefaultConfig.CreateRootless(1000, 1000, true, 1)),
            File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data/schema/good/spec-example.json")),
        ];
        var random = new Random(20251016);
        int read = 0, refused = 0;
        for (int round = 0; round < Rounds; round++)
        {
            byte[] json = seeds[round % seeds.Length];
            for (int i = random.Next(1, 4); i > 0; i--)
                json = (round & 2) == 0 ? MutateBytes(random, json) : MutateValue(random, json);
            if (TryOne(json, round))
                read++;
            else
                refused++;
        }
        read.Should().BeGreaterThan(Rounds / 20, "mutation must leave something to validate");
        refused.Should().BeGreaterThan(Rounds / 20, "mutation must break something");
    }

    /// <summary>Reads; then everything that one does with the result.</summary>
    private static bool TryOne(byte[] json, int round)
    {
        var inspected = ConfigReader.Inspect(json);
        try
        {
            var config = ConfigReader.Read(json);
            Assert.False(ConfigValidator.HasFaults(inspected), $"Read and Inspect agree in round {round}");
            Use(json, ConfigValidator.Validate(config));
            // What is written reads back as the same: a value that got lost on the way in or out would show here.
            byte[] text = DefaultConfig.Serialize(config);
            Assert.True(DefaultConfig.Serialize(ConfigReader.Read(text)).AsSpan().SequenceEqual(text), $"round {round}");
            return true;
        }
        catch (InvalidConfigException exception)
        {
            Assert.True(ConfigValidator.HasFaults(inspected), $"Read and Inspect agree in round {round}");
            Assert.True(ConfigValidator.HasFaults(exception.Findings), $"round {round}");
            foreach (var finding in exception.Findings)
                Assert.False(finding.Code == FindingCode.Malformed, $"the second walk explains every fault of the first, round {round}: {finding}");
            Use(json, exception.Findings);
            return false;
        }
    }

    private static void Use(byte[] json, IReadOnlyList<Finding> findings)
    {
        foreach (var finding in ConfigReader.WithPositions(json, findings))
        {
            Assert.True(finding is { Line: > 0, Column: > 0 });
            Assert.DoesNotContain('\0', finding.ToString());
        }
    }

    private static byte[] MutateBytes(Random random, byte[] json)
    {
        int at = random.Next(json.Length), length = random.Next(1, Math.Min(12, json.Length - at) + 1);
        var (before, cut, after) = (json[..at], json[at..(at + length)], json[(at + length)..]);
        return random.Next(6) switch
        {
            0 => [.. before, .. after],
            1 => [.. before, .. cut, .. cut, .. after],
            2 => [.. before, (byte)random.Next(256), .. cut, .. after],
            3 => [.. before, (byte)"{}[]\",:\\0-."[random.Next(11)], .. after],
            4 => before.Length > 0 ? before : json,
            _ => [.. before, .. Encoding.UTF8.GetBytes(s_values[random.Next(s_values.Length)]), .. after],
        };
    }

    /// <summary>Puts another value after one of the colons.</summary>
    private static byte[] MutateValue(Random random, byte[] json)
    {
        int start = IndexOfNth(json, random.Next(1, 200));
        int end = start;
        while (end < json.Length && json[end] is not ((byte)',' or (byte)'\n'))
            end++;
        return [.. json[..start], .. Encoding.UTF8.GetBytes(s_values[random.Next(s_values.Length)]), .. json[end..]];
    }

    private static int IndexOfNth(byte[] json, int n)
    {
        int start = 0;
        while (n-- > 0)
        {
            int next = json.AsSpan(start).IndexOf("\": "u8);
            if (next < 0)
                return start;
            start += next + 3;
        }
        return start;
    }
}
