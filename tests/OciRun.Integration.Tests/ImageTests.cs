using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace OciRun.Integration;

/// <summary>The image verbs as a user calls them. runc has none.</summary>
public sealed class ImageTests : IntegrationTest
{
    private const string Why = "no other runtime has a store of images";

    private string Store => Path.Combine(Sandbox.Directory, "store");

    private Command Image(params string[] words) => Sandbox.Runtime(["--store", Store, "image", .. words]);

    private JsonElement Json(params string[] words) => JsonDocument.Parse(Image([.. words, "--format", "json"]).Run().ShouldExit(0).Output).RootElement;

    private static byte[] Tar(Action<TarWriter> fill)
    {
        var output = new MemoryStream();
        using (var writer = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true))
        {
            fill(writer);
        }
        return output.ToArray();
    }

    private static void File(TarWriter writer, string name, byte[] content, UnixFileMode mode = UnixFileMode.UserRead) => writer.WriteEntry(
        new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content), Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch.AddSeconds(1.25) });

    private static void Entry(TarWriter writer, TarEntryType type, string name, string target = "", UnixFileMode mode = (UnixFileMode)0x1ED)
    {
        var entry = new PaxTarEntry(type, name) { Mode = mode, ModificationTime = DateTimeOffset.UnixEpoch.AddSeconds(7) };
        if (target.Length > 0)
        {
            entry.LinkName = target;
        }
        writer.WriteEntry(entry);
    }

    private static string Hex(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>An archive as docker save writes it; its path.</summary>
    private string Archive(string name, params byte[][] layers)
    {
        string config = $$"""
            {"created":"2026-01-02T03:04:05Z","os":"linux","architecture":"amd64","config":{"Cmd":["/bin/sh"]},
             "rootfs":{"type":"layers","diff_ids":[{{string.Join(',', layers.Select(layer => $"\"sha256:{Hex(layer)}\""))}}]},
             "history":[{{string.Join(',', layers.Select((_, i) => $$"""{"created":"2026-01-02T03:04:05Z","created_by":"step {{i}}"}"""))}},{"created_by":"CMD","empty_layer":true}]}
            """;
        string path = Path.Combine(Sandbox.Directory, name.Replace(':', '-') + ".tar");
        System.IO.File.WriteAllBytes(path, Tar(writer =>
        {
            File(writer, "config.json", Encoding.UTF8.GetBytes(config));
            for (int i = 0; i < layers.Length; i++)
            {
                File(writer, $"{i}.tar", layers[i]);
            }
            File(writer, "manifest.json", Encoding.UTF8.GetBytes(
                $"[{{\"Config\":\"config.json\",\"RepoTags\":[\"{name}\"],\"Layers\":[{string.Join(',', layers.Select((_, i) => $"\"{i}.tar\""))}]}}]"));
        }));
        return "docker-archive:" + path;
    }

    private static byte[] Base => Tar(writer =>
    {
        Entry(writer, TarEntryType.Directory, "./", mode: (UnixFileMode)0x1C9);
        Entry(writer, TarEntryType.Directory, "etc");
        File(writer, "etc/hosts", "one"u8.ToArray());
        File(writer, "etc/one", "1"u8.ToArray()); // of a link to a file that changes an overlay still counts both names
        Entry(writer, TarEntryType.HardLink, "etc/uno", "etc/one");
        Entry(writer, TarEntryType.SymbolicLink, "link", "etc");
        Entry(writer, TarEntryType.Directory, "tmp", mode: (UnixFileMode)0x3FF);
        File(writer, "tmp/a", new byte[70_000], (UnixFileMode)0x9ED);
        Entry(writer, TarEntryType.Directory, "var");
        Entry(writer, TarEntryType.Directory, "var/old");
        File(writer, "var/old/x", [1]);
        Entry(writer, TarEntryType.Directory, "opt");
        File(writer, "opt/hidden", [2]);
    });

    private static byte[] Change => Tar(writer =>
    {
        Entry(writer, TarEntryType.Directory, "var");
        File(writer, "var/.wh.old", []);
        Entry(writer, TarEntryType.Directory, "opt", mode: (UnixFileMode)0x1C0);
        File(writer, "opt/.wh..wh..opq", []);
        File(writer, "opt/new", [3]);
        Entry(writer, TarEntryType.Directory, "etc");
        File(writer, "etc/hosts", "two"u8.ToArray());
        Entry(writer, TarEntryType.Fifo, "fifo");
    });

    [ClaimFact(Why)]
    public void Image_Verbs_SpeakTheJsonThatScriptsRelyOn()
    {
        Image("import", Archive("t:1", Base, Change)).Run().ShouldExit(0).Output.Should().MatchRegex("^t:1 sha256:[0-9a-f]{64}\n$");

        var image = Json("list").EnumerateArray().Should().ContainSingle().Which;
        (image.GetProperty("name").GetString(), image.GetProperty("layers").GetInt32(), image.GetProperty("created").GetString()).Should().Be(("t:1", 2, "2026-01-02T03:04:05Z"));
        image.GetProperty("size").GetInt64().Should().BeGreaterThan(70_000);
        image.GetProperty("digest").GetString().Should().StartWith("sha256:");

        var history = Json("history", "t:1").EnumerateArray().ToArray();
        history.Select(step => step.GetProperty("createdBy").GetString()).Should().Equal("CMD", "step 1", "step 0");
        history.Select(step => step.GetProperty("emptyLayer").GetBoolean()).Should().Equal(true, false, false);
        history[2].GetProperty("digest").GetString().Should().StartWith("sha256:");
        history[2].GetProperty("size").GetInt64().Should().BeGreaterThan(70_000);
        history[0].GetProperty("comment").GetString().Should().BeEmpty();

        var usage = Json("usage");
        usage.GetProperty("images")[0].GetProperty("shared").GetInt64().Should().Be(0);
        usage.GetProperty("images")[0].GetProperty("unique").GetInt64().Should().Be(usage.GetProperty("images")[0].GetProperty("size").GetInt64());
        usage.GetProperty("containers").GetArrayLength().Should().Be(0);
        usage.GetProperty("total").GetInt64().Should().BeGreaterThan(0);

        JsonDocument.Parse(Image("inspect", "t:1").Run().ShouldExit(0).Output).RootElement.GetProperty("config").GetProperty("config").GetProperty("Cmd")[0].GetString()
            .Should().Be("/bin/sh");
        Image("verify").Run().ShouldExit(0).Output.Should().Contain("all is well");
        Image("remove", "t:1").Run().ShouldExit(0);
        Json("list").GetArrayLength().Should().Be(0);
        Image("inspect", "t:1").Run().ShouldFailWith("there is no image t:1");
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "layers")).Should().BeEmpty();
    }

    [ClaimFact(Why)]
    public void Image_Import_WithoutATerminal_PrintsALineForEachLayer() =>
        Image("import", Archive("t", Base, Change), "named:1").Run().ShouldExit(0).Error.Should()
            .MatchRegex("layer 1 of 2: [0-9a-f]{12}, ").And.MatchRegex("layer 2 of 2: [0-9a-f]{12}, ").And.NotContain("\x1b");

    /// <summary>From some number of names on System.Text.Json keeps them in a hash that it seeds by the framework's random numbers: OpenSSL, which is not there.</summary>
    [ClaimFact(Why)]
    public void Image_ConfigWithManyUnknownNames_IsTaken()
    {
        var image = new TestImage(Path.Combine(Sandbox.Directory, "image")).AddFiles(("a", "1"));
        image.Settings["Unknown"] = new JsonObject(Enumerable.Range(0, 200).Select(i => KeyValuePair.Create($"name{i}", (JsonNode?)i)));
        Image("import", image.Write().Source).Run().ShouldExit(0);
    }

    [ClaimFact(Why)]
    public void Image_DamagedLayer_FailsVerifyWithStatus1()
    {
        Image("import", Archive("t", Base)).Run().ShouldExit(0);
        string layer = JsonDocument.Parse(Image("inspect", "t").Run().Output).RootElement.GetProperty("layers")[0].GetProperty("directory").GetString()!;
        System.IO.File.Delete(Path.Combine(layer, "var/old/x"));
        Image("verify").Run().ShouldExit(1).Output.Should().Contain("var/old/x: is missing");
    }

    [ClaimFact(Why)]
    public void Image_TwoImportsAtOnce_ExtractOnce()
    {
        string source = Archive("t", Base, Change, Tar(writer => File(writer, "big", new byte[20 << 20])));
        using var first = Image("import", source, "a").Start();
        using var second = Image("import", source, "b").Start();
        string said = first.Wait(TimeSpan.FromSeconds(60)).ShouldExit(0).Error + second.Wait(TimeSpan.FromSeconds(60)).ShouldExit(0).Error;
        said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Count(line => line.Contains("is there", StringComparison.Ordinal)).Should().Be(3, said);
        Image("verify").Run().ShouldExit(0);
    }

    [ClaimFact(Why)]
    public void Image_Import_CanBeInterrupted()
    {
        string pipe = Path.Combine(Sandbox.Directory, "pipe");
        Sandbox.Program("mkfifo", pipe).Run().ShouldExit(0);
        using var import = Image("import", "docker-archive:" + pipe, "x").Start();
        Wait.Until(() => Directory.Exists(Path.Combine(Store, "tmp")), "it has begun");
        Sandbox.Program("sh", "-c", $"kill -TERM {import.Pid}").Run().ShouldExit(0);
        import.Wait(TimeSpan.FromSeconds(30)).ExitCode.Should().Be(128 + 15);
    }

    [ClaimFact(Why)]
    public void Image_VerbsKilledAtAnyTime_LeaveACleanStore()
    {
        string[] sources = [Archive("a", Base, Tar(writer => File(writer, "big", new byte[4 << 20]))), Archive("b", Base, Change)];
        string bundle = Path.Combine(Sandbox.Directory, "bundle");
        var random = new Random(5);
        int killed = 0;
        int[] within = [60, 60, 60, 60]; // milliseconds, as long as each takes on this machine
        for (int i = 0; i < 100; i++)
        {
            // What each has to do is there: an image for unpack, layers of nobody for gc.
            if (i % 4 == 0)
                Image("import", "--quiet", sources[0]).Run().ShouldExit(0);
            Command verb = (i % 4) switch
            {
                0 => Sandbox.Runtime("--store", Store, "unpack", "a", $"{bundle}{i}"),
                1 => Image("remove", "a"),
                2 => Image("gc"),
                _ => Image("import", "--quiet", sources[i / 4 % 2]),
            };
            using (var running = verb.Start())
            {
                Thread.Sleep(random.Next(within[i % 4]));
                bool isAlive = !running.HasExited;
                killed += isAlive ? 1 : 0;
                within[i % 4] = isAlive ? within[i % 4] + 1 : Math.Max(3, within[i % 4] * 2 / 3);
                running.Kill();
                running.Wait(TimeSpan.FromSeconds(30));
            }
            if (i % 10 == 9)
                Image("verify").Run().ShouldExit(0);
        }
        TestContext.Current.SendDiagnosticMessage($"{killed} of 100 were killed");
        killed.Should().BeGreaterThan(20);
        foreach (string left in Directory.GetDirectories(Sandbox.Directory, "bundle*"))
            Directory.Delete(left, recursive: true);
        Json("gc");
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "tmp")).Should().BeEmpty();
        Image("verify").Run().ShouldExit(0);
        Json("gc").GetProperty("layers").GetInt32().Should().Be(0, "the first one has left nothing orphaned");
        foreach (var image in Json("list").EnumerateArray().ToArray())
        {
            Image("remove", image.GetProperty("name").GetString()!).Run().ShouldExit(0);
        }
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "layers")).Should().BeEmpty();
        Directory.EnumerateFileSystemEntries(Path.Combine(Store, "blobs/sha256")).Should().BeEmpty();
    }

    [ClaimFact(Why)]
    public void Image_MergedLayers_AreWhatUmociUnpacks()
    {
        Assert.SkipUnless(System.IO.File.Exists("/usr/bin/umoci"), "umoci is not installed: the comparison needs it");
        Image("import", Archive("t", Base, Change)).Run().ShouldExit(0);
        Image("export", "t", $"oci:{Sandbox.Directory}/layout:x").Run().ShouldExit(0);
        Sandbox.Program("umoci", "unpack", "--image", Sandbox.Directory + "/layout:x", Sandbox.Directory + "/bundle").Run().ShouldExit(0);
        var layers = JsonDocument.Parse(Image("inspect", "t").Run().Output).RootElement.GetProperty("layers").EnumerateArray().Select(layer => layer.GetProperty("directory").GetString());
        Directory.CreateDirectory(Sandbox.Directory + "/merged");
        // Type, mode, owner, time, links (of directories an overlay counts none), size, target; then every content.
        const string List = "find . -printf '%P %y %m %U %G %T@ %l' \\( -type d -o -printf ' %n %s' \\) -printf '\\n' | LC_ALL=C sort; find . -type f | LC_ALL=C sort | xargs sha256sum";

        string ours = Sandbox.Program("sh", "-c", $"cd {Sandbox.Directory}/merged && {List}")
            .InPrivateMounts($"mount -t overlay overlay -o lowerdir={string.Join(':', layers.Reverse())} {Sandbox.Directory}/merged").Run().ShouldExit(0).Output;
        string theirs = Sandbox.Program("sh", "-c", $"cd {Sandbox.Directory}/bundle/rootfs && {List}").Run().ShouldExit(0).Output;

        ours.Should().Contain("opt/new").And.NotContain("hidden").And.NotContain("var/old").And.Be(theirs);
    }
}
