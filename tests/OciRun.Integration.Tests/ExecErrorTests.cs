namespace OciRun.Integration;

/// <summary>A program that cannot be executed: said at create where it can be known there, in words that engines search for (C75, C79, C82).</summary>
public sealed class ExecErrorTests : IntegrationTest
{
    [Fact]
    public void Create_ProgramNotInPath_SaysSo()
    {
        NewContainer().Args("nosuchprogram").TryCreate().ShouldFailWith("nosuchprogram", "executable file not found in $PATH");
    }

    [Fact]
    public void Create_ProgramPathMissing_SaysSo()
    {
        NewContainer().Args("/no/such/program").TryCreate().ShouldFailWith("/no/such/program", "no such file or directory");
    }

    [Fact]
    public void Create_ProgramNotExecutable_SaysPermissionDenied()
    {
        NewContainer().WriteFile("/bin/plain", "text\n").Args("/bin/plain").TryCreate().ShouldFailWith("/bin/plain", "permission denied");
    }

    [Fact]
    public void Create_ProgramIsDirectory_Fails()
    {
        var result = NewContainer().Args("/etc").TryCreate().ShouldFailWith("/etc");
        result.Error.Should().ContainAny("permission denied", "is a directory");
    }

    [Fact]
    public void Run_ProgramNotInPath_EndsWithOneLine()
    {
        var result = NewContainer().Args("nosuchprogram").Run().ShouldFailWith("executable file not found in $PATH");
        result.Output.Should().BeEmpty();
        result.Error.Trim().Split('\n').Should().ContainSingle();
    }

    [Fact]
    public void Run_PathOfTheConfig_DecidesWhatIsFound()
    {
        NewContainer().Set("/process/env", new JsonArray("PATH=/nowhere")).Args("sh", "-c", "exit 0").Run().ShouldFailWith("executable file not found in $PATH");
    }

    [Fact]
    public void Start_ProgramBrokenAfterCreate_FailsWithTheReason()
    {
        var container = NewContainer();
        string program = Path.Combine(container.Rootfs, "bin/prog");
        File.Copy(Path.Combine(container.Rootfs, "bin/probe"), program);
        container.Args("/bin/prog", "exit", "0").Create();
        File.Delete(program);
        File.WriteAllBytes(program, [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, .. new byte[100]]);
        File.SetUnixFileMode(program, (UnixFileMode)0b111_101_101);
        if (RuntimeUnderTest.IsOurs)
            container.TryStart().ShouldFailWith("exec format error");
        else
            container.TryStart();
        container.WaitStopped();
    }

    [ClaimTheory("U1: says which interpreter, loader or architecture is wrong")]
    [InlineData("#!/no/such/interpreter\n", "/no/such/interpreter")]
    [InlineData("#!/bin/sh\r\necho x\n", "\\r")]
    public void Create_ScriptWithBadInterpreter_NamesIt(string text, string named)
    {
        NewContainer().WriteFile("/bin/script", text, (UnixFileMode)0b111_101_101).Args("/bin/script").TryCreate()
            .ShouldFailWith("/bin/script", "no such file or directory", named);
    }

    [ClaimFact("U1: a program of another architecture is refused at create, with its name")]
    public void Create_ForeignArchitecture_NamesIt()
    {
        var container = NewContainer();
        byte[] program = File.ReadAllBytes(Path.Combine(container.Rootfs, "bin/probe"));
        program[18] = 22; // e_machine: s390
        program[19] = 0;
        File.WriteAllBytes(Path.Combine(container.Rootfs, "bin/foreign"), program);
        File.SetUnixFileMode(Path.Combine(container.Rootfs, "bin/foreign"), (UnixFileMode)0b111_101_101);
        container.Args("/bin/foreign").TryCreate().ShouldFailWith("/bin/foreign", "exec format error", "s390x");
    }

    // The standard words of the kernel first (C75, C79), then what no other runtime says (U1).
    [ClaimTheory("U1: an error of execve says what is wrong with the file")]
    [InlineData("#!/etc\n", 0b111_101_101, "permission denied", "cannot be executed")]
    [InlineData("#!/bin/sh\n", 0b110_100_100, "permission denied", "no execute permission")]
    [InlineData("", 0b111_101_101, "exec format error", "an empty file")]
    [InlineData("echo x\n", 0b111_101_101, "exec format error", "neither an ELF file nor a script")]
    [InlineData("\u007fELF", 0b111_101_101, "exec format error", "cut short")]
    public void Create_FileThatCannotRun_SaysWhy(string text, int mode, string standard, string why)
    {
        NewContainer().WriteFile("/bin/file", text, (UnixFileMode)mode).Args("/bin/file").TryCreate().ShouldFailWith("\"/bin/file\"", standard, why);
    }

    [ClaimFact("U1: a directory is called one")]
    public void Create_ProgramIsDirectory_SaysSo() => NewContainer().Args("/etc").TryCreate().ShouldFailWith("permission denied", "is a directory");

    [ClaimFact("U1: a noexec mount is named as the reason")]
    public void Create_ProgramOnNoexecMount_SaysSo()
    {
        string source = Path.Combine(Sandbox.Directory, "noexec");
        Directory.CreateDirectory(source);
        var container = NewContainer().Mount("/mnt", source, null, "bind", "noexec");
        File.Copy(Path.Combine(container.Rootfs, "bin/probe"), Path.Combine(source, "probe"));
        container.Args("/mnt/probe").TryCreate().ShouldFailWith("permission denied", "noexec");
    }
}
