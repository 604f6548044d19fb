namespace OciRun.Integration;

/// <summary>ocirun validate (U3): every finding at once, with its place in the file and its clause; nothing is made.</summary>
public sealed class ValidateTests : IntegrationTest
{
    public ValidateTests() => Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has validate");

    public static TheoryData<string> Good => Samples("schema/good");

    public static TheoryData<string> Bad => Samples("schema/bad");

    public static TheoryData<string> Engines => Samples("engines");

    [Fact]
    public void Config_OfSpec_HasNoFindings()
    {
        NewBundle(Container().Config.ToJsonString()).ShouldExit(0).Output.Should().BeEmpty();
        Validate("--format", "json").ShouldExit(0).Output.Should().Be("[]\n");
    }

    [Theory]
    [MemberData(nameof(Good))]
    public void Sample_Good_Validates(string file)
    {
        var config = JsonNode.Parse(File.ReadAllText(Data(file)))!.AsObject();
        config["ociVersion"] = "1.3.0";
        if (config["linux"]?["netDevices"] is not null)
            config["linux"]!["namespaces"] = new JsonArray(new JsonObject { ["type"] = "network" });
        NewBundle(config.ToJsonString()).ShouldExit(0).Output.Should().NotContain("MUST");
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void Sample_Bad_HasFindings(string file)
    {
        NewBundle(File.ReadAllText(Data(file)));
        var findings = Json(1);
        findings.Should().Contain(finding => (string)finding!["level"]! == "MUST");
    }

    [Theory]
    [MemberData(nameof(Engines))]
    public void Engine_Config_Validates(string file) => NewBundle(File.ReadAllText(Data(file))).ShouldExit(0).Output.Should().NotContain("MUST");

    [Fact]
    public void Faults_All_AreNamedInOrderWithLineColumnAndClause()
    {
        NewBundle("""
            {
              "ociVersion": "2.0.0",
              "root": { "path": "rootfs" },
              "process": { "cwd": "home", "args": ["sh"], "noNewPrivilege": true, "user": { "uid": 0, "gid": 0 } },
              "mounts": [ { "destination": "/a", "source": "/b", "options": ["rbnd", "bind"] } ],
              "linux": { "namespaces": [ { "type": "net" } ] }
            }
            """);
        var findings = Json(1);
        findings.Select(f => (string)f!["path"]!).Should().Equal("/ociVersion", "/process/cwd", "/process/noNewPrivilege", "/mounts/0/options", "/linux/namespaces/0/type");
        findings.Select(f => (string)f!["level"]!).Should().Equal("MUST", "MUST", "SHOULD", "MUST", "MUST");
        findings.Select(f => (int)f!["line"]!).Should().Equal(2, 4, 4, 5, 6);
        findings.Select(f => (string?)f!["suggestion"]).Should().Equal(null, null, "noNewPrivileges", "rbind", "network");
        findings.Should().OnlyContain(f => (int)f!["column"]! > 0 && ((string)f["clause"]!).Contains(".md#") && ((string)f["code"]!).Length > 0 && ((string)f["message"]!).Length > 0);
        Validate().ShouldExit(1).Output.Split('\n')[1].Should().Be(
            "config.json:4:23: MUST /process/cwd: \"home\" is not an absolute path: start it with / [not-absolute, config.md#process]");
    }

    [Fact]
    public void Create_TheSameFaults_AreItsError()
    {
        var container = Container().Set("/process/cwd", "home").Set("/linux/namespaces", new JsonArray(new JsonObject { ["type"] = "net" }));
        NewBundle(container.Config.ToJsonString());
        string error = container.TryCreate().ShouldExit(1).Error;
        foreach (var finding in Json(1).Where(finding => (string)finding!["level"]! == "MUST"))
            error.Should().Contain((string)finding!["message"]!);
    }

    [Fact]
    public void ConfigMissing_IsAnError() => Sandbox.Runtime("validate", "--bundle", Sandbox.Directory).Run().ShouldFailWith("config.json not found");

    [Fact]
    public void Host_MissingFiles_AreNamedAndPlainValidateDoesNotLook()
    {
        var container = Container()
            .Set("/root/path", "elsewhere")
            .Mount("/data", "/no/such/source", null, "bind")
            .Mount("/x", "x", "nosuchfs")
            .Set("/hooks", new JsonObject { ["createRuntime"] = new JsonArray(new JsonObject { ["path"] = "/no/such/hook" }, new JsonObject { ["path"] = "/etc/passwd" }) })
            .Add("/linux/namespaces", new JsonObject { ["type"] = "time", ["path"] = "/no/such/namespace" })
            .Set("/linux/netDevices", new JsonObject { ["nowhere0"] = new JsonObject() });
        NewBundle(container.Config.ToJsonString()).ShouldExit(0).Output.Should().BeEmpty();
        var findings = Json(1, "--host");
        int mounts = container.Config["mounts"]!.AsArray().Count, namespaces = container.Config["linux"]!["namespaces"]!.AsArray().Count;
        findings.Select(f => (string)f!["path"]!).Should().BeEquivalentTo(
            "/root/path", $"/mounts/{mounts - 2}/source", $"/mounts/{mounts - 1}/type", "/hooks/createRuntime/0/path", "/hooks/createRuntime/1/path",
            $"/linux/namespaces/{namespaces - 1}/path", "/linux/netDevices/nowhere0");
        findings.Should().OnlyContain(f => ((string)f!["code"]!).StartsWith("host-"));
    }

    [Fact]
    public void Host_WhatThisMachineCannotDo_IsNamed()
    {
        Assert.SkipWhen(Directory.Exists("/sys/fs/resctrl/info"), "resctrl is mounted here");
        var container = Container().Set("/linux/intelRdt", new JsonObject());
        if (CgroupView.IsUnified)
            container.Set("/linux/resources/memory", new JsonObject { ["swappiness"] = 10 });
        else
            container.Set("/linux/resources/unified", new JsonObject { ["memory.high"] = "1" });
        NewBundle(container.Config.ToJsonString()).ShouldExit(0);
        Json(1, "--host").Select(f => (string)f!["path"]!).Should().BeEquivalentTo("/linux/intelRdt", "/linux/resources/" + (CgroupView.IsUnified ? "memory/swappiness" : "unified"));
    }

    [Fact]
    public void Host_GoodBundle_HasNoFindingsAndMakesNothing()
    {
        var container = Container();
        NewBundle(container.Config.ToJsonString());
        Validate("--host").ShouldExit(0).Output.Should().BeEmpty();
        Directory.Exists(container.StateRoot).Should().BeFalse("no state is written");
    }

    [Fact]
    public void Verbs_OfAnOrdinaryUserWithoutRuntimeDirectory_Work()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "needs root, to become somebody else");
        NewBundle(Container().Config.ToJsonString());
        foreach (string verb in (string[])["validate", "explain"])
        {
            Sandbox.Program("setpriv", "--reuid", "4242", "--regid", "4242", "--clear-groups", "env", "-u", "XDG_RUNTIME_DIR", RuntimeUnderTest.Path, verb, "--bundle", Container().Bundle)
                .Run().ShouldExit(0);
        }
    }

    private Container? _container;

    private Container Container() => _container ??= NewContainer();

    private CommandResult NewBundle(string config)
    {
        File.WriteAllText(Path.Combine(Container().Bundle, "config.json"), config);
        return Validate();
    }

    private CommandResult Validate(params string[] options) =>
        Sandbox.Runtime(["--root", Container().StateRoot, "validate", "--bundle", Container().Bundle, .. options]).Run();

    private JsonArray Json(int status, params string[] options) => JsonNode.Parse(Validate([.. options, "--format", "json"]).ShouldExit(status).Output)!.AsArray();

    private static string Data(string name) => Path.Combine(AppContext.BaseDirectory, "Data", name);

    private static TheoryData<string> Samples(string directory) =>
        new(Directory.GetFiles(Data(directory), "*.json").Order(StringComparer.Ordinal).Select(file => directory + "/" + Path.GetFileName(file)));
}
