using System.Globalization;

namespace OciRun.Build;

/// <summary>How to make an image of a container.</summary>
/// <param name="Pause">The container stands still while its files are read.</param>
/// <param name="Epoch">SOURCE_DATE_EPOCH: when the image is said to be made, and what no time in its new layers is later than, in seconds since 1970; null: now.</param>
public sealed record CommitOptions(bool Pause, long? Epoch)
{
    /// <summary>When an image is said to be made, RFC 3339.</summary>
    internal static string Created(long? epoch) =>
        (epoch is { } seconds ? DateTime.UnixEpoch.AddSeconds(seconds) : DateTime.UtcNow).ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
