namespace OciRun.Integration;

/// <summary>What a step of a build depends on, and what COPY and WORKDIR leave: cases that a review found.</summary>
public sealed class BuildCopyTests : BuildTest
{
    [Fact]
    public void Run_OtherNetwork_IsAnotherStep()
    {
        Build("n", "FROM base\nRUN echo x >/x\n").ShouldExit(0);
        Build("n", "FROM base\nRUN echo x >/x\n", "--network", "none").ShouldExit(0).Output.Should().NotContain("using cache");
        Build("n", "FROM base\nRUN echo x >/x\n", "--network", "none").ShouldExit(0).Output.Should().Contain("using cache");
    }

    [Fact]
    public void From_Stage_BringsItsArguments() =>
        Build("a", "FROM base AS one\nARG FOO=123\nFROM one\nRUN echo \"<$FOO>\"\n").ShouldExit(0).Output.Should().Contain("<123>");

    [Fact]
    public void Workdir_AfterUser_BelongsToTheUser()
    {
        Build("w", "FROM base\nUSER 1000:1001\nWORKDIR /app\nRUN echo x >/app/y\n").ShouldExit(0);
        Sees("w", "stat -c %u:%g /app").Should().Be("1000:1001\n");
    }

    [Fact]
    public void Copy_NameOfAHardLinkIsReplaced_TheOtherNameKeepsItsContent()
    {
        Write("a/f", "one\n");
        Write("b/f", "two\n");
        Sandbox.Program("ln", Path.Combine(Context, "a/f"), Path.Combine(Context, "z")).Run().ShouldExit(0);
        Build("h", "FROM base\nCOPY a b z /to/\n").ShouldExit(0);
        Sees("h", "cat /to/f /to/z").Should().Be("two\none\n");
    }

    [Fact]
    public void Copy_DeletionMark_IsNoFile()
    {
        Assert.SkipUnless(Sandbox.Program("mknod", Path.Combine(Context, "w"), "c", "0", "0").Run().ExitCode == 0, "device nodes cannot be made here");
        Build("d", "FROM scratch\nCOPY w /w\n").ShouldFailWith("Dockerfile:2", "deletion mark");
    }

    [Fact]
    public void Build_TreeDeeperThanOurDescriptors_IsRemoved()
    {
        const string File = "FROM base\nRUN i=0; while [ $i -lt 400 ]; do mkdir d && cd d; i=$((i+1)); done; exit 3\n";
        Write("Dockerfile", File);
        Sandbox.Program("sh", "-c", "ulimit -n 200; exec \"$0\" \"$@\"", RuntimeUnderTest.Path, "--root", Sandbox.StateRoot, "--store", Store, "build", "-t", "t", Context)
            .Run().ShouldFailWith("exit status 3");
        ShouldBeTidy();
    }
}
