using System.Text;
using OciRun.Cli;
using OciRun.Runtime.State;

namespace OciRun.Tests;

public sealed class StateTextTests
{
    private static readonly ContainerState s_state = new()
    {
        OciVersion = "1.2.0",
        Id = "c1",
        Pid = 42,
        Status = "running",
        Bundle = "/b",
        Rootfs = "/b/rootfs",
        Created = "2026-01-02T15:04:05.123456789Z",
        Annotations = new() { ["a.b"] = "c<d>" },
        Owner = "root",
    };

    private static readonly ContainerState s_plain = new() { OciVersion = "1.2.0", Id = "a-rather-long-name", Pid = 0, Status = "stopped", Bundle = "/x\ny" };

    // The layout is that of runc 1.1.5; the line feed at the end is ours.
    [Fact]
    public void One_State_HasRuncsFieldsInRuncsOrder() => Encoding.UTF8.GetString(StateText.One(s_state)).Should().Be(
        """
        {
          "ociVersion": "1.2.0",
          "id": "c1",
          "pid": 42,
          "status": "running",
          "bundle": "/b",
          "rootfs": "/b/rootfs",
          "created": "2026-01-02T15:04:05.123456789Z",
          "annotations": {
            "a.b": "c\u003cd\u003e"
          },
          "owner": "root"
        }

        """);

    [Fact]
    public void One_WithoutAnnotations_LeavesThemOut() => Encoding.UTF8.GetString(StateText.One(s_plain)).Should().NotContain("annotations");

    [Fact]
    public void All_States_AreAnArrayOnOneLine()
    {
        string text = Encoding.UTF8.GetString(StateText.All([s_state, s_plain]));

        text.Should().StartWith("[{\"ociVersion\":\"1.2.0\",\"id\":\"c1\",").And.EndWith("]\n");
        text.TrimEnd().Should().NotContain("\n");
    }

    [Fact]
    public void All_NoStates_IsAnEmptyArray() => Encoding.UTF8.GetString(StateText.All([])).Should().Be("[]\n");

    [Fact]
    public void Ids_States_AreOneALine() => Encoding.UTF8.GetString(StateText.Ids([s_state, s_plain])).Should().Be("c1\na-rather-long-name\n");

    [Fact]
    public void Table_NoStates_IsRuncsHeading() =>
        Encoding.UTF8.GetString(StateText.Table([])).Should().Be("ID          PID         STATUS      BUNDLE      CREATED     OWNER\n");

    [Fact]
    public void Table_States_AreAlignedAndOnOneLineEach() => Encoding.UTF8.GetString(StateText.Table([s_state, s_plain])).Should().Be(
        "ID                   PID         STATUS      BUNDLE      CREATED                          OWNER\n" +
        "c1                   42          running     /b          2026-01-02T15:04:05.123456789Z   root\n" +
        "a-rather-long-name   0           stopped     /x\\ny                                        \n");
}
