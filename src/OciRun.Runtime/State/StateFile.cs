using System.Text.Json;
using OciRun.Spec;

namespace OciRun.Runtime.State;

/// <summary>
/// state.json of a container: what later verbs must know. Read and written by hand, since `ocirun state` is called every 100 ms by some
/// engines and a serializer costs more than the rest of the verb. Unknown properties are skipped and missing ones have defaults: a newer
/// binary reads what an older one wrote (S29).
/// </summary>
internal sealed class StateFile
{
    internal const int CurrentVersion = 1;

    internal int Version { get; set; } = CurrentVersion;

    internal string Id { get; set; } = "";

    internal string OciVersion { get; set; } = "";

    internal string Bundle { get; set; } = "";

    internal string Rootfs { get; set; } = "";

    /// <summary>RFC 3339, UTC.</summary>
    internal string Created { get; set; } = "";

    /// <summary>The user who created it.</summary>
    internal uint OwnerUid { get; set; }

    /// <summary>0 while the container is being created.</summary>
    internal int Pid { get; set; }

    /// <summary>Start time of init in clock ticks since boot: with the pid its identity (X62).</summary>
    internal ulong StartTime { get; set; }

    /// <summary>Creation is complete; false in what a killed create leaves behind.</summary>
    internal bool IsComplete { get; set; }

    internal bool HasProcess { get; set; }

    internal bool HasPoststart { get; set; }

    internal bool HasPoststop { get; set; }

    /// <summary>Init has a pid namespace of its own: its end is the end of all processes.</summary>
    internal bool OwnPidNamespace { get; set; }

    /// <summary>Index of the step at which init waits: what fails after it is counted from there.</summary>
    internal int StartStep { get; set; }

    /// <summary>The container has the session keyring of its creator (--no-new-keyring): exec keeps its caller's, too.</summary>
    internal bool NoNewKeyring { get; set; }

    /// <summary>It was restored into a time namespace, of which its config says nothing.</summary>
    internal bool HasTimeNamespace { get; set; }

    internal CgroupDriver CgroupDriver { get; set; }

    /// <summary>Absolute paths by controller, "" for cgroup v2.</summary>
    internal Dictionary<string, string> CgroupPaths { get; } = [];

    /// <summary>The directories of the cgroup that we made, or are about to make: delete removes these and no others (S23).</summary>
    internal List<string> CgroupCreated { get; } = [];

    /// <summary>The scope around it, with the systemd driver.</summary>
    internal string? SystemdUnit { get; set; }

    /// <summary>The directory of resctrl whose tasks its processes are; null without linux.intelRdt.</summary>
    internal string? RdtTasks { get; set; }

    /// <summary>The directories of resctrl that delete removes, in this order.</summary>
    internal List<string> RdtOwned { get; } = [];

    internal Dictionary<string, string> Annotations { get; } = [];

    /// <summary>The notify socket's path as the caller gave it, when NOTIFY_SOCKET was set at create (C55).</summary>
    internal string? NotifySocket { get; set; }

    /// <summary>The layers of the root filesystem, top first; empty where it is a plain directory.</summary>
    internal List<string> OverlayLower { get; } = [];

    /// <summary>Where its changes are; null for a read-only one, or <see cref="OverlayInMemory"/>.</summary>
    internal string? OverlayUpper { get; set; }

    internal bool OverlayInMemory { get; set; }

    /// <summary>Directory of upper and work that delete removes.</summary>
    internal string? OverlayRemoved { get; set; }

    /// <summary>The layers show with the ids of the container's mapping: what they have on the disk are ids of the container.</summary>
    internal bool OverlayMapped { get; set; }

    /// <summary>What create mounted on the overlay, as it was resolved (I103): relative to the root, one char a byte.</summary>
    internal List<string> OverlayMounts { get; } = [];

    internal ReadOnlySpan<byte> Serialize()
    {
        var json = new JsonText();
        json.StartObject();
        json.Property("version", Version);
        json.Property("id", Id);
        json.Property("ociVersion", OciVersion);
        json.Property("bundle", Bundle);
        json.Property("rootfs", Rootfs);
        json.Property("created", Created);
        json.Property("ownerUid", (long)OwnerUid);
        json.Property("pid", Pid);
        json.Property("startTime", StartTime);
        json.Property("complete", IsComplete);
        json.Property("hasProcess", HasProcess);
        json.Property("hasPoststart", HasPoststart);
        json.Property("hasPoststop", HasPoststop);
        json.Property("ownPidNamespace", OwnPidNamespace);
        json.Property("startStep", StartStep);
        json.Property("noNewKeyring", NoNewKeyring);
        if (HasTimeNamespace)
        {
            json.Property("timeNamespace", true);
        }

        json.Property("cgroupDriver", (int)CgroupDriver);
        json.Property("cgroupPaths", CgroupPaths);
        WriteList(json, "cgroupCreated", CgroupCreated);
        if (SystemdUnit is not null)
        {
            json.Property("systemdUnit", SystemdUnit);
        }

        json.Property("annotations", Annotations);
        if (NotifySocket is not null)
        {
            json.Property("notifySocket", NotifySocket);
        }

        if (RdtTasks is not null)
        {
            json.Property("rdtTasks", RdtTasks);
            WriteList(json, "rdtOwned", RdtOwned);
        }

        WriteOverlay(json);

        json.EndObject();
        return json.Written;
    }

