namespace OciRun.Spec.Reading;

/// <content>The types of process.</content>
internal ref partial struct ModelReader
{
    private Process? Process()
    {
        if (!Begin())
            return null;
        var value = new Process();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "terminal"u8))
                value.Terminal = _reader.GetBoolean();
            else if (Is(ref members, "consoleSize"u8))
                value.ConsoleSize = ConsoleSize();
            else if (Is(ref members, "cwd"u8))
                value.Cwd = Text();
            else if (Is(ref members, "env"u8))
                value.Env = Texts();
            else if (Is(ref members, "args"u8))
                value.Args = Texts();
            else if (Is(ref members, "commandLine"u8))
                value.CommandLine = Text();
            else if (Is(ref members, "rlimits"u8))
                value.Rlimits = List(static (ref ModelReader reader) => reader.Rlimit());
            else if (Is(ref members, "apparmorProfile"u8))
                value.ApparmorProfile = Text();
            else if (Is(ref members, "capabilities"u8))
                value.Capabilities = Capabilities();
            else if (Is(ref members, "noNewPrivileges"u8))
                value.NoNewPrivileges = OptionalBoolean();
            else if (Is(ref members, "oomScoreAdj"u8))
                value.OomScoreAdj = OptionalInt32();
            else if (Is(ref members, "scheduler"u8))
                value.Scheduler = Scheduler();
            else if (Is(ref members, "selinuxLabel"u8))
                value.SelinuxLabel = Text();
            else if (Is(ref members, "ioPriority"u8))
                value.IoPriority = IoPriority();
            else if (Is(ref members, "execCPUAffinity"u8))
                value.ExecCPUAffinity = ExecCpuAffinity();
            else if (Is(ref members, "user"u8))
                value.User = User();
            else
                Skip();
        }
        return value;
    }

    private ConsoleSize? ConsoleSize()
    {
        if (!Begin())
            return null;
        var value = new ConsoleSize();
        Members members = default;
        while (Next(ref members, required: 2))
        {
            if (Is(ref members, "height"u8))
                value.Height = _reader.GetUInt32();
            else if (Is(ref members, "width"u8))
                value.Width = _reader.GetUInt32();
            else
                Skip();
        }
        return value;
    }

    private User? User()
    {
        if (!Begin())
            return null;
        var value = new User();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "uid"u8))
                value.Uid = _reader.GetUInt32();
            else if (Is(ref members, "gid"u8))
                value.Gid = _reader.GetUInt32();
            else if (Is(ref members, "umask"u8))
                value.Umask = OptionalUInt32();
            else if (Is(ref members, "additionalGids"u8))
                value.AdditionalGids = UInt32s();
            else if (Is(ref members, "username"u8))
                value.Username = Text();
            else
                Skip();
        }
        return value;
    }

    private Capabilities? Capabilities()
    {
        if (!Begin())
            return null;
        var value = new Capabilities();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "bounding"u8))
                value.Bounding = Texts();
            else if (Is(ref members, "effective"u8))
                value.Effective = Texts();
            else if (Is(ref members, "inheritable"u8))
                value.Inheritable = Texts();
            else if (Is(ref members, "permitted"u8))
                value.Permitted = Texts();
            else if (Is(ref members, "ambient"u8))
                value.Ambient = Texts();
            else
                Skip();
        }
        return value;
    }

    private Rlimit? Rlimit()
    {
        if (!Begin())
            return null;
        var value = new Rlimit();
        Members members = default;
        while (Next(ref members, required: 2))
        {
            if (Is(ref members, "soft"u8))
                value.Soft = _reader.GetUInt64();
            else if (Is(ref members, "hard"u8))
                value.Hard = _reader.GetUInt64();
            else if (Is(ref members, "type"u8))
                value.Type = Text();
            else
                Skip();
        }
        return value;
    }

    private Scheduler? Scheduler()
    {
        if (!Begin())
            return null;
        var value = new Scheduler();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "policy"u8))
                value.Policy = Text();
            else if (Is(ref members, "nice"u8))
                value.Nice = OptionalInt32();
            else if (Is(ref members, "priority"u8))
                value.Priority = OptionalInt32();
            else if (Is(ref members, "flags"u8))
                value.Flags = Texts();
            else if (Is(ref members, "runtime"u8))
                value.Runtime = OptionalUInt64();
            else if (Is(ref members, "deadline"u8))
                value.Deadline = OptionalUInt64();
            else if (Is(ref members, "period"u8))
                value.Period = OptionalUInt64();
            else
                Skip();
        }
        return value;
    }

    private IoPriority? IoPriority()
    {
        if (!Begin())
            return null;
        var value = new IoPriority();
        Members members = default;
        while (Next(ref members, required: 1))
        {
            if (Is(ref members, "priority"u8))
                value.Priority = _reader.GetInt32();
            else if (Is(ref members, "class"u8))
                value.Class = Text();
            else
                Skip();
        }
        return value;
    }

    private ExecCpuAffinity? ExecCpuAffinity()
    {
        if (!Begin())
            return null;
        var value = new ExecCpuAffinity();
        Members members = default;
        while (Next(ref members))
        {
            if (Is(ref members, "initial"u8))
                value.Initial = Text();
            else if (Is(ref members, "final"u8))
                value.Final = Text();
            else
                Skip();
        }
        return value;
    }
}
