namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md, Process, POSIX process and User.</summary>
internal static class ProcessTests
{
    [Clause("config.process.required")]
    public static void Process_Absent_IsOnlyWantedByStart(Sandbox box)
    {
        var container = box.NewContainer().Remove("/process");
        container.TryCreate().ShouldSucceed();
        Check.Equal("created", container.Status, "status");
        container.TryStart().ShouldFail("process is not set");
    }

    [Row("config.process.terminal", "absent", false)]
    [Row("config.process.terminal", "false", false)]
    [Row("config.process.terminal", "true", true)]
    public static void Terminal_DecidesWhatTheStandardStreamsAre(Sandbox box, string value, bool wanted)
    {
        var container = box.NewContainer();
        if (value != "absent")
            container.Set("/process/terminal", value == "true");
        string[] words = Tty(box, container).Split(' ');
        Check.Sequence(Enumerable.Repeat(wanted ? "1" : "0", 3), words[..3], "whether 0, 1 and 2 are terminals");
    }

    [Clause("config.process.consoleSize")]
    public static void ConsoleSize_IsTheTerminals(Sandbox box)
    {
        var container = box.NewContainer().Set("/process/terminal", true).Set("/process/consoleSize", new JsonObject { ["height"] = 31, ["width"] = 97 });
        Check.Equal("31x97", Tty(box, container).Split(' ')[3], "the terminal's size");
    }

    [Row("config.process.consoleSize.ignored", "false")]
    [Row("config.process.consoleSize.ignored", "absent")]
    public static void ConsoleSize_WithoutTerminal_IsIgnored(Sandbox box, string terminal)
    {
        var container = box.NewContainer().Set("/process/consoleSize", new JsonObject { ["height"] = 31, ["width"] = 97 });
        if (terminal == "false")
            container.Set("/process/terminal", false);
        container.Run().ShouldSucceed();
    }

    // What `tty` says: on its output without a terminal, else on the terminal, whose end the caller holds.
    private static string Tty(Sandbox box, Container container)
    {
        if ((bool?)container.Config["process"]!["terminal"] != true)
            return container.RunProbe("tty")["tty"];
        using var socket = new ConsoleSocket(box.File("tty.sock"));
        container.Probe("tty").Create("--console-socket", socket.Path);
        using var master = new FileStream(socket.Receive(), FileAccess.ReadWrite, 0);
        container.Start();
        byte[] buffer = new byte[4096];
        var line = System.Text.Encoding.UTF8.GetString(buffer, 0, master.Read(buffer)).Trim();
        return line.StartsWith("tty: ", StringComparison.Ordinal) ? line[5..] : throw new ClauseViolatedException($"the terminal says \"{line}\"");
    }

    [Clause("config.process.cwd")]
    public static void Cwd_IsTheWorkingDirectory(Sandbox box) => Check.Equal("/etc", box.NewContainer().Set("/process/cwd", "/etc").Report().Text("cwd"), "the working directory");

    [Row("config.process.cwd.absolute", "etc")]
    [Row("config.process.cwd.absolute", "./etc")]
    public static void Cwd_Relative_IsAnError(Sandbox box, string cwd) => box.NewContainer().Set("/process/cwd", cwd).ShouldNotRun("cwd is relative");

    [Clause("config.process.env")]
    public static void Env_IsInTheEnvironment(Sandbox box)
    {
        string[] wanted = ["EMPTY=", "EQUAL=a=b", "SPACE=one two"];
        var container = box.NewContainer();
        foreach (string variable in wanted)
            container.Add("/process/env", variable);
        string[] env = container.Report().List("env");
        Check.Sequence(wanted, env.Where(wanted.Contains), "what of the configured variables is there");
        Check.That(!env.Any(e => e.StartsWith("CONFORMANCE_", StringComparison.Ordinal) || e.StartsWith("USER=", StringComparison.Ordinal)), "variables of the runtime's environment are there");
    }

    [Clause("config.process.args")]
    public static void Args_AreTheProgramsArguments(Sandbox box)
    {
        string[] words = ["one", "two words", "", "$HOME *"];
        var report = box.NewContainer().Probe(["report", .. words]).Run().ShouldSucceed().Probe.Report;
        Check.Sequence(words, report.List("args"), "the list of arguments");
    }

    [Clause("config.process.args.one")]
    public static void Args_Empty_IsAnError(Sandbox box) => box.NewContainer().Args().ShouldNotRun("args has no entry");

