using System.Diagnostics;
using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

public sealed class SystemdManagerTests
{
    private static List<UnitProperty> Properties() => [new("Slice", BusValue.Of("a.slice")), new("AllowedCPUs", BusValue.Bytes([3])), new("Foo", BusValue.Of(true), "/annotations/x")];

    private static void StartAndWait(SystemdManager manager) => manager.AwaitStarted("x.scope", manager.Start("x.scope", Properties()));

    /// <summary>"Hello" as any library writes it: bytes of the specification, not of our own reader.</summary>
    [Fact]
    public void WriteCall_Hello_IsByteForByteAsSpecified()
    {
        var expected = Convert.FromHexString(
            "6c01000100000000010000006d000000" // little-endian, call, no flags, version 1; body 0; serial 1; 109 bytes of fields
            + "01016f00150000002f6f72672f667265656465736b746f702f4442757300" + "0000" // path /org/freedesktop/DBus
            + "02017300140000006f72672e667265656465736b746f702e4442757300" + "000000" // interface
            + "030173000500000048656c6c6f00" + "0000" // member
            + "06017300140000006f72672e667265656465736b746f702e4442757300" + "000000"); // destination
        BusMessage.WriteCall(1, 0, "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "Hello", []).Should().Equal(expected);
    }

    [Fact]
    public void Start_Works_IsOneCall()
    {
        using var systemd = new FakeSystemd(FakeSystemd.Agree);
        using (var manager = systemd.Connect())
        {
            StartAndWait(manager);
        }
        systemd.Calls.Should().ContainSingle().Which.Should().Match<FakeSystemd.Call>(call => call.Message.BodySignature == "ssa(sv)a(sa(sv))" && call.Has("x.scope") && call.Has("a.slice"));
        systemd.Authentication.Should().StartWith("\0AUTH EXTERNAL");
    }

    [Fact]
    public void Start_JobEndsBeforeTheReply_IsHeard()
    {
        using var systemd = new FakeSystemd(call => [FakeSystemd.Removed("failed", "/other"), FakeSystemd.Removed("done"), call.Reply(BusValue.Of(FakeSystemd.Job, 'o'))]);
        using var manager = systemd.Connect();
        StartAndWait(manager);
    }

    [Fact]
    public void Connect_Bus_SaysHelloAndAsksForSignalsFirst()
    {
        using var systemd = new FakeSystemd(FakeSystemd.Agree);
        using (var manager = systemd.Connect(isBus: true))
        {
            StartAndWait(manager);
        }
        systemd.Calls.ConvertAll(call => call.Member).Should().Equal("Hello", "AddMatch", "StartTransientUnit");
        systemd.Calls[1].Has("member='JobRemoved'").Should().BeTrue();
    }

    /// <summary>A socket's buffer holds some 200 KiB: the rest goes as the peer reads.</summary>
    [Fact]
    public void Start_MessageLongerThanTheSocketsBuffer_ArrivesWhole()
    {
        var last = "";
        using var systemd = new FakeSystemd(call =>
        {
            last = call.Has("/dev/char/last") ? "here" : "cut off";
            return FakeSystemd.Agree(call);
        });
        using var manager = systemd.Connect(patience: 10_000);
        var rules = Enumerable.Repeat("/dev/char/a:b", 20_000).Append("/dev/char/last").Select(path => BusValue.Struct(BusValue.Of(path), BusValue.Of("rwm")));
        manager.AwaitStarted("x.scope", manager.Start("x.scope", [new("DeviceAllow", BusValue.Array("(ss)", [.. rules]))]));
        last.Should().Be("here");
    }

    [Fact]
    public void Start_PeerReadsNothing_SaysSoInTime()
    {
        using var release = new ManualResetEventSlim();
        using var systemd = new FakeSystemd(call =>
        {
            release.Wait(20_000);
            return [];
        });
        using (var manager = systemd.Connect(patience: 1000))
        {
            var small = () => manager.Start("x.scope", []);
            small.Should().Throw<CgroupException>().WithMessage("*does not answer*"); // it is busy with this call from now on
            var act = () => manager.Start("x.scope", [new("Foo", BusValue.Of(new string('x', 3 << 18)))]);
            act.Should().Throw<CgroupException>().WithMessage("systemd does not read what it is sent*");
        }
        release.Set();
    }

    [Theory]
    [InlineData("failed")]
    [InlineData("timeout")]
    [InlineData("canceled")]
    public void Start_JobFails_SaysHowItEnded(string result)
    {
        using var systemd = new FakeSystemd(call => [call.Reply(BusValue.Of(FakeSystemd.Job, 'o')), FakeSystemd.Removed(result)]);
        using var manager = systemd.Connect();
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage($"*x.scope*\"{result}\"*");
    }

    [Fact]
    public void Start_PropertyOfOursUnknown_GoesWithoutIt()
    {
        using var systemd = new FakeSystemd(call => call.Has("AllowedCPUs")
            ? [call.Error("org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property AllowedCPUs, or unknown property.")]
            : FakeSystemd.Agree(call));
        using (var manager = systemd.Connect())
        {
            StartAndWait(manager);
        }
        systemd.Calls.Should().HaveCount(2);
    }

    [Fact]
    public void Start_PropertyOfAnAnnotationRefused_NamesIt()
    {
        using var systemd = new FakeSystemd(call => [call.Error("org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property Foo, or unknown property.")]);
        using var manager = systemd.Connect();
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage("*Foo*").Which.Place.Should().Be("/annotations/x");
    }

    [Fact]
    public void Start_FailedUnitOfThatName_IsResetAndReplaced()
    {
        var first = true;
        using var systemd = new FakeSystemd(call =>
        {
            if (call.Member != "StartTransientUnit" || !first)
            {
                return FakeSystemd.Agree(call);
            }
            first = false;
            return [call.Error("org.freedesktop.systemd1.UnitExists", "Unit x.scope was already loaded or has a fragment file.")];
        });
        using (var manager = systemd.Connect())
        {
            StartAndWait(manager);
        }
        systemd.Calls.ConvertAll(call => call.Member).Should().Equal("StartTransientUnit", "ResetFailedUnit", "StartTransientUnit");
    }

    [Fact]
    public void Start_RunningUnitOfThatName_IsAnError()
    {
        using var systemd = new FakeSystemd(call => call.Member == "StartTransientUnit" ? [call.Error("org.freedesktop.systemd1.UnitExists", "Unit x.scope exists.")] : FakeSystemd.Agree(call));
        using var manager = systemd.Connect();
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage("*Unit x.scope exists.*");
    }

    [Fact]
    public void Start_NoReply_SaysWhichCallHangs()
    {
        using var systemd = new FakeSystemd(_ => []);
        using var manager = systemd.Connect(patience: 2000); // so must the authentication
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage("systemd does not answer: StartTransientUnit(x.scope) over " + systemd.Path + "*");
    }

    [Fact]
    public void Start_JobDoesNotEnd_SaysWhichJobHangs()
    {
        using var systemd = new FakeSystemd(call => [call.Reply(BusValue.Of(FakeSystemd.Job, 'o'))]);
        using var manager = systemd.Connect(patience: 2000); // the reply has to come within
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage("systemd hangs: starting the unit x.scope*(7 of \"systemctl list-jobs\")");
    }

    [Fact]
    public void Connect_Silence_EndsInTime()
    {
        using var systemd = new FakeSystemd(_ => [], greeting: null);
        var watch = Stopwatch.StartNew();
        var act = () => systemd.Connect(patience: 100);
        act.Should().Throw<CgroupException>().WithMessage("systemd does not answer: " + systemd.Path + " accepted*");
        watch.ElapsedMilliseconds.Should().BeInRange(90, 20_000);
    }

    [Fact]
    public void Connect_Rejected_TriesTheNextAndNamesAll()
    {
        using var rejecting = new FakeSystemd(_ => [], greeting: "REJECTED EXTERNAL\r\n");
        using var systemd = new FakeSystemd(FakeSystemd.Agree);
        using (var manager = SystemdManager.Connect([new("/nowhere/private", false), new(rejecting.Path, false), new(systemd.Path, true)], 5000))
        {
            StartAndWait(manager);
        }
        var act = () => SystemdManager.Connect([new("/nowhere/private", false), new(rejecting.Path, false)], 5000);
        act.Should().Throw<CgroupException>().WithMessage("*(/nowhere/private: missing (ENOENT); " + rejecting.Path + ": it does not accept us*cgroupfs*");
    }

    [Theory]
    [InlineData("no D-Bus at all, just text")]
    [InlineData("l\u0002\0\u0001\u00ff\u00ff\u00ff\u007f\0\0\0\0\0\0\0\0")] // a body of 2 GiB
    [InlineData("l\u0002\0\u0001\0\0\0\0\u0001\0\0\0\u0008\0\0\0\u0001\u0001s\0\u00ff\u00ff\0\0")] // a text that is longer than the message
    [InlineData("B\u0002\0\u0001\0\0\0\0\0\0\0\u0001\0\0\0\0")] // big-endian
    public void Start_Garbage_IsAnError(string garbage)
    {
        using var systemd = new FakeSystemd(_ => [System.Text.Encoding.Latin1.GetBytes(garbage)]);
        using var manager = systemd.Connect();
        var act = () => StartAndWait(manager);
        act.Should().Throw<CgroupException>().WithMessage("what systemd sent is no D-Bus message");
    }

    [Fact]
    public void Stop_RunningUnit_WaitsForItsEnd()
    {
        using var systemd = new FakeSystemd(FakeSystemd.Agree);
        using (var manager = systemd.Connect())
        {
            manager.Stop("x.scope");
        }
        systemd.CallsAtTheEnd().ConvertAll(call => call.Member).Should().Equal("StopUnit", "ResetFailedUnit");
    }

    [Fact]
    public void Stop_NoSuchUnit_IsDone()
    {
        using var systemd = new FakeSystemd(call => [call.Error("org.freedesktop.systemd1.NoSuchUnit", "Unit x.scope not loaded.")]);
        using var manager = systemd.Connect();
        manager.Stop("x.scope");
    }

    [Fact]
    public void Stop_Hangs_EndsInTime()
    {
        using var systemd = new FakeSystemd(call => call.Member == "StopUnit" ? [call.Reply(BusValue.Of(FakeSystemd.Job, 'o'))] : [call.Reply()]);
        using var manager = systemd.Connect(patience: 2000); // the reply has to come within
        var act = () => manager.Stop("x.scope");
        act.Should().Throw<CgroupException>().WithMessage("systemd hangs: stopping the unit x.scope*");
    }

    [Fact]
    public void SetProperties_OneUnknown_SetsTheOthers()
    {
        using var systemd = new FakeSystemd(call => call.Has("Foo") ? [call.Error("org.freedesktop.DBus.Error.PropertyReadOnly", "Cannot set property Foo, or unknown property.")] : [call.Reply()]);
        using (var manager = systemd.Connect())
        {
            manager.SetProperties("x.scope", Properties());
        }
        systemd.Calls.Should().HaveCount(2);
        systemd.Calls[1].Message.BodySignature.Should().Be("sba(sv)");
    }

    [Fact]
    public void ControlGroup_OfAUser_IsRead()
    {
        using var systemd = new FakeSystemd(call => [call.Reply(BusValue.Variant(BusValue.Of("/user.slice/user-1000.slice/user@1000.service")))]);
        using var manager = systemd.Connect();
        manager.ControlGroup().Should().Be("/user.slice/user-1000.slice/user@1000.service");
    }
}
