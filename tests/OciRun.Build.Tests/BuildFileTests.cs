using OciRun.Build.Containerfile;
using OciRun.Runtime;

namespace OciRun.Build.Tests;

public sealed class BuildFileTests
{
    private static BuildFile Parse(string text, params (string Name, string Value)[] given) => Parse(text, out _, given);

    private static BuildFile Parse(string text, out BuildArguments arguments, params (string Name, string Value)[] given)
    {
        arguments = new BuildArguments(given.ToDictionary(static pair => pair.Name, static pair => pair.Value));
        return BuildFile.Parse(text, "Dockerfile", arguments);
    }

    private const string Graph = """
        FROM scratch AS a
        FROM image AS b
        COPY --from=A /x /x
        FROM b
        COPY --from=other/image /y /y
        FROM scratch AS last
        COPY --from=2 /x /x
        """;

    [Theory]
    [InlineData(null, "0,1,2,3")]
    [InlineData("a", "0")]
    [InlineData("B", "0,1")]
    [InlineData("2", "0,1,2")]
    [InlineData("last", "0,1,2,3")]
    public void Needed_Target_IsItWithAllBelow(string? target, string expected)
    {
        BuildFile file = Parse(Graph);
        string.Join(',', file.Needed(file.Target(target)).Select(static stage => stage.Index)).Should().Be(expected);
    }

    [Fact]
    public void Needed_UnusedStage_IsLeftOut()
    {
        BuildFile file = Parse("FROM x AS a\nFROM y AS b\nFROM z\nCOPY --from=a / /\n");
        file.Needed(file.Target(null)).Select(static stage => stage.Index).Should().Equal(0, 2);
    }

    [Fact]
    public void Find_LaterOrOwnStage_IsNone()
    {
        BuildFile file = Parse("FROM x AS a\nFROM a AS a\nFROM y\n");
        file.Below(file.Stages[0]).Should().BeNull("x is an image");
        file.Below(file.Stages[1]).Should().BeSameAs(file.Stages[0], "a stage does not see itself");
        file.Find("a", 2).Should().BeSameAs(file.Stages[1], "the later one counts");
        file.Find("2", 2).Should().BeNull();
    }

    [Theory]
    [InlineData("ARG V=1\nFROM image:$V", "image:1")]
    [InlineData("ARG V\nFROM image:${V:-2}", "image:2")]
    [InlineData("ARG V=1\nARG W=x$V\nFROM $W", "x1")]
    [InlineData("FROM image-$TARGETOS", "image-linux")]
    public void Base_Variables_AreThoseBeforeTheFirstFrom(string text, string expected) => Parse(text).Stages[0].Base.Should().Be(expected);

    [Fact]
    public void Base_GivenArgument_CountsMoreThanTheDefault() => Parse("ARG V=1\nFROM image:$V", ("V", "9")).Stages[0].Base.Should().Be("image:9");

    [Fact]
    public void Declare_InAStage_TakesTheGlobalValueOnlyWhenAsked()
    {
        BuildFile file = Parse("ARG V=global\nFROM x\nARG V\nFROM x\nARG V=own\nFROM x\nARG NEW\nARG GIVEN=no\n", out BuildArguments arguments, ("GIVEN", "yes"), ("nobody", "x"), ("HTTP_PROXY", "p"));
        string?[] Values(int stage, params string[] names)
        {
            var variables = new Variables();
            foreach (Instruction instruction in file.Stages[stage].Instructions)
            {
                arguments.Declare(instruction, variables);
            }

            return [.. names.Select(variables.Get)];
        }

        Values(0, "V", "TARGETOS").Should().Equal("global", null);
        Values(1, "V").Should().Equal("own");
        Values(2, "V", "NEW", "GIVEN").Should().Equal(null, null, "yes");
        arguments.Unused.Should().Equal("nobody");
        arguments.Proxies.Select(static proxy => proxy.Key).Should().Equal("HTTP_PROXY");
    }

    [Theory]
    [InlineData("RUN x", "Dockerfile:1: RUN before the first FROM")]
    [InlineData("ARG A=1", "Dockerfile has no FROM")]
    [InlineData("FROM $NONE", "Dockerfile:1: FROM $NONE names nothing")]
    [InlineData("FROM a b", "Dockerfile:1: FROM wants an image")]
    [InlineData("FROM a AS 1", "is no name for a stage")]
    [InlineData("FROM --platform=linux/s390x a", "Dockerfile:1: FROM --platform=linux/s390x")]
    [InlineData("FROM a\nRUN --security=insecure x", "Dockerfile:2: RUN --security is not supported: there are --network")]
    [InlineData("FROM a\nRUN --network=mine x", "Dockerfile:2: RUN --network=mine")]
    [InlineData("FROM a\nCOPY --chown a b", "Dockerfile:2: COPY --chown needs a value")]
    [InlineData("FROM a\nCOPY --chmod=u+x a b", "Dockerfile:2: --chmod=u+x")]
    [InlineData("FROM a\nCOPY a b c", "Dockerfile:2: COPY of several sources")]
    [InlineData("FROM a\nADD git@x:y z", "Dockerfile:2: ADD git@x:y")]
    [InlineData("FROM a\nENV A", "Dockerfile:2: ENV wants NAME=VALUE")]
    [InlineData("FROM a\nENV =b", "Dockerfile:2: ENV wants NAME=VALUE")]
    [InlineData("FROM a\nSHELL /bin/sh", "Dockerfile:2: SHELL wants a list")]
    public void Parse_Wrong_NamesTheLine(string text, string message)
    {
        var parse = () => Parse(text);
        parse.Should().Throw<ContainerException>().Which.Message.Should().Contain(message);
    }
}
