namespace OciRun.Runtime;

/// <summary>
/// The values of <c>code</c> in the JSON log. They are part of the interface (docs/errors.md): a code keeps its meaning for ever, the words beside
/// it may change.
/// </summary>
public static class ErrorCode
{
#pragma warning disable CS1591 // each is explained in docs/errors.md, and a test holds the two lists together
    public const string Usage = "usage";
    public const string InvalidConfig = "config-invalid";
    public const string ConfigMissing = "config-missing";
    public const string InvalidId = "id-invalid";
    public const string ContainerExists = "container-exists";
    public const string ContainerMissing = "container-missing";
    public const string ContainerNotRunning = "container-not-running";
    public const string ContainerNotStopped = "container-not-stopped";
    public const string ContainerNotCreated = "container-not-created";
    public const string ContainerPaused = "container-paused";
    public const string ContainerNotPaused = "container-not-paused";
    public const string ContainerStuck = "container-stuck";
    public const string RootfsMissing = "rootfs-missing";
    public const string Mount = "mount-failed";
    public const string Namespace = "namespace-failed";
    public const string IdMapping = "id-mapping-failed";
    public const string Network = "network-failed";
    public const string Device = "device-failed";
    public const string Cgroup = "cgroup-failed";
    public const string Security = "security-failed";
    public const string Seccomp = "seccomp-failed";
    public const string Process = "process-failed";
    public const string ExecNotFound = "exec-not-found";
    public const string ExecFailed = "exec-failed";
    public const string Hook = "hook-failed";
    public const string Console = "console-failed";
    public const string OutOfMemory = "out-of-memory";
    public const string InitDied = "init-died";
    public const string State = "state-failed";
    public const string ImageMissing = "image-missing";
    public const string ImageInvalid = "image-invalid";
    public const string Build = "build-failed";
    public const string Store = "store-failed";
    public const string Strict = "strict";
    public const string Checkpoint = "checkpoint-failed";
    public const string CriuMissing = "criu-missing";
    public const string Unsupported = "unsupported";
    public const string Internal = "internal";
#pragma warning restore CS1591
}
