using System.Net.Sockets;
using System.Text;
using OciRun.Cgroups.Systemd;

namespace OciRun.Cgroups.Tests.Systemd;

/// <summary>Plays systemd on a socket: one thread, one connection after the other, and for each call what the test wants.</summary>
internal sealed class FakeSystemd : IDisposable
{
    internal const string Job = "/org/freedesktop/systemd1/job/7";

    private readonly string _directory = System.IO.Directory.CreateTempSubdirectory("ocirun-systemd").FullName;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Thread _thread;

    /// <param name="answer">To a call: messages, in this order; none is silence.</param>
    /// <param name="greeting">To the authentication; null is silence.</param>
    internal FakeSystemd(Func<Call, IEnumerable<byte[]>> answer, string? greeting = "OK 0123456789abcdef0123456789abcdef\r\n")
    {
        Path = _directory + "/private";
        _listener.Bind(new UnixDomainSocketEndPoint(Path));
        _listener.Listen();
        _thread = new Thread(() => Serve(answer, greeting));
        _thread.Start();
    }

    internal string Path { get; }

    /// <summary>What was called, in this order.</summary>
    internal List<Call> Calls { get; } = [];

    /// <summary>The same, when nobody is connected any more: also those that wait for no answer have been read then.</summary>
    internal List<Call> CallsAtTheEnd()
    {
        _listener.Dispose();
        _thread.Join();
        return Calls;
    }

    /// <summary>The lines of the authentication.</summary>
    internal string Authentication { get; private set; } = "";

    internal SystemdManager Connect(int patience = 20_000, bool isBus = false) => SystemdManager.Connect([new BusAddress(Path, isBus)], patience);

    /// <summary>Everything that is asked works.</summary>
    internal static IEnumerable<byte[]> Agree(Call call) => call.Member is "StartTransientUnit" or "StopUnit" ? [call.Reply(BusValue.Of(Job, 'o')), Removed("done")] : [call.Reply()];

    internal static byte[] Removed(string result, string job = Job) =>
        Message(BusMessage.Signal, 0, [(3, BusValue.Of("JobRemoved"))], BusValue.Number('u', 7), BusValue.Of(job, 'o'), BusValue.Of("x.scope"), BusValue.Of(result));

    public void Dispose()
    {
        CallsAtTheEnd();
        System.IO.Directory.Delete(_directory, recursive: true);
    }

    private void Serve(Func<Call, IEnumerable<byte[]>> answer, string? greeting)
    {
        try
        {
            while (true)
            {
                using var peer = _listener.Accept();
                Talk(peer, answer, greeting);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }

    private void Talk(Socket peer, Func<Call, IEnumerable<byte[]>> answer, string? greeting)
    {
        var lines = new StringBuilder();
        var one = new byte[1];
        while (!lines.ToString().EndsWith("BEGIN\r\n", StringComparison.Ordinal))
        {
            if (peer.Receive(one) == 0)
            {
                return;
            }
            lines.Append((char)one[0]);
        }
        Authentication = lines.ToString();
        if (greeting is not null)
        {
            peer.Send(Encoding.ASCII.GetBytes(greeting));
        }
        while (Read(peer, BusMessage.FixedHeader) is { } start)
        {
            if (Read(peer, BusMessage.Size(start) - start.Length) is not { } rest)
            {
                return; // who gave up in the middle
            }
            byte[] message = [.. start, .. rest];
            var call = new Call(BitConverter.ToUInt32(message, 8), message[2], BusMessage.Parse(message));
            Calls.Add(call);
            foreach (var reply in greeting is null ? [] : answer(call))
            {
                peer.Send(reply);
            }
        }
    }

    private static byte[]? Read(Socket peer, int size)
    {
        var buffer = new byte[size];
        for (var done = 0; done < size;)
        {
            var count = peer.Receive(buffer, done, size - done, SocketFlags.None);
            if (count == 0)
            {
                return null;
            }
            done += count;
        }
        return buffer;
    }

    private static byte[] Message(byte type, uint replySerial, List<(byte Code, BusValue Value)> fields, params IReadOnlyList<BusValue> arguments)
    {
        if (replySerial > 0)
        {
            fields.Add((5, BusValue.Number('u', replySerial)));
        }
        if (arguments.Count > 0)
        {
            fields.Add((8, BusValue.Of(BusValue.Signatures(arguments), 'g')));
        }
        var body = new BusWriter();
        foreach (var argument in arguments)
        {
            body.Value(argument);
        }
        var message = new BusWriter();
        foreach (var value in new[] { (byte)'l', type, (byte)1, (byte)1 })
        {
            message.Byte(value);
        }
        message.UInt32((uint)body.Length);
        message.UInt32(99);
        message.Value(BusValue.Array("(yv)", fields.ConvertAll(field => BusValue.Struct(BusValue.Number('y', field.Code), BusValue.Variant(field.Value)))));
        message.Align(8);
        return [.. message.Written, .. body.Written];
    }

    /// <summary>A call that came in.</summary>
    internal sealed record Call(uint Serial, byte Flags, BusMessage Message)
    {
        internal string Member => Message.Member;

        internal byte[] Reply(params IReadOnlyList<BusValue> values) => FakeSystemd.Message(BusMessage.Reply, Serial, [], values);

        internal byte[] Error(string name, string text) => FakeSystemd.Message(BusMessage.Error, Serial, [(4, BusValue.Of(name))], BusValue.Of(text));

        /// <summary>A text occurs in the arguments.</summary>
        internal bool Has(string text) => Encoding.Latin1.GetString(Message.Body).Contains(text, StringComparison.Ordinal);
    }
}
