using System.Globalization;

namespace OciRun.Conformance.Containers;

/// <summary>A bundle with a config to change, and the container made of it.</summary>
internal sealed class Container
{
    private readonly Sandbox _box;
    private readonly JsonObject _minimal;
    private CommandResult? _creation;

    internal Container(Sandbox box, string id)
    {
        (_box, Id) = (box, id);
        Bundle = Path.Combine(box.Directory, id);
        Config = DefaultConfig.Create();
        box.CopyRootfs(Rootfs);
        // Where the tests mount: the root of a user namespace may not make directories in this rootfs.
        Directory.CreateDirectory(Path.Combine(Rootfs, "mnt"));
        Add("/process/env", $"CONFORMANCE={box.Token}");
        Set("/linux/cgroupsPath", "/" + id);
        _minimal = Config.DeepClone().AsObject();
    }

    public string Id { get; }

    public string Bundle { get; }

    public string Rootfs => Path.Combine(Bundle, "rootfs");

    /// <summary>What config.json will hold when the next `create` or `run` comes.</summary>
    public JsonObject Config { get; }

    internal string Difference => ConfigDifference.Of(_minimal, Config);

    // --- the config, by JSON pointers

    public Container Set(string pointer, JsonNode? value)
    {
        JsonEditing.Set(Config, pointer, value);
        return this;
    }

    /// <summary>Appends to a list, which is made where missing.</summary>
    public Container Add(string pointer, JsonNode? value)
    {
        JsonEditing.Add(Config, pointer, value);
        return this;
    }

    public Container Remove(string pointer)
    {
        JsonEditing.Remove(Config, pointer);
        return this;
    }

    public Container Args(params string[] words) => Set("/process/args", List(words));

    /// <summary>The program is the probe with these actions ("+" between them).</summary>
    public Container Probe(params string[] words) => Args(["/bin/probe", .. words]);

    /// <summary>A program that runs until it gets SIGTERM, and says "ready" first.</summary>
    public Container Waiting() => Probe("signals", "TERM");

    public Container Mount(string destination, string? source, string? type, params string[] options)
    {
        var mount = new JsonObject { ["destination"] = destination };
        if (type is not null)
            mount["type"] = type;
        if (source is not null)
            mount["source"] = source;
        if (options.Length > 0)
            mount["options"] = List(options);
        return Add("/mounts", mount);
    }

    /// <summary>A hook that is a shell script on the host (startContainer: in the container).</summary>
    public Container Hook(string kind, string script) =>
        Add("/hooks/" + kind, new JsonObject { ["path"] = "/bin/sh", ["args"] = List("sh", "-c", script), ["env"] = List("PATH=/usr/sbin:/usr/bin:/sbin:/bin") });

    /// <summary>A user namespace of its own with ids 0-65535 inside.</summary>
    public Container UserNamespace(long hostId = 100000)
    {
        Add("/linux/namespaces", new JsonObject { ["type"] = "user" });
        foreach (string kind in new[] { "uidMappings", "gidMappings" })
            Add("/linux/" + kind, new JsonObject { ["containerID"] = 0, ["hostID"] = hostId, ["size"] = 65536 });
        return this;
    }

    public Container RemoveNamespace(string type)
    {
        var list = Config["linux"]!["namespaces"]!.AsArray();
        list.Remove(list.Single(n => (string)n!["type"]! == type));
        return this;
    }

    public static JsonArray List(params string[] words) => new([.. words.Select(w => (JsonNode)w)]);

    // --- the operations

    /// <summary>`create`, whatever comes of it.</summary>
    public CommandResult TryCreate(params string[] options) => TryCreateAfter("", options);

    /// <summary>`create` after shell commands in the same process.</summary>
    public CommandResult TryCreateAfter(string before, params string[] options)
    {
        WriteConfig();
        return _creation = _box.CallAfter(before, ["create", "--bundle", Bundle, .. options, Id]);
    }

    public Container Create(params string[] options)
    {
        TryCreate(options).ShouldSucceed();
        return this;
    }

    /// <summary>`create` must generate an error, and leave no container.</summary>
    public CommandResult ShouldNotBeCreated(string because)
    {
        var result = TryCreate().ShouldFail(because);
        Check.That(TryState().ExitCode != 0, $"create failed, yet there is a container: {because}");
        return result;
    }

    /// <summary>`create` or at the latest `start` must generate an error.</summary>
    public void ShouldNotRun(string because)
    {
        if (TryCreate().ExitCode == 0)
            TryStart().ShouldFail(because);
        else
            _creation!.ShouldFail(because);
    }

    public CommandResult TryStart() => _box.Call("start", Id);

    public Container Start()
    {
        TryStart().ShouldSucceed();
        return this;
    }

    /// <summary>`run` in the foreground to the program's end.</summary>
    public CommandResult Run(params string[] options)
    {
        WriteConfig();
        return _box.Call(["run", "--bundle", Bundle, .. options, Id]);
    }

    /// <summary>`run` that must succeed, and what the probe said.</summary>
    public ProbeOutput RunProbe(params string[] words) => Probe(words).Run().ShouldSucceed().Probe;

    /// <summary>What the probe sees in it.</summary>
    public ProbeReport Report() => RunProbe("report").Report;

    public CommandResult TryState() => _box.Call("state", Id);

    /// <summary>The state document.</summary>
    public JsonObject State()
    {
        string text = TryState().ShouldSucceed().Output;
        try
        {
            return JsonNode.Parse(text)!.AsObject();
        }
        catch (Exception e) when (e is System.Text.Json.JsonException or InvalidOperationException)
        {
            throw new ClauseViolatedException($"state is no JSON object: {text}");
        }
    }

    public string Status => (string?)State()["status"] ?? throw new ClauseViolatedException("state has no status");

    public int Pid => (int?)State()["pid"] ?? throw new ClauseViolatedException("state has no pid");

    public CommandResult TryKill(params string[] words) => _box.Call(["kill", Id, .. words]);

    public CommandResult TryDelete(params string[] options) => _box.Call(["delete", .. options, Id]);

    public Container Delete()
    {
        TryDelete().ShouldSucceed();
        return this;
    }

    public Container WaitStopped()
    {
        Check.Eventually(() => Status == "stopped", $"the container does not become stopped; its status is {Status}");
        return this;
    }

    /// <summary>Ends its program with SIGKILL, and waits.</summary>
    public Container KillAndWait()
    {
        TryKill("KILL").ShouldSucceed();
        return WaitStopped();
    }

    /// <summary>What the program has printed since `create`, whose output it inherited.</summary>
    public string Output => _creation!.Output;

    public string ErrorOutput => _creation!.Error;

    /// <summary>Waits until the program has printed the text.</summary>
    public Container WaitFor(string text)
    {
        Check.Eventually(() => Output.Contains(text, StringComparison.Ordinal), $"the program in the container does not print \"{text}\" but \"{Output}\"");
        return this;
    }

    /// <summary>A file of the container process in /proc.</summary>
    public string Proc(string file) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/{file}")).TrimEnd('\n');

    /// <summary>Puts a file into the root file system.</summary>
    public Container WriteFile(string path, string content, bool executable = false)
    {
        string full = Path.Combine(Rootfs, path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        if (executable)
            File.SetUnixFileMode(full, (UnixFileMode)0b111_101_101);
        return this;
    }

    /// <summary>Writes config.json as it is now; create and run do it by themselves.</summary>
    public void WriteConfig() => File.WriteAllText(Path.Combine(Bundle, "config.json"), Config.ToJsonString());
}
