using System.Globalization;

namespace OciRun.Integration.Harness;

/// <summary>A bundle with a config to change, and the container made of it.</summary>
public sealed class Container
{
    private readonly Sandbox _sandbox;
    private RunningCommand? _creation;

    internal Container(Sandbox sandbox, string id)
    {
        _sandbox = sandbox;
        Id = id;
        Bundle = Path.Combine(sandbox.Directory, id);
        Config = DefaultConfig.Create();
        Directory.CreateDirectory(Bundle);
        sandbox.CopyRootfs(Rootfs);
        Add("/process/env", $"{Sandbox.Mark}={sandbox.Token}");
        Set("/linux/cgroupsPath", "/" + id);
    }

    public string Id { get; }

    public string Bundle { get; }

    public string Rootfs => Path.Combine(Bundle, "rootfs");

    /// <summary>What config.json will hold when the next command runs.</summary>
    public JsonObject Config { get; }

    /// <summary>The directory that --root names.</summary>
    public string StateRoot => _sandbox.StateRoot;

    // --- the config

    public Container Set(string pointer, JsonNode? value)
    {
        JsonEditing.Set(Config, pointer, value);
        return this;
    }

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

    public Container Args(params string[] words) => Set("/process/args", new JsonArray([.. words.Select(w => (JsonNode)w)]));

    /// <summary>The program is the probe with these actions.</summary>
    public Container Probe(params string[] words) => Args(["/bin/probe", .. words]);

    public Container Mount(string destination, string? source, string? type, params string[] options)
    {
        var mount = new JsonObject { ["destination"] = destination, ["options"] = new JsonArray([.. options.Select(o => (JsonNode)o)]) };
        if (source is not null)
            mount["source"] = source;
        if (type is not null)
            mount["type"] = type;
        return Add("/mounts", mount);
    }

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

    public Container Capabilities(string set, params string[] names) =>
        Set("/process/capabilities/" + set, new JsonArray([.. names.Select(n => (JsonNode)n)]));

    // --- the verbs

    /// <summary>The command line of a verb, for a test that needs more than its result. Writes config.json.</summary>
    public Command Verb(string verb, params string[] words) => Wrapped([], verb, words);

    /// <summary>A verb of the runtime, started by another program that execs it.</summary>
    public Command Wrapped(string[] wrapper, string verb, params string[] words)
    {
        // At once: a command that was started before may be reading it.
        string file = Path.Combine(Bundle, "config.json"), next = file + ".next";
        File.WriteAllText(next, Config.ToJsonString());
        File.Move(next, file, overwrite: true);
        return new Command(_sandbox.Directory, [.. wrapper, RuntimeUnderTest.Path, "--root", StateRoot, verb, .. words]);
    }

    /// <summary>`run` in the foreground.</summary>
    public CommandResult Run(params string[] options) => Verb("run", ["--bundle", Bundle, .. options, Id]).Run();

    /// <summary>`run` that must end with status 0, and what the probe said.</summary>
    public ProbeOutput RunProbe(params string[] words) => Probe(words).Run().ShouldExit(0).Probe;

    /// <summary>What the probe sees.</summary>
    public ProbeReport Report() => RunProbe("report").Report;

    /// <summary>`create` that must succeed. The container is deleted at the end of the test at the latest.</summary>
    public Container Create(params string[] options)
    {
        TryCreate(options).ShouldExit(0);
        return this;
    }

    /// <summary>`create`, whatever comes of it; when it fails nothing may be left.</summary>
    public CommandResult TryCreate(params string[] options) => Create(Verb("create", ["--bundle", Bundle, .. options, Id]));

    /// <summary>As <see cref="TryCreate"/>, with a command that the test has prepared.</summary>
    public CommandResult Create(Command command)
    {
        _creation = _sandbox.Keep(command.Start());
        var result = _creation.Wait(command.Patience);
        if (result.ExitCode == 0)
            _sandbox.MayLive(Id);
        return result;
    }

    /// <summary>`run --detach` that must succeed.</summary>
    public Container RunDetached(params string[] options)
    {
        Create(Verb("run", ["--detach", "--bundle", Bundle, .. options, Id])).ShouldExit(0);
        return this;
    }

    public Container Start()
    {
        TryStart().ShouldExit(0);
        return this;
    }

    public CommandResult TryStart() => Verb("start", Id).Run();

    /// <summary>`exec` of a program; options stand before the id.</summary>
    public Command ExecCommand(string[] options, params string[] words) => Verb("exec", [.. options, Id, .. words]);

    /// <summary>The same, to its end.</summary>
    public CommandResult Exec(string[] options, params string[] words) => ExecCommand(options, words).Run();

    /// <summary>`exec` of the probe that must end with status 0, and what it said.</summary>
    public ProbeOutput ExecProbe(string[] options, params string[] words) => Exec(options, ["/bin/probe", .. words]).ShouldExit(0).Probe;

    /// <summary>`exec --process` with this document.</summary>
    public CommandResult ExecDocument(JsonObject process, params string[] options)
    {
        string file = Path.Combine(Bundle, "process.json");
        File.WriteAllText(file, process.ToJsonString());
        return Exec(["--process", file, .. options]);
    }

    /// <summary>The state document.</summary>
    public JsonObject State() => JsonNode.Parse(TryState().ShouldExit(0).Output)!.AsObject();

    public CommandResult TryState() => Verb("state", Id).Run();

    public string Status => (string)State()["status"]!;

    public int Pid => (int)State()["pid"]!;

    public CommandResult TryKill(params string[] words) => Verb("kill", [Id, .. words]).Run();

    public Container Kill(string signal)
    {
        TryKill(signal).ShouldExit(0);
        return this;
    }

    public CommandResult TryDelete(params string[] options) => Verb("delete", [.. options, Id]).Run();

    public void Delete() => TryDelete().ShouldExit(0);

    public Container WaitStopped()
    {
        Wait.Until(() => Status == "stopped", $"{Id} stops");
        return this;
    }

    /// <summary>What the container has printed since `create`, whose output it inherited.</summary>
    public string Output => _creation!.Output;

    public string ErrorOutput => _creation!.Error;

    /// <summary>Waits until the container has printed the text.</summary>
    public Container WaitFor(string text)
    {
        Wait.Until(() => Output.Contains(text, StringComparison.Ordinal), $"{Id} prints \"{text}\"; it printed \"{Output}\" and \"{ErrorOutput}\"");
        return this;
    }

    // --- what can be seen of it from outside

    /// <summary>A file of the container's init in /proc.</summary>
    public string Proc(string file) => File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{Pid}/{file}")).TrimEnd('\n');

    /// <summary>Puts a file into the rootfs.</summary>
    public Container WriteFile(string path, string content, UnixFileMode mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead)
    {
        string full = Path.Combine(Rootfs, path.TrimStart('/'));
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllText(full, content);
        File.SetUnixFileMode(full, mode);
        return this;
    }
}
