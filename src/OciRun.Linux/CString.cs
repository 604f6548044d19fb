using System.Text;

namespace OciRun.Linux;

/// <summary>Strings as the kernel wants them: UTF-8 with a NUL at the end.</summary>
internal static class CString
{
    /// <exception cref="ArgumentException">A NUL inside would cut the string short in the kernel, unseen.</exception>
    internal static byte[] Of(string text)
    {
        if (text.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("a NUL character in a path or name: " + Quoting.Quote(text));
        }

        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
