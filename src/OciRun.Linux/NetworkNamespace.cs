using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// A new network namespace, which the kernel makes on another processor, where there is one, while we go on: network_namespaces(7). It is gone with its last descriptor and process.
/// </summary>
public sealed unsafe class NetworkNamespace : IDisposable
{
    private void* _begun;

    private NetworkNamespace(void* begun) => _begun = begun;

    /// <summary>Begins to make it.</summary>
    /// <exception cref="LinuxException">As clone3(2).</exception>
    public static NetworkNamespace Begin()
    {
        void* begun;
        int result = Native.NetworkBegin(&begun);
        return result == 0 ? new NetworkNamespace(begun) : throw new LinuxException("clone3", "CLONE_VM|CLONE_FILES", (Errno)(-result));
    }

    /// <summary>Waits for it. Once only.</summary>
    /// <exception cref="LinuxException">As unshare(2).</exception>
    public SafeFd Take()
    {
        ObjectDisposedException.ThrowIf(_begun is null, this);
        int result = Finish(out string? call);
        return result >= 0 ? new SafeFd(result) : throw new LinuxException(call ?? "clone3", nameof(CloneFlags.NewNet), (Errno)(-result));
    }

    /// <summary>Waits for it and lets it go, where nobody has taken it.</summary>
    public void Dispose()
    {
        if (_begun is not null && Finish(out _) is >= 0 and var made)
        {
            new SafeFd(made).Dispose();
        }
    }

    private int Finish(out string? call)
    {
        byte* failed;
        int result = Native.NetworkTake(_begun, &failed);
        _begun = null;
        call = Marshal.PtrToStringUTF8((nint)failed);
        return result;
    }
}
