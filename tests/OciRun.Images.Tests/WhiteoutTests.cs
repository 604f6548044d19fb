using OciRun.Linux;

namespace OciRun.Images.Tests;

/// <summary>layer.md "Representing Changes": rows I4 to I17, in every order.</summary>
public sealed class WhiteoutTests : IDisposable
{
    private readonly LayerStack _stack = new();

    private static TarBuilder Base => new TarBuilder()
        .Directory("a").File("a/1", "one").File("a/2", "two").Directory("a/d").File("a/d/x").Directory("b", 0x1C0, mtime: 7).File("b/1").File("f").SymbolicLink("link", "b");

    public void Dispose() => _stack.Dispose();

    [Fact]
    public void File_IsDeletedInLower()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File("a/.wh.1").File(".wh.f"))).Should().Equal("!a/1", "!f", "a/");
    }

    [Fact]
    public void Directory_IsDeletedWhole()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh.a"))).Should().Equal("!a");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void FileOfTheSameLayer_Stays_WhateverTheOrder(bool whiteoutFirst)
    {
        _stack.Apply(Base);
        var archive = whiteoutFirst ? new TarBuilder().File("a/.wh.1").File("a/1", "new") : new TarBuilder().File("a/1", "new").File("a/.wh.1");
        LayerStack.Tree(_stack.Apply(archive)).Should().Equal("a/", "a/1");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void DirectoryOfTheSameLayer_HidesTheLowerOne_WhateverTheOrder(bool whiteoutFirst)
    {
        _stack.Apply(Base);
        var archive = whiteoutFirst ? new TarBuilder().File(".wh.a").Directory("a").File("a/new") : new TarBuilder().Directory("a").File("a/new").File(".wh.a");
        LayerStack.Tree(_stack.Apply(archive)).Should().Equal("a/!", "a/new");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Opaque_KeepsWhatTheLayerHas_WhateverTheOrder(bool markFirst)
    {
        _stack.Apply(Base);
        var archive = markFirst
            ? new TarBuilder().Directory("a").File("a/.wh..wh..opq").File("a/new")
            : new TarBuilder().File("a/new").File("a/.wh..wh..opq").Directory("a");
        LayerStack.Tree(_stack.Apply(archive)).Should().Equal("a/!", "a/new");
    }

    [Fact]
    public void Opaque_OfTheRoot_DeletesEachNameOfIt()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh..wh..opq").Directory("a").File("f"))).Should().Equal("!b", "!link", "a/!", "f");
    }

    [Fact]
    public void Opaque_WithoutAnEntryOfTheDirectory_TakesTheLowerOnesMode()
    {
        _stack.Apply(Base);
        string layer = _stack.Apply(new TarBuilder().File("b/.wh..wh..opq"));
        LayerStack.Tree(layer).Should().Equal("b/!");
        using var root = Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory);
        var facts = TreeFiles.TryFacts(root, "b", out _)!.Value;
        (facts.Permissions, facts.Modified.Seconds).Should().Be((0x1C0u, 7L));
    }

    [Fact]
    public void WhiteoutInAnOpaqueDirectory_IsDropped()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File("a/.wh.1").File("a/.wh..wh..opq").File("a/d/.wh.x").File("a/3"))).Should().Equal("a/!", "a/3");
    }

    [Fact]
    public void WhiteoutOfNothing_IsDropped()
    {
        _stack.Apply(new TarBuilder().File("x").File(".wh.y").File("no/.wh.z"));
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh.gone").File("f/.wh.below").File("new/.wh.z"))).Should().BeEmpty();
    }

    [Fact]
    public void WhiteoutBelowAWhiteout_IsDropped()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh.a").File("a/.wh.1"))).Should().Equal("!a");
    }

    [Fact]
    public void WhiteoutOfWhatALowerLayerDeleted_IsDropped()
    {
        _stack.Apply(Base);
        _stack.Apply(new TarBuilder().File(".wh.a"));
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh.a"))).Should().BeEmpty();
    }

    [Fact]
    public void DeletedAndRecreatedTree_DoesNotBringGrandchildrenBack()
    {
        _stack.Apply(Base);
        _stack.Apply(new TarBuilder().File(".wh.a"));
        string layer = _stack.Apply(new TarBuilder().Directory("a").Directory("a/d"));
        LayerStack.Tree(layer).Should().Equal("a/", "a/d/"); // over the device 0:0 of the layer between, an overlay looks no further
    }

    [Fact]
    public void AufsMetadata_IsSkipped()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File(".wh..wh.aufs").Directory(".wh..wh.plnk").File(".wh..wh.plnk/1.2").File("n"))).Should().Equal("n");
    }

    [Fact]
    public void WhiteoutBehindALink_IsWhereTheLinkLeads()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File("link/.wh.1"))).Should().Equal("!b/1", "b/");
    }

    [Fact]
    public void FileBehindALinkOfALowerLayer_IsWhereTheLinkLeads()
    {
        _stack.Apply(Base);
        LayerStack.Tree(_stack.Apply(new TarBuilder().File("link/new"))).Should().Equal("b/", "b/new");
    }

    [Fact]
    public void ParentWithoutEntry_TakesTheLowerOnesMode()
    {
        _stack.Apply(Base.Directory("./", 0x1C9));
        string layer = _stack.Apply(new TarBuilder().File("b/new"));
        using var root = Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.TryFacts(root, "b", out _)!.Value.Permissions.Should().Be(0x1C0);
        TreeFiles.Facts(root, "").Permissions.Should().Be(0x1C9, "an overlay shows the topmost root");
    }

    [Fact]
    public void HardLinkToALowerFile_CopiesItUp()
    {
        _stack.Apply(Base);
        string layer = _stack.Apply(new TarBuilder().HardLink("h", "a/1"));
        LayerStack.Tree(layer).Should().Equal("a/", "a/1", "h");
        System.IO.File.ReadAllText(layer + "/h").Should().Be("one");
        using var root = Files.Open(layer, OpenFlags.ReadOnly | OpenFlags.Directory);
        TreeFiles.TryFacts(root, "h", out _)!.Value.Inode.Should().Be(TreeFiles.TryFacts(root, "a/1", out _)!.Value.Inode);
    }

    [Fact]
    public void HardLinkBeforeItsTarget_Works()
    {
        string layer = _stack.Apply(new TarBuilder().HardLink("h2", "h").HardLink("h", "a/1").File("a/1", "one"));
        System.IO.File.ReadAllText(layer + "/h2").Should().Be("one");
    }
}
