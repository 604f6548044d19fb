namespace OciRun.Spec.Writing;

/// <content>The types of root, mounts and hooks.</content>
internal sealed partial class ModelWriter
{
    private void Root(Root value)
    {
        Text("path"u8, value.Path);
        Boolean("readonly"u8, value.Readonly ? true : null);
    }

    private void Mount(Mount value)
    {
        Text("destination"u8, value.Destination);
        Text("type"u8, value.Type);
        Text("source"u8, value.Source);
        Texts("options"u8, value.Options);
        List("uidMappings"u8, value.UidMappings, IdMapping);
        List("gidMappings"u8, value.GidMappings, IdMapping);
    }

    private void Hooks(Hooks value)
    {
        List("prestart"u8, value.Prestart, Hook);
        List("createRuntime"u8, value.CreateRuntime, Hook);
        List("createContainer"u8, value.CreateContainer, Hook);
        List("startContainer"u8, value.StartContainer, Hook);
        List("poststart"u8, value.Poststart, Hook);
        List("poststop"u8, value.Poststop, Hook);
    }

    private void Hook(Hook value)
    {
        Text("path"u8, value.Path);
        Texts("args"u8, value.Args);
        Texts("env"u8, value.Env);
        Number("timeout"u8, value.Timeout);
    }

    private void IdMapping(IdMapping value)
    {
        Number("containerID"u8, value.ContainerID);
        Number("hostID"u8, value.HostID);
        Number("size"u8, value.Size);
    }
}
