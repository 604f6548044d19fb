namespace OciRun.Spec.Tests;

/// <summary>Every word of the specification's table, and what a filesystem gets to see.</summary>
public sealed class MountOptionsTests
{
    [Theory]
    [InlineData("ro", MountAttr.ReadOnly, 0UL)]
    [InlineData("rw", 0UL, MountAttr.ReadOnly)]
    [InlineData("nosuid", MountAttr.NoSuid, 0UL)]
    [InlineData("suid", 0UL, MountAttr.NoSuid)]
    [InlineData("nodev", MountAttr.NoDev, 0UL)]
    [InlineData("dev", 0UL, MountAttr.NoDev)]
    [InlineData("noexec", MountAttr.NoExec, 0UL)]
    [InlineData("exec", 0UL, MountAttr.NoExec)]
    [InlineData("nodiratime", MountAttr.NoDirAtime, 0UL)]
    [InlineData("diratime", 0UL, MountAttr.NoDirAtime)]
    [InlineData("nosymfollow", MountAttr.NoSymFollow, 0UL)]
    [InlineData("symfollow", 0UL, MountAttr.NoSymFollow)]
    [InlineData("noatime", MountAttr.NoAtime, MountAttr.AtimeMask)]
    [InlineData("atime", 0UL, MountAttr.AtimeMask)]
    [InlineData("relatime", 0UL, MountAttr.AtimeMask)]
    [InlineData("norelatime", 0UL, MountAttr.AtimeMask)]
    [InlineData("strictatime", MountAttr.StrictAtime, MountAttr.AtimeMask)]
    [InlineData("nostrictatime", 0UL, MountAttr.AtimeMask)]
    public void Parse_Attribute_SetsAndClearsAloneAndRecursively(string word, ulong set, ulong clear)
    {
        var plain = MountOptions.Parse([word]);
        (plain.Attributes.Set, plain.Attributes.Clear).Should().Be((set, clear));
        plain.RecursiveAttributes.IsEmpty.Should().BeTrue();
        plain.Data.Should().BeEmpty();

        var recursive = MountOptions.Parse(["r" + word]);
        (recursive.RecursiveAttributes.Set, recursive.RecursiveAttributes.Clear).Should().Be((set, clear));
        recursive.Attributes.IsEmpty.Should().BeTrue();
        recursive.SuperblockSet.Should().Be(0);
        recursive.Data.Should().BeEmpty();
    }

    [Theory]
    [InlineData("ro,rw", 0UL, MountAttr.ReadOnly)]
    [InlineData("suid,nosuid", MountAttr.NoSuid, 0UL)]
    [InlineData("noatime,relatime", MountAttr.NoAtime, MountAttr.AtimeMask)]
    [InlineData("noatime,atime", 0UL, MountAttr.AtimeMask)]
    [InlineData("strictatime,noatime", MountAttr.StrictAtime, MountAttr.AtimeMask)]
    [InlineData("noatime,strictatime,nostrictatime", MountAttr.NoAtime, MountAttr.AtimeMask)]
    [InlineData("nosuid,nodev,noexec,relatime", MountAttr.NoSuid | MountAttr.NoDev | MountAttr.NoExec, MountAttr.AtimeMask)]
    public void Parse_SeveralAttributes_ResolvesAsMountDoes(string words, ulong set, ulong clear)
    {
        var options = MountOptions.Parse(words.Split(','));
        (options.Attributes.Set, options.Attributes.Clear).Should().Be((set, clear));
    }

    [Theory]
    [InlineData("ro", MountFlag.ReadOnly, 0UL, "ro")]
    [InlineData("rw", 0UL, MountFlag.ReadOnly, "rw")]
    [InlineData("sync", MountFlag.Synchronous, 0UL, "sync")]
    [InlineData("async", 0UL, MountFlag.Synchronous, "async")]
    [InlineData("dirsync", MountFlag.DirSync, 0UL, "dirsync")]
    [InlineData("lazytime", MountFlag.LazyTime, 0UL, "lazytime")]
    [InlineData("nolazytime", 0UL, MountFlag.LazyTime, "nolazytime")]
    [InlineData("mand", MountFlag.Mandlock, 0UL, "mand")]
    [InlineData("nomand", 0UL, MountFlag.Mandlock, "nomand")]
    [InlineData("iversion", MountFlag.IVersion, 0UL, "")]
    [InlineData("noiversion", 0UL, MountFlag.IVersion, "")]
    [InlineData("silent", MountFlag.Silent, 0UL, "")]
    [InlineData("loud", 0UL, MountFlag.Silent, "")]
    [InlineData("ro rw sync async", 0UL, MountFlag.ReadOnly | MountFlag.Synchronous, "rw async")]
    public void Parse_SuperblockWord_SetsFlagAndNamesItForFsconfig(string words, ulong set, ulong clear, string fsconfig)
    {
        var options = MountOptions.Parse(words.Split(' '));
        (options.SuperblockSet, options.SuperblockClear).Should().Be((set, clear));
        string.Join(' ', options.SuperblockWords()).Should().Be(fsconfig);
        options.Data.Should().BeEmpty();
    }