    /// <exception cref="JsonException">It is not what we write.</exception>
    internal static StateFile Parse(ReadOnlySpan<byte> text)
    {
        var state = new StateFile();
        var json = new Utf8JsonReader(text);
        json.Read();
        if (json.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException("not an object");
        }

        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            state.ReadProperty(ref json);
        }

        return state;
    }

    private void ReadProperty(ref Utf8JsonReader json)
    {
        string name = json.GetString()!;
        json.Read();
        switch (name)
        {
            case "version": Version = json.GetInt32(); break;
            case "id": Id = json.GetString()!; break;
            case "ociVersion": OciVersion = json.GetString()!; break;
            case "bundle": Bundle = json.GetString()!; break;
            case "rootfs": Rootfs = json.GetString()!; break;
            case "created": Created = json.GetString()!; break;
            case "ownerUid": OwnerUid = json.GetUInt32(); break;
            case "pid": Pid = json.GetInt32(); break;
            case "startTime": StartTime = json.GetUInt64(); break;
            case "complete": IsComplete = json.GetBoolean(); break;
            case "hasProcess": HasProcess = json.GetBoolean(); break;
            case "hasPoststart": HasPoststart = json.GetBoolean(); break;
            case "hasPoststop": HasPoststop = json.GetBoolean(); break;
            case "ownPidNamespace": OwnPidNamespace = json.GetBoolean(); break;
            case "startStep": StartStep = json.GetInt32(); break;
            case "noNewKeyring": NoNewKeyring = json.GetBoolean(); break;
            case "timeNamespace": HasTimeNamespace = json.GetBoolean(); break;
            case "cgroupDriver": CgroupDriver = (CgroupDriver)json.GetInt32(); break;
            case "cgroupPaths": ReadMap(ref json, CgroupPaths); break;
            case "systemdUnit": SystemdUnit = json.GetString(); break;
            case "annotations": ReadMap(ref json, Annotations); break;
            case "notifySocket": NotifySocket = json.GetString(); break;
            case "cgroupCreated": ReadList(ref json, CgroupCreated); break;
            case "rdtTasks": RdtTasks = json.GetString(); break;
            case "rdtOwned": ReadList(ref json, RdtOwned); break;
            case "overlayLower": ReadList(ref json, OverlayLower); break;
            case "overlayUpper": OverlayUpper = json.GetString(); break;
            case "overlayInMemory": OverlayInMemory = json.GetBoolean(); break;
            case "overlayMapped": OverlayMapped = json.GetBoolean(); break;
            case "overlayMounts": ReadList(ref json, OverlayMounts); break;
            case "overlayRemoved": OverlayRemoved = json.GetString(); break;
            default: json.Skip(); break;
        }
    }

    private void WriteOverlay(JsonText json)
    {
        if (OverlayLower.Count == 0)
        {
            return;
        }

        WriteList(json, "overlayLower", OverlayLower);
        json.Property("overlayInMemory", OverlayInMemory);
        json.Property("overlayMapped", OverlayMapped);
        WriteList(json, "overlayMounts", OverlayMounts);
        if (OverlayUpper is not null)
        {
            json.Property("overlayUpper", OverlayUpper);
        }

        if (OverlayRemoved is not null)
        {
            json.Property("overlayRemoved", OverlayRemoved);
        }
    }

    private static void WriteList(JsonText json, string name, List<string> list)
    {
        json.StartArray(name);
        foreach (string item in list)
        {
            json.Item(item);
        }

        json.EndArray();
    }

    private static void ReadList(ref Utf8JsonReader json, List<string> list)
    {
        while (json.Read() && json.TokenType == JsonTokenType.String)
        {
            list.Add(json.GetString()!);
        }
    }

    private static void ReadMap(ref Utf8JsonReader json, Dictionary<string, string> map)
    {
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            string key = json.GetString()!;
            json.Read();
            map[key] = json.GetString()!;
        }
    }
}
