using OciRun.Runtime.Tracing;

namespace OciRun.Runtime.Tests.Tracing;

/// <summary>traceparent, W3C Trace Context 3.2.</summary>
public sealed class TraceContextTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c", Parent = "b7ad6b7169203331";

    [Theory]
    [InlineData($"00-{Trace}-{Parent}-01", "01")]
    [InlineData($"00-{Trace}-{Parent}-00", "00")]
    [InlineData($"cc-{Trace}-{Parent}-01-what-the-future-will-be-like", "01")]
    public void From_Header_IsTakenOver(string header, string flags)
    {
        TraceContext.From(header).Should().Be(new TraceContext(Trace, Parent, flags));
        TraceContext.From(header).Header("00f067aa0ba902b7").Should().Be($"00-{Trace}-00f067aa0ba902b7-{flags}");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData($"00-{Trace}-{Parent}")]
    [InlineData($"00-{Trace}-{Parent}-01-more")] // version 00 has no more
    [InlineData($"cc-{Trace}-{Parent}-01.more")]
    [InlineData($"ff-{Trace}-{Parent}-01")]
    [InlineData($"00-{Trace}-0000000000000000-01")]
    [InlineData($"00-00000000000000000000000000000000-{Parent}-01")]
    [InlineData("00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01")]
    [InlineData("00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01")]
    public void From_WrongHeader_BeginsATraceOfOurs(string? header)
    {
        var context = TraceContext.From(header);
        context.ParentId.Should().BeNull();
        context.TraceId.Should().HaveLength(32).And.NotBe(Trace);
        TraceContext.From(context.Header(TraceContext.NewSpanId())).TraceId.Should().Be(context.TraceId, "our own headers are right");
    }
}
