using System.Text;

namespace OciRun.Runtime.Criu;

/// <summary>criu_resp of CRIU's rpc.proto, as far as anything here looks at it.</summary>
internal sealed class CriuResponse
{
    /// <summary>Of the request that it answers, or <see cref="CriuRequestType.Notify"/>.</summary>
    internal CriuRequestType Type { get; private set; }

    /// <summary>It worked.</summary>
    internal bool Success { get; private set; }

    /// <summary>Of a notification: what has been reached, as <c>post-restore</c>.</summary>
    internal string Script { get; private set; } = "";

    /// <summary>Of a notification: the first process of the container; 0 when it is not named.</summary>
    internal int Pid { get; private set; }

    /// <summary>CRIU's first error, in its own words; empty when there is none.</summary>
    internal string Error { get; private set; } = "";

    /// <summary>major * 10000 + minor * 100 + sublevel.</summary>
    internal int Version { get; private set; }

    /// <summary>The kernel tells which pages were written, as a pre-dump needs it.</summary>
    internal bool TracksMemory { get; private set; }

    /// <summary>Pages can be fetched when they are touched.</summary>
    internal bool HasLazyPages { get; private set; }

    /// <exception cref="FormatException">It is none.</exception>
    internal static CriuResponse Parse(ReadOnlySpan<byte> message)
    {
        var response = new CriuResponse();
        var reader = new ProtobufReader(message);
        while (reader.Next())
        {
            response.Take(reader);
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

    private void Take(ProtobufReader field)
    {
        ReadOnlySpan<byte> bytes = field.Bytes;
        switch (field.Field)
        {
            case 1:
                Type = (CriuRequestType)field.Number;
                break;
            case 2:
                Success = field.Number != 0;
                break;
            case 5:
                Script = TextOf(bytes, 1);
                Pid = (int)NumberOf(bytes, 2);
                break;
            case 8:
                TracksMemory = NumberOf(bytes, 1) != 0;
                HasLazyPages = NumberOf(bytes, 2) != 0;
                break;
            case 9:
                Error = Encoding.UTF8.GetString(bytes);
                break;
            case 10:
                Version = (int)((NumberOf(bytes, 1) * 10000) + (NumberOf(bytes, 2) * 100) + NumberOf(bytes, 4));
                break;
        }
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
