namespace OciRun.Spec.Writing;

/// <content>The types of process.</content>
internal sealed partial class ModelWriter
{
    private void Process(Process value)
    {
        Boolean("terminal"u8, value.Terminal ? true : null);
        Object("consoleSize"u8, value.ConsoleSize, ConsoleSize);
        Object("user"u8, value.User, User);
        Texts("args"u8, value.Args);
        Text("commandLine"u8, value.CommandLine);
        Texts("env"u8, value.Env);
        Text("cwd"u8, value.Cwd);
        Object("capabilities"u8, value.Capabilities, Capabilities);
        List("rlimits"u8, value.Rlimits, Rlimit);
        Boolean("noNewPrivileges"u8, value.NoNewPrivileges);
        Text("apparmorProfile"u8, value.ApparmorProfile);
        Number("oomScoreAdj"u8, value.OomScoreAdj);
        Object("scheduler"u8, value.Scheduler, Scheduler);
        Text("selinuxLabel"u8, value.SelinuxLabel);
        Object("ioPriority"u8, value.IoPriority, IoPriority);
        Object("execCPUAffinity"u8, value.ExecCPUAffinity, ExecCpuAffinity);
    }

    private void ConsoleSize(ConsoleSize value)
    {
        Number("height"u8, value.Height);
        Number("width"u8, value.Width);
    }

    private void User(User value)
    {
        Number("uid"u8, value.Uid);
        Number("gid"u8, value.Gid);
        Number("umask"u8, value.Umask);
        Numbers("additionalGids"u8, value.AdditionalGids);
        Text("username"u8, value.Username);
    }

    private void Capabilities(Capabilities value)
    {
        Texts("bounding"u8, value.Bounding);
        Texts("effective"u8, value.Effective);
        Texts("inheritable"u8, value.Inheritable);
        Texts("permitted"u8, value.Permitted);
        Texts("ambient"u8, value.Ambient);
    }

    private void Rlimit(Rlimit value)
    {
        Text("type"u8, value.Type);
        Unsigned("hard"u8, value.Hard);
        Unsigned("soft"u8, value.Soft);
    }

    private void Scheduler(Scheduler value)
    {
        Text("policy"u8, value.Policy);
        Number("nice"u8, value.Nice);
        Number("priority"u8, value.Priority);
        Texts("flags"u8, value.Flags);
        Unsigned("runtime"u8, value.Runtime);
        Unsigned("deadline"u8, value.Deadline);
        Unsigned("period"u8, value.Period);
    }

    private void IoPriority(IoPriority value)
    {
        Text("class"u8, value.Class);
        Number("priority"u8, value.Priority);
    }

    private void ExecCpuAffinity(ExecCpuAffinity value)
    {
        Text("initial"u8, value.Initial);
        Text("final"u8, value.Final);
    }
}
