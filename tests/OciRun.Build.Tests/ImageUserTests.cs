using OciRun.Runtime;

namespace OciRun.Build.Tests;

public sealed class ImageUserTests
{
    private const string Passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:33:34:Web:/var/www:/bin/sh\nbroken\n1000:x:7:8::/seven:/bin/sh\nmany:x:1001:1001::/home/many:/bin/sh\n";
    private const string Group = "root:x:0:\nweb:x:34:\nstaff:x:50:many,web\naudio:x:29:many\nmany:x:1001:many\n";

    [Theory]
    [InlineData("", 0, 0, "/root")]
    [InlineData("root", 0, 0, "/root")]
    [InlineData("web", 33, 34, "/var/www")]
    [InlineData("33", 33, 34, "/var/www")]
    [InlineData("web:staff", 33, 50, "/var/www")]
    [InlineData("web:77", 33, 77, "/var/www")]
    [InlineData("5000", 5000, 0, null)]
    [InlineData("5000:6000", 5000, 6000, null)]
    [InlineData("1000", 7, 8, "/seven")] // a name goes before a number
    [InlineData(":staff", 0, 50, "/root")]
    [InlineData("web:", 33, 34, "/var/www")]
    public void Find_AnyForm_IsResolvedInTheImage(string text, uint uid, uint gid, string? home)
    {
        var user = ImageUser.Find(text, Passwd, Group);
        (user.Uid, user.Gid, user.Home).Should().Be((uid, gid, home));
    }

    [Fact]
    public void Find_UserWithoutGroup_HasItsOtherGroups() => ImageUser.Find("many", Passwd, Group).Groups.Should().Equal(50, 29);

    [Fact]
    public void Find_UserWithGroup_HasOnlyThat() => ImageUser.Find("many:audio", Passwd, Group).Groups.Should().BeEmpty();

    [Theory]
    [InlineData("nobody", "no user \"nobody\"")]
    [InlineData("web:nogroup", "no group \"nogroup\"")]
    [InlineData("-1", "no user")]
    [InlineData("4294967296", "no user")]
    public void Find_Missing_IsAnError(string text, string message)
    {
        var find = () => ImageUser.Find(text, Passwd, Group);
        find.Should().Throw<ContainerException>().Which.Message.Should().Contain(message);
    }

    [Fact]
    public void Find_NoPasswd_TakesNumbers() => ImageUser.Find("12:13", "", "").Should().BeEquivalentTo(new ImageUser(12, 13, [], null));
}
