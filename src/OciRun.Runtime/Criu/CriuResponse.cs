using System.Text;

namespace OciRun.Runtime.Criu;

/// <summary>criu_resp of CRIU's rpc.proto, as far as anything here looks at it.</summary>
/// <param name="Type">Of the request that it answers, or <see cref="CriuRequestType.Notify"/>.</param>
/// <param name="Success">It worked.</param>
internal sealed record CriuResponse(CriuRequestType Type, bool Success)
{
    /// <summary>Of a notification: what has been reached, as <c>post-restore</c>.</summary>
    internal string Script { get; private init; } = "";

    /// <summary>Of a notification or a restore: the first process of the container; 0 when it is not named.</summary>
    internal int Pid { get; private init; }

    /// <summary>CRIU's first error, in its own words; empty when there is none.</summary>
    internal string Error { get; private init; } = "";

    /// <summary>major * 10000 + minor * 100 + sublevel.</summary>
    internal int Version { get; private init; }

    /// <summary>The kernel tells which pages were written, as a pre-dump needs it.</summary>
    internal bool TracksMemory { get; private init; }

    /// <summary>Pages can be fetched when they are touched.</summary>
    internal bool HasLazyPages { get; private init; }

    /// <exception cref="FormatException">It is none.</exception>
    internal static CriuResponse Parse(ReadOnlySpan<byte> message)
    {
        var response = new CriuResponse(0, false);
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            ReadOnlySpan<byte> bytes = reader.Bytes;
            response = reader.Field switch
            {
                1 => response with { Type = (CriuRequestType)reader.Number },
                2 => response with { Success = reader.Number != 0 },
                4 => response with { Pid = (int)NumberOf(bytes, 1) },
                5 => response with { Script = TextOf(bytes, 1), Pid = (int)NumberOf(bytes, 2) },
                8 => response with { TracksMemory = NumberOf(bytes, 1) != 0, HasLazyPages = NumberOf(bytes, 2) != 0 },
                9 => response with { Error = Encoding.UTF8.GetString(bytes) },
                10 => response with { Version = (int)((NumberOf(bytes, 1) * 10000) + (NumberOf(bytes, 2) * 100) + NumberOf(bytes, 4)) },
                _ => response,
            };
        }

        return response;
    }

    /// <summary>A number in a message; 0 when it has none of it.</summary>
    internal static long NumberOf(ReadOnlySpan<byte> message, int field)
    {
        long found = 0;
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            found = reader.Field == field ? reader.Number : found;
        }

        return found;
    }

    private static string TextOf(ReadOnlySpan<byte> message, int field)
    {
        string found = "";
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            found = reader.Field == field ? Encoding.UTF8.GetString(reader.Bytes) : found;
        }

        return found;
    }
}
