using System.Text;
using System.Text.Json.Nodes;
using OciRun.Cgroups;
using OciRun.Runtime.Init;
using OciRun.Runtime.Planning;
using OciRun.Spec;

namespace OciRun.Runtime.Tests.Planning;

/// <summary>
/// Configs of engines, broken in every way: each gives findings, an error with its words, or a plan in the stage's form, and none a crash or a hang. OCIRUN_MUTATIONS
/// says how many (default 3000), OCIRUN_MUTATION_SEED which; the times are printed.
/// </summary>
public sealed class PlanMutationTests
{
    private const int Default = 3000;
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(5);

    private static readonly HostFacts s_host = new()
    {
        Uid = 0,
        Gid = 0,
        InitialUserNamespace = true,
        Capabilities = (1UL << 41) - 1,
        LastCapability = 40,
        SelinuxEnabled = true,
        AppArmorEnabled = true,
        HardLimits = [.. Enumerable.Repeat(1UL << 20, 16)],
    };

    private static readonly string[] s_values =
    [
        "null", "true", "0", "-1", "1.5", "18446744073709551615", "-9223372036854775808", "4294967295", "\"\"", "\"/\"", "\"..\"", "\"../..\"", "\"a\\nb\"", "\"\\u0000\"", "\"%d\"",
        "\"0-3,7\"", "\"bind\"", "\"tmpfs\"", "\"idmap=uids=0-0-1;gids=0-0-1\"", "\"remount\"", "\"user\"", "\"time\"", "{}", "[]", "[\"\"]", "{\"\":\"\"}", "[{}]", "\"/proc/self/fd/3\"", "\"MPOL_BIND\"",
    ];

    [Fact]
    public void MutatedConfigs_GiveFindingsAnErrorOrAPlan()
    {
        int rounds = Number("OCIRUN_MUTATIONS", Default), seed = Number("OCIRUN_MUTATION_SEED", 20261124);
        string[] seeds = [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Data"), "*.json", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText),
            Encoding.UTF8.GetString(DefaultConfig.Serialize(DefaultConfig.CreateRootless(1000, 1000, true))), Encoding.UTF8.GetString(DefaultConfig.Serialize(DefaultConfig.Create(true)))];
        var random = new Random(seed);
        var times = new List<double>(rounds);
        int plans = 0, errors = 0, findings = 0;
        for (int round = 0; round < rounds; round++)
        {
            byte[] json = Mutate(random, seeds[random.Next(seeds.Length)]);
            // Processor time: how busy the machine is must not show.
            TimeSpan start = Environment.CpuUsage.TotalTime;
            try
            {
                switch (Judge(json))
                {
                    case 0: findings++; break;
                    case 1: errors++; break;
                    default: plans++; break;
                }
            }
            catch (Exception e)
            {
                Assert.Fail($"round {round} of seed {seed}: {e}\n{Encoding.UTF8.GetString(json)}");
            }

            TimeSpan time = Environment.CpuUsage.TotalTime - start;
            Assert.True(time < s_patience, $"round {round} of seed {seed} took {time.TotalSeconds:f1} s\n{Encoding.UTF8.GetString(json)}");
            times.Add(time.TotalMilliseconds);
        }

        times.Sort();
        TestContext.Current.SendDiagnosticMessage(
            $"{rounds} mutated configs: {findings} with findings, {errors} refused by the planner, {plans} planned; median {times[rounds / 2]:f3} ms, 99.9 % {times[(int)(rounds * 0.999)]:f3} ms, longest {times[^1]:f3} ms");
        if (Environment.GetEnvironmentVariable("OCIRUN_MUTATIONS") is not null)
        {
            Console.WriteLine($"{rounds} mutated configs (seed {seed}): {findings} with findings, {errors} refused by the planner, {plans} planned; "
                + $"median {times[rounds / 2]:f3} ms, 99.9 % {times[(int)(rounds * 0.999)]:f3} ms, longest {times[^1]:f3} ms");
        }

        plans.Should().BeGreaterThan(rounds / 20, "mutation must leave something to plan");
        findings.Should().BeGreaterThan(rounds / 20, "mutation must break something");
    }

    /// <summary>0: it cannot be created from; 1: the planner refuses it; 2: a plan.</summary>
    private static int Judge(byte[] json)
    {
        IReadOnlyList<Finding> found = ConfigValidator.ValidateDocument(json, out RuntimeConfig? config);
        foreach (Finding finding in found)
        {
            Assert.True(finding is { Line: > 0, Column: > 0, Message.Length: > 0, Clause.Length: > 0 }, finding.ToString());
        }

        if (ConfigValidator.HasFaults(found))
        {
            return 0;
        }

        try
        {
            CgroupHost cgroups = new CgroupHost(CgroupMode.V2, () => "0 0 0:1 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw,nsdelegate\n", () => "0::/\n");
            using Cgroup cgroup = Cgroup.Plan(cgroups, config!.Linux?.CgroupsPath, "c1", rootless: false);
            _ = ResourceWrites.ForV2(config.Linux?.Resources, null);
            _ = Cgroup.PreviewDevices(config.Linux?.Resources?.Devices);
            ContainerPlan plan = Planner.Plan(config, s_host, new PlanRequest("c1", "/bundle") { CgroupHost = cgroups, CgroupPaths = cgroup.Paths, CreatingState = "{}", CreatedState = "{}" });
            Assert.NotEqual(0, PlanWriter.Write(plan.Steps, Enumerable.Range(3, plan.Descriptors.Count).ToArray(), 3, 3, 0).Length);
            foreach (PlanStep step in plan.Steps)
            {
                _ = StepText.SubjectOf(step) + StepText.DetailOf(step);
            }

            return 2;
        }
        catch (Exception e) when (e is ContainerException or CgroupException)
        {
            Assert.True(e.Message.Length > 0 && !e.Message.Contains('\n'), e.Message);
            return 1;
        }
    }

    /// <summary>Up to four values of the document are replaced, removed, doubled, or moved elsewhere; sometimes its bytes are broken.</summary>
    private static byte[] Mutate(Random random, string text)
    {
        JsonNode document = JsonNode.Parse(text)!;
        for (int i = random.Next(1, 5); i > 0; i--)
        {
            var places = new List<JsonNode>();
            Collect(document, places);
            JsonNode place = places[random.Next(places.Count)];
            JsonNode? value = random.Next(4) == 0 ? places[random.Next(places.Count)].DeepClone() : JsonNode.Parse(s_values[random.Next(s_values.Length)]);
            if (place.Parent is JsonObject parent)
            {
                string name = place.GetPropertyName();
                if (random.Next(5) == 0)
                {
                    parent.Remove(name);
                }
                else
                {
                    parent[name] = value;
                }
            }
            else if (place.Parent is JsonArray array)
            {
                array.Insert(place.GetElementIndex(), random.Next(2) == 0 ? value : place.DeepClone());
            }
        }

        byte[] json = Encoding.UTF8.GetBytes(document.ToJsonString());
        if (random.Next(20) == 0)
        {
            json[random.Next(json.Length)] = (byte)random.Next(256);
        }

        return json;
    }

    private static void Collect(JsonNode node, List<JsonNode> places)
    {
        places.Add(node);
        foreach (JsonNode? child in node is JsonObject o ? o.Select(member => member.Value) : node is JsonArray a ? a : [])
        {
            if (child is not null)
            {
                Collect(child, places);
            }
        }
    }

    private static int Number(string variable, int otherwise) => int.TryParse(Environment.GetEnvironmentVariable(variable), out int value) ? value : otherwise;
}
