using OciRun.Cgroups;
using OciRun.Cli;
using OciRun.Linux;
using OciRun.Runtime;
using OciRun.Spec;

namespace OciRun.Verbs;

/// <summary>ocirun spec.</summary>
internal sealed class SpecVerb : Verb
{
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory to write it to (default: the current one)" };
    private readonly CommandOption _rootless = new("--rootless") { Description = "a configuration that works without root" };

    internal SpecVerb() : base("spec", "Writes a config.json to start from.")
    {
        Options.Add(_bundle);
        Options.Add(_rootless);
    }

    internal override string[] Operands => [];

    internal override int Execute(Invocation call)
    {
        bool cgroupNamespace = CgroupHost.IsUnified; // without any cgroups here: the file may be for another machine
        var config = call.Values.IsSet(_rootless)
            ? DefaultConfig.CreateRootless(Processes.EffectiveUid, Processes.EffectiveGid, cgroupNamespace, ThrottledProcessors())
            : DefaultConfig.Create(cgroupNamespace, ThrottledProcessors());
        Write(call.Values.Of(_bundle) is { Length: > 0 } bundle ? Path.Join(bundle, "config.json") : "config.json", DefaultConfig.Serialize(config));
        return 0;
    }

    private static void Write(string path, byte[] text)
    {
        using var file = Files.TryOpen(SafeFd.CurrentDirectory, path, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive, out var errno, 0x1B6 /* 0666 */);
        if (file is null)
        {
            // The first text is runc's.
            throw new ContainerException(ErrorCode.Usage, errno == Errno.EEXIST
                ? $"File {path} exists. Remove it first"
                : $"cannot write {path}: {ErrnoText.Describe(errno)}")
            { Call = "openat", Errno = errno };
        }
        Files.Write(file, text, path);
    }

    /// <summary>How many processors show their thermal throttling; virtual ones have nothing to show.</summary>
    private static int ThrottledProcessors()
    {
        int count = 0;
        while (Directory.Exists($"/sys/devices/system/cpu/cpu{count}/thermal_throttle"))
        {
            count++;
        }
        return count;
    }
}
