using OciRun.Runtime.Lifecycle;

namespace OciRun.Runtime.Tests;

public sealed class RootMountsTests
{
    [Fact]
    public void Parse_MountsOnTheRoot_AreFoundAndUnescaped()
    {
        const string text =
            "20 1 0:5 / / rw - overlay overlay rw\n" +
            "21 20 0:6 / /proc rw - proc proc rw\n" +
            "22 21 0:6 /sys /proc/sys ro - proc proc rw\n" +
            "23 20 0:7 / /m\\040n\\134 rw shared:3 - tmpfs t rw\n";
        RootMounts.Parse(text).Should().Equal("proc", "m n\\");
    }
}
