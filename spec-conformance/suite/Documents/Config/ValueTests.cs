namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md: annotations, unknown properties, invalid values.</summary>
internal static class ValueTests
{
    [Clause("config.annotations.map")]
    public static void Annotations_NoMap_IsAnError(Sandbox box) => box.NewContainer().Set("/annotations", Container.List("a")).ShouldNotBeCreated("annotations is a list");

    [Clause("config.annotations.none")]
    public static void Annotations_EmptyMap_IsAccepted(Sandbox box) => box.NewContainer().Set("/annotations", new JsonObject()).Run().ShouldSucceed();

    [Clause("config.annotations.key.empty")]
    public static void Annotations_EmptyKey_IsAnError(Sandbox box) => box.NewContainer().Set("/annotations", new JsonObject { [""] = "x" }).ShouldNotBeCreated("a key is empty");

    [Row("config.annotations.unknown", "org.opencontainers.no.such")]
    [Row("config.annotations.unknown", "com.example.unknown")]
    public static void Annotations_UnknownKey_IsIgnored(Sandbox box, string key) => box.NewContainer().Set("/annotations", new JsonObject { [key] = "x" }).Run().ShouldSucceed();

    [Clause("config.annotations.value.string")]
    public static void Annotations_ValueNoString_IsAnError(Sandbox box) => box.NewContainer().Set("/annotations", new JsonObject { ["com.example.a"] = 1 }).ShouldNotBeCreated("a value is a number");

    [Clause("config.annotations.value.empty")]
    public static void Annotations_EmptyValue_IsAccepted(Sandbox box) => box.NewContainer().Set("/annotations", new JsonObject { ["com.example.a"] = "" }).Run().ShouldSucceed();

    [Row("config.extensibility", "/unknown")]
    [Row("config.extensibility", "/process/unknown")]
    [Row("config.extensibility", "/mounts/0/unknown")]
    [Row("config.extensibility", "/linux/unknown")]
    [Row("config.extensibility", "/linux/resources/unknown")]
    public static void UnknownProperty_IsIgnored(Sandbox box, string pointer) =>
        box.NewContainer().Set(pointer, new JsonObject { ["a"] = new JsonArray(1, "b", null) }).Run().ShouldSucceed();

    [Row("config.valid.invalid", "/hostname", "5")]
    [Row("config.valid.invalid", "/process/terminal", "\"yes\"")]
    [Row("config.valid.invalid", "/process/user/uid", "-2")]
    [Row("config.valid.invalid", "/process/user/gid", "4294967296")]
    [Row("config.valid.invalid", "/process/args", "\"/bin/probe\"")]
    [Row("config.valid.invalid", "/process/scheduler", "{\"policy\": \"SCHED_NO_SUCH\"}")]
    [Row("config.valid.invalid", "/process/ioPriority", "{\"class\": \"IOPRIO_CLASS_BE\", \"priority\": 8}")]
    [Row("config.valid.invalid", "/root/readonly", "\"true\"")]
    [Row("config.valid.invalid", "/mounts", "{}")]
    [Row("config.valid.invalid", "/linux/namespaces/0/type", "\"nosuch\"")]
    public static void InvalidValue_IsAnError(Sandbox box, string pointer, string value) =>
        box.NewContainer().Set(pointer, JsonNode.Parse(value)).ShouldNotRun($"{pointer} is {value}");
}
