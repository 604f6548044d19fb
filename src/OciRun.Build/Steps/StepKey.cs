using System.Globalization;
using System.Text;
using OciRun.Images;

namespace OciRun.Build.Steps;

/// <summary>The key by which a step is found again: a hash of the key before it, and of all else that it depends on.</summary>
internal static class StepKey
{
    /// <summary>No two lists of parts have one key.</summary>
    internal static Digest Of(params IEnumerable<string> parts)
    {
        var text = new StringBuilder();
        foreach (string part in parts)
        {
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        }

        return Digest.Of(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>A number, or that there is none.</summary>
    internal static string Text(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