    [Clause("config.process.args.execvp")]
    public static void Args_NameWithoutSlash_IsLookedUpInPath(Sandbox box)
    {
        var container = box.NewContainer().WriteFile("/opt/here", "#!/bin/sh\necho found\n", executable: true).Args("here").Set("/process/env/0", "PATH=/nowhere:/opt");
        Check.Equal("found", container.Run().ShouldSucceed().Output.Trim(), "what the program says");
    }

    [Clause("config.process.rlimits.unknown")]
    public static void Rlimits_UnknownType_IsAnError(Sandbox box) => box.NewContainer().Add("/process/rlimits", Limit("RLIMIT_NO_SUCH", 1, 1)).ShouldNotRun("the type is unknown");

    private static JsonObject Limit(string type, ulong soft, ulong hard) => new() { ["type"] = type, ["soft"] = soft, ["hard"] = hard };

    [Clause("config.process.rlimits.getrlimit")]
    public static void Rlimits_EveryTypeOfTheKernel_IsSet(Sandbox box)
    {
        string[] types = ["AS", "CORE", "CPU", "DATA", "FSIZE", "LOCKS", "MEMLOCK", "MSGQUEUE", "NICE", "NOFILE", "NPROC", "RSS", "RTPRIO", "RTTIME", "SIGPENDING", "STACK"];
        var before = box.NewContainer().Report();
        var container = box.NewContainer();
        // No more than what is there: raising a hard limit needs CAP_SYS_RESOURCE.
        foreach (string type in types)
        {
            ulong value = Math.Min(before.Limit("RLIMIT_" + type).Hard, 1UL << 40);
            container.Add("/process/rlimits", Limit("RLIMIT_" + type, value, value));
        }
        var after = container.Report();
        foreach (string type in types)
            Check.Equal(Math.Min(before.Limit("RLIMIT_" + type).Hard, 1UL << 40), after.Limit("RLIMIT_" + type).Hard, "RLIMIT_" + type);
    }

    [Row("config.process.rlimits.soft")]
    [Row("config.process.rlimits.hard")]
    public static void Rlimits_SoftAndHard_AreTheConfigs(Sandbox box)
    {
        var (soft, hard) = box.NewContainer().Add("/process/rlimits", Limit("RLIMIT_NOFILE", 123, 456)).Report().Limit("RLIMIT_NOFILE");
        Check.Equal(123UL, soft, "the soft limit");
        Check.Equal(456UL, hard, "the hard limit");
    }

    [Clause("config.process.rlimits.duplicate")]
    public static void Rlimits_TwoOfAType_IsAnError(Sandbox box) =>
        box.NewContainer().Add("/process/rlimits", Limit("RLIMIT_NOFILE", 123, 456)).Add("/process/rlimits", Limit("RLIMIT_NOFILE", 100, 400)).ShouldNotRun("a type is there twice");

    [Row("config.user.uid", "uid", "uid")]
    [Row("config.user.gid", "gid", "gid")]
    public static void User_IsTheProcesss(Sandbox box, string property, string id)
    {
        var report = box.NewContainer().Set("/process/user", new JsonObject { ["uid"] = 1234, ["gid"] = 5678 }).Report();
        long wanted = property == "uid" ? 1234 : 5678;
        foreach (string kind in new[] { "", "e", "s" })
            Check.Equal(wanted, report.Id(kind + id), kind + id);
    }

    [Clause("config.user.umask")]
    public static void Umask_IsSet(Sandbox box) => Check.Equal("0027", box.NewContainer().Set("/process/user/umask", 0b010_111).Report().Text("umask"), "the umask");

    [Clause("config.user.umask.unset")]
    [Reading("\"should\" is no key word here: it is not written in capitals")]
    public static void Umask_Unset_IsTheCallers(Sandbox box)
    {
        var container = box.NewContainer().Probe("report");
        container.WriteConfig();
        var result = box.CallAfter("umask 0037", "run", "--bundle", container.Bundle, container.Id).ShouldSucceed();
        Check.Equal("0037", result.Probe.Report.Text("umask"), "the umask");
    }

    [Clause("config.user.additionalGids")]
    public static void AdditionalGids_AreTheProcesss(Sandbox box) =>
        Check.Sequence([5, 6000], box.NewContainer().Set("/process/user/additionalGids", new JsonArray(5, 6000)).Report().Numbers("groups").Order(), "the list of groups");
}
