using OciRun.Cli;
using OciRun.Runtime.Criu;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun restore: the options are runc's.</summary>
internal sealed class RestoreVerb : Verb
{
    private readonly CheckpointWords _words;
    private readonly CommandOption _bundle = new("--bundle", "-b") { ValueName = "DIR", Description = "directory of the bundle (default: the current one)" };
    private readonly CommandOption _consoleSocket = new("--console-socket") { ValueName = "SOCKET", Description = "AF_UNIX socket that gets the terminal's master" };
    private readonly CommandOption _detach = new("--detach", "-d") { Description = "return when the container runs, instead of when it ends" };
    private readonly CommandOption _pidFile = new("--pid-file") { ValueName = "FILE", Description = "file that gets the pid of the container's first process" };
    private readonly CommandOption _lsmProfile = new("--lsm-profile") { ValueName = "TYPE:NAME", Description = "apparmor or selinux profile of the processes, instead of theirs" };
    private readonly CommandOption _lsmMountContext = new("--lsm-mount-context") { ValueName = "CONTEXT", Description = "SELinux context of the mounts, instead of theirs" };
    private readonly CommandOption _noPivot = new("--no-pivot") { Description = "refused: criu cannot do without pivot_root(2)", IsHidden = true };
    private readonly CommandOption _noSubreaper = new("--no-subreaper") { Description = "accepted and ignored", IsHidden = true };

    internal RestoreVerb() : base("restore", "Makes a container from the files of a checkpoint, by criu; it goes on where it was.")
    {
        _words = new CheckpointWords(Options);
        Options.AddRange((ReadOnlySpan<CommandOption>)[_bundle, _consoleSocket, _detach, _pidFile, _lsmProfile, _lsmMountContext, _noPivot, _noSubreaper]);
    }

    internal override int Execute(Invocation call) => Restorer.Restore(call.Runtime, Read(call));

    /// <summary>What the command line says.</summary>
    internal RestoreOptions Read(Invocation call)
    {
        var create = new CreateOptions(call.Id, call.AbsolutePath(_bundle) ?? PathText.CurrentDirectory())
        {
            ConsoleSocket = call.AbsolutePath(_consoleSocket),
            PidFile = call.AbsolutePath(_pidFile),
            NoPivot = call.Values.IsSet(_noPivot),
        };
        return new RestoreOptions(create, _words.Read(call))
        {
            Detach = call.Values.IsSet(_detach),
            LsmProfile = call.NonEmpty(_lsmProfile),
            LsmMountContext = call.NonEmpty(_lsmMountContext),
        };
    }
}
