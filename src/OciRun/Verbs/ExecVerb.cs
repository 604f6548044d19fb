using OciRun.Cli;
using OciRun.Runtime.Lifecycle;

namespace OciRun.Verbs;

/// <summary>ocirun exec.</summary>
internal sealed class ExecVerb : Verb
{
    private readonly CommandOption _consoleSocket = new("--console-socket")
    { ValueName = "SOCKET", Description = "AF_UNIX socket that gets the terminal's master" };
    private readonly CommandOption _pidfdSocket = new("--pidfd-socket") { ValueName = "SOCKET", Description = "AF_UNIX socket that gets a pidfd of the process" };
    private readonly CommandOption _cwd = new("--cwd") { ValueName = "DIR", Description = "working directory in the container" };
    private readonly CommandOption _env = new("--env", "-e") { ValueName = "NAME=VALUE", IsRepeatable = true, Description = "add to the environment (may be repeated)" };
    private readonly CommandOption _tty = new("--tty", "-t") { Description = "give the program a terminal" };
    private readonly CommandOption _user = new("--user", "-u") { ValueName = "UID[:GID]", Description = "run as this user, in numbers" };
    private readonly CommandOption _additionalGids = new("--additional-gids", "-g")
    { ValueName = "GID", IsRepeatable = true, Description = "add a supplementary group (may be repeated)" };
    private readonly CommandOption _process = new("--process", "-p")
    { ValueName = "FILE", Description = "JSON file with the process, as config.json has it: says all of it" };
    private readonly CommandOption _detach = new("--detach", "-d") { Description = "return when the program runs, instead of when it ends" };
    private readonly CommandOption _pidFile = new("--pid-file") { ValueName = "FILE", Description = "file that gets the pid of the process" };
    private readonly CommandOption _processLabel = new("--process-label") { ValueName = "LABEL", Description = "SELinux label of the program" };
    private readonly CommandOption _apparmor = new("--apparmor") { ValueName = "PROFILE", Description = "AppArmor profile of the program" };
    private readonly CommandOption _noNewPrivs = new("--no-new-privs") { Description = "set no_new_privs" };
    private readonly CommandOption _cap = new("--cap", "-c") { ValueName = "CAP", IsRepeatable = true, Description = "add a capability, as CAP_NET_RAW (may be repeated)" };
    private readonly CommandOption _preserveFds = new("--preserve-fds")
    { ValueName = "N", Description = "pass N more descriptors, after stdio (default: 0)" };
    private readonly CommandOption _cgroup = new("--cgroup")
    { ValueName = "[CTRL[,CTRL]:]PATH", IsRepeatable = true, Description = "run in a cgroup below the container's, which must be there; with cgroup v1 for single controllers too" };
    private readonly CommandOption _ignorePaused = new("--ignore-paused") { Description = "in a paused container wait until it is resumed, instead of failing" };

    internal ExecVerb() : base("exec", "Runs another program in a running container.") => Options.AddRange((ReadOnlySpan<CommandOption>)
        [_consoleSocket, _pidfdSocket, _cwd, _env, _tty, _user, _additionalGids, _process, _detach, _pidFile, _processLabel, _apparmor, _noNewPrivs, _cap, _preserveFds, _cgroup, _ignorePaused]);

    internal override string[] Operands => ["CONTAINER", "[COMMAND]", "[ARGUMENTS...]"];

    internal override bool TakesCommand(OptionValues values) => true;

    internal override bool OptionsAfterOperands => false;

    /// <summary>The program may end with 1 itself.</summary>
    internal override int FailureExitCode => 255;

    internal override string FailurePrefix => "exec failed: ";

    internal override int Execute(Invocation call) => Executor.Exec(call.Runtime, Read(call));

    /// <summary>What the command line says.</summary>
    internal ExecOptions Read(Invocation call) => new(call.Id)
    {
        ProcessFile = call.AbsolutePath(_process),
        Changes = ReadChanges(call),
        Detach = call.Values.IsSet(_detach),
        ConsoleSocket = call.AbsolutePath(_consoleSocket),
        PidfdSocket = call.AbsolutePath(_pidfdSocket),
        PidFile = call.AbsolutePath(_pidFile),
        PreserveFds = call.Count(_preserveFds),
        Cgroups = call.Values.All(_cgroup),
        IgnorePaused = call.Values.IsSet(_ignorePaused),
    };

    private ProcessChanges ReadChanges(Invocation call)
    {
        uint uid = 0;
        uint? gid = null;
        string? user = call.NonEmpty(_user);
        if (user is not null && !UserText.TryParse(user, out uid, out gid))
        {
            throw Usage.Error(Name, $"invalid value \"{user}\" for --user: it is UID or UID:GID, in decimal numbers");
        }
        return new ProcessChanges
        {
            Args = [.. call.Operands.Skip(1)],
            Cwd = call.NonEmpty(_cwd),
            Environment = call.Values.All(_env),
            Terminal = call.Values.IsSet(_tty),
            Uid = user is null ? null : uid,
            Gid = gid,
            AdditionalGids = [.. call.Values.All(_additionalGids).Select(ParseGroup)],
            SelinuxLabel = call.NonEmpty(_processLabel),
            ApparmorProfile = call.NonEmpty(_apparmor),
            NoNewPrivileges = call.Values.IsGiven(_noNewPrivs) ? call.Values.IsSet(_noNewPrivs) : null,
            Capabilities = call.Values.All(_cap),
        };
    }

    private uint ParseGroup(string text) =>
        UserText.TryParseId(text, out uint gid) ? gid : throw Usage.Error(Name, $"invalid value \"{text}\" for --additional-gids: it is a decimal number");
}
