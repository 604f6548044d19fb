namespace OciRun.Spec.Reading;

/// <content>The types of config.md outside process.</content>
internal ref partial struct ModelReader
{
    private RuntimeConfig? RuntimeConfig()
    {
        if (!Begin())
            return null;
        var value = new RuntimeConfig();
        Members members = default;
        while (Next(ref members))
        {
            if (_forExec && (_reader.ValueTextEquals("mounts"u8) || _reader.ValueTextEquals("hooks"u8)))
                Skip();
            else if (Is(ref members, "ociVersion"u8))
                value.OciVersion = Text();
            else if (Is(ref members, "root"u8))
                value.Root = Root();
            else if (Is(ref members, "mounts"u8))
                value.Mounts = List(static (ref ModelReader reader) => reader.Mount());
            else if (Is(ref members, "process"u8))
                value.Process = Process();
            else if (Is(ref members, "hostname"u8))
                value.Hostname = Text();
            else if (Is(ref members, "domainname"u8))
                value.Domainname = Text();
            else if (Is(ref members, "hooks"u8))
                value.Hooks = Hooks();
            else if (Is(ref members, "annotations"u8))
                value.Annotations = TextMap();
            else if (Is(ref members, "linux"u8))
                value.Linux = LinuxSection();
            else
                Skip();
        }
        return value;
    }

    private Root? Root()
    {
        if (!Begin())
            return null;
        var value = new Root();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "path"u8))
                value.Path = Text();
            else if (Is(ref members, "readonly"u8))
                value.Readonly = _reader.GetBoolean();
            else
                Skip();
        }
        return value;
    }

    private Mount? Mount()
    {
        if (!Begin())
            return null;
        var value = new Mount();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "destination"u8))
                value.Destination = Text();
            else if (Is(ref members, "source"u8))
                value.Source = Text();
            else if (Is(ref members, "type"u8))
                value.Type = Text();
            else if (Is(ref members, "options"u8))
                value.Options = Texts();
            else if (Is(ref members, "uidMappings"u8))
                value.UidMappings = List(static (ref ModelReader reader) => reader.IdMapping());
            else if (Is(ref members, "gidMappings"u8))
                value.GidMappings = List(static (ref ModelReader reader) => reader.IdMapping());
            else
                Skip();
        }
        return value;
    }

    private IdMapping? IdMapping()
    {
        if (!Begin())
            return null;
        var value = new IdMapping();
        Members members = default;
        while (Next(ref members, required: 3))
        {
            if (Is(ref members, "containerID"u8))
                value.ContainerID = _reader.GetUInt32();
            else if (Is(ref members, "hostID"u8))
                value.HostID = _reader.GetUInt32();
            else if (Is(ref members, "size"u8))
                value.Size = _reader.GetUInt32();
            else
                Skip();
        }
        return value;
    }

    private Hooks? Hooks()
    {
        if (!Begin())
            return null;
        var value = new Hooks();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "prestart"u8))
                value.Prestart = List(static (ref ModelReader reader) => reader.Hook());
            else if (Is(ref members, "createRuntime"u8))
                value.CreateRuntime = List(static (ref ModelReader reader) => reader.Hook());
            else if (Is(ref members, "createContainer"u8))
                value.CreateContainer = List(static (ref ModelReader reader) => reader.Hook());
            else if (Is(ref members, "startContainer"u8))
                value.StartContainer = List(static (ref ModelReader reader) => reader.Hook());
            else if (Is(ref members, "poststart"u8))
                value.Poststart = List(static (ref ModelReader reader) => reader.Hook());
            else if (Is(ref members, "poststop"u8))
                value.Poststop = List(static (ref ModelReader reader) => reader.Hook());
            else
                Skip();
        }
        return value;
    }

    private Hook? Hook()
    {
        if (!Begin())
            return null;
        var value = new Hook();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "path"u8))
                value.Path = Text();
            else if (Is(ref members, "args"u8))
                value.Args = Texts();
            else if (Is(ref members, "env"u8))
                value.Env = Texts();
            else if (Is(ref members, "timeout"u8))
                value.Timeout = OptionalInt32();
            else
                Skip();
        }
        return value;
    }
}