    [Fact]
    public void Parse_Propagation_KeepsOrder()
    {
        var options = MountOptions.Parse(["private", "rshared", "slave", "runbindable", "shared", "rslave", "unbindable", "rprivate"]);
        options.Propagation.Should().Equal(
            1UL << 18, 1UL << 20 | 16384, 1UL << 19, 1UL << 17 | 16384, 1UL << 20, 1UL << 19 | 16384, 1UL << 17, 1UL << 18 | 16384);
        options.Data.Should().BeEmpty();
        options.IsBind.Should().BeFalse();
    }

    [Fact]
    public void Parse_KindWords_Marks()
    {
        MountOptions.Parse(["bind"]).Should().BeEquivalentTo(new { IsBind = true, IsRecursiveBind = false });
        MountOptions.Parse(["rbind"]).Should().BeEquivalentTo(new { IsBind = true, IsRecursiveBind = true });
        MountOptions.Parse(["remount"]).Should().BeEquivalentTo(new { IsBind = false, IsRemount = true });
        MountOptions.Parse(["tmpcopyup"]).CopyUp.Should().BeTrue();
        MountOptions.Parse(["idmap"]).Should().BeEquivalentTo(new { IsIdMapped = true, IsRecursiveIdMapped = false, IdMapping = (string?)null });
        MountOptions.Parse(["ridmap"]).Should().BeEquivalentTo(new { IsIdMapped = true, IsRecursiveIdMapped = true });
        MountOptions.Parse(["idmap=uids=0-1-1;gids=0-1-1"]).Should().BeEquivalentTo(new { IsIdMapped = true, IdMapping = "uids=0-1-1;gids=0-1-1" });
        MountOptions.Parse(["copy-symlink", "src-nofollow", "dest-nofollow"])
            .Should().BeEquivalentTo(new { CopySymlink = true, SourceNoFollow = true, DestinationNoFollow = true });
    }

    [Theory]
    [InlineData("mode=755", "mode=755")]
    [InlineData("newinstance", "newinstance")]
    [InlineData("mode=755,size=1m,huge", "mode=755|size=1m|huge")]
    [InlineData("context=\"system_u:object_r:t:s0:c1,c2\"", "context=system_u:object_r:t:s0:c1,c2")]
    [InlineData("context=\"a:s0:c1,c2\",size=1m", "context=a:s0:c1,c2|size=1m")]
    [InlineData("context=a:s0:c1,c2", "context=a:s0:c1,c2")]
    [InlineData("lowerdir=/a,b:/c", "lowerdir=/a,b:/c")]
    [InlineData("data=", "data=")]
    [InlineData(",,a,,b=\"", "a|b=\"")]
    [InlineData("RO", "RO")]
    [InlineData("idmapped", "idmapped")]
    public void Parse_UnknownWord_IsDataForTheFilesystem(string word, string data)
    {
        string.Join('|', MountOptions.Parse([word]).Data).Should().Be(data);
    }

    [Theory]
    [InlineData("defaults")]
    [InlineData("auto")]
    [InlineData("noauto")]
    [InlineData("nofail")]
    [InlineData("_netdev")]
    [InlineData("x-systemd.requires=a")]
    [InlineData("X-mount.mkdir")]
    [InlineData("comment=mine")]
    [InlineData("")]
    public void Parse_WordOfTheMountCommand_DoesNotReachTheFilesystem(string word)
    {
        var options = MountOptions.Parse([word]);
        options.Data.Should().BeEmpty();
        options.Attributes.IsEmpty.Should().BeTrue();
        options.SuperblockWords().Should().BeEmpty();
    }

    [Fact]
    public void KnownWords_AreNeverData()
    {
        MountOptions.KnownWords.Should().OnlyHaveUniqueItems();
        foreach (string word in MountOptions.KnownWords)
            MountOptions.Parse([word]).Data.Should().BeEmpty("{0} is known", word);
    }

    [Theory]
    [InlineData("uids=0-1000-10;gids=0-2000-20", true)]
    [InlineData("uids=0-1000-10#10-1-1;gids=0-2000-20#1-2-3", true)]
    [InlineData("uids=0-1000-10", false)]
    [InlineData("", false)]
    [InlineData("uids=;gids=", false)]
    [InlineData("uids=0-1;gids=0-1-1", false)]
    [InlineData("uids=0-1-1-1;gids=0-1-1", false)]
    [InlineData("uids=@0-1-1;gids=0-1-1", false)]
    [InlineData("uids=0--1-1;gids=0-1-1", false)]
    [InlineData("uids=0-1-4294967296;gids=0-1-1", false)]
    public void IdMapText_TryParse_TakesCrunsForm(string text, bool valid)
    {
        IdMapText.TryParse(text, out var uids, out var gids).Should().Be(valid);
        if (!valid)
            return;
        uids[0].Should().BeEquivalentTo(new { ContainerID = 0, HostID = 1000, Size = 10 });
        gids[0].Should().BeEquivalentTo(new { ContainerID = 0, HostID = 2000, Size = 20 });
    }
}
