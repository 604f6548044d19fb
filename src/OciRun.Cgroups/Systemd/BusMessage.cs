using System.Buffers.Binary;

namespace OciRun.Cgroups.Systemd;

/// <summary>A D-Bus message that came in, and how calls are written (D-Bus specification, "Message Format").</summary>
internal sealed class BusMessage
{
    internal const byte Call = 1, Reply = 2, Error = 3, Signal = 4;
    internal const byte NoReplyExpected = 1;

    /// <summary>Enough for the sizes of the rest.</summary>
    internal const int FixedHeader = 16;
    private const int MaxSize = 1 << 20; // the protocol allows 128 MiB; what systemd has to say to us is short

    internal byte Type { get; private set; }

    /// <summary>Of the call that this answers; 0: none.</summary>
    internal uint ReplySerial { get; private set; }

    internal string Member { get; private set; } = "";

    internal string ErrorName { get; private set; } = "";

    internal string BodySignature { get; private set; } = "";

    internal byte[] Body { get; private set; } = [];

    /// <summary>A call of a method.</summary>
    internal static byte[] WriteCall(uint serial, byte flags, string destination, string path, string @interface, string member, IReadOnlyList<BusValue> arguments)
    {
        var message = new BusWriter();
        message.Byte((byte)'l');
        message.Byte(Call);
        message.Byte(flags);
        message.Byte(1); // version of the protocol
        message.UInt32(0); // length of the body
        message.UInt32(serial);
        List<BusValue> fields = [Field(1, BusValue.Of(path, 'o')), Field(2, BusValue.Of(@interface)), Field(3, BusValue.Of(member)), Field(6, BusValue.Of(destination))];
        if (arguments.Count > 0)
        {
            fields.Add(Field(8, BusValue.Of(BusValue.Signatures(arguments), 'g')));
        }
        message.Value(BusValue.Array("(yv)", fields));
        message.Align(8);
        var start = message.Length;
        foreach (var argument in arguments)
        {
            message.Value(argument); // the body begins at a multiple of 8, so that its alignments are those of the whole
        }
        message.UInt32At(4, (uint)(message.Length - start));
        return message.Written.ToArray();

        static BusValue Field(byte code, BusValue value) => BusValue.Struct(BusValue.Number('y', code), BusValue.Variant(value));
    }

    /// <summary>The size of the message that begins so.</summary>
    /// <param name="start"><see cref="FixedHeader"/> bytes.</param>
    /// <exception cref="CgroupException">It is no message, or one of the other byte order.</exception>
    internal static int Size(ReadOnlySpan<byte> start)
    {
        long body = BinaryPrimitives.ReadUInt32LittleEndian(start[4..]);
        long fields = BinaryPrimitives.ReadUInt32LittleEndian(start[12..]);
        var size = FixedHeader + ((fields + 7) / 8 * 8) + body;
        return start[0] == 'l' && start[3] == 1 && size <= MaxSize ? (int)size : throw BusReader.Malformed();
    }

    /// <param name="data">Exactly one message.</param>
    /// <exception cref="CgroupException">It is none.</exception>
    internal static BusMessage Parse(ReadOnlySpan<byte> data)
    {
        var message = new BusMessage { Type = data[1] };
        var end = FixedHeader + (int)BinaryPrimitives.ReadUInt32LittleEndian(data[12..]);
        var reader = new BusReader(data[..end]);
        for (var i = 0; i < FixedHeader; i++)
        {
            reader.Byte();
        }
        while (!reader.AtEnd)
        {
            reader.Align(8);
            message.ReadField(ref reader);
        }
        message.Body = data[((end + 7) / 8 * 8)..].ToArray();
        return message;
    }

    private void ReadField(ref BusReader reader)
    {
        var code = reader.Byte();
        switch (reader.Signature())
        {
            case "u":
                var number = reader.UInt32();
                ReplySerial = code == 5 ? number : ReplySerial;
                break;
            case "g":
                var signature = reader.Signature();
                BodySignature = code == 8 ? signature : BodySignature;
                break;
            case "s" or "o":
                var text = reader.Text();
                Member = code == 3 ? text : Member;
                ErrorName = code == 4 ? text : ErrorName;
                break;
            default:
                throw BusReader.Malformed(); // the specification has no field of another type
        }
    }
}
