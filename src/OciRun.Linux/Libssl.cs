using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>OpenSSL, with which .NET hashes. It ends the process where it finds none.</summary>
public static class Libssl
{
    /// <summary>There is one that .NET can load.</summary>
    public static bool IsPresent { get; } = NativeLibrary.TryLoad("libssl.so.3", out _) || NativeLibrary.TryLoad("libssl.so.1.1", out _);
}
