using System.Globalization;
using System.Runtime.InteropServices;

namespace OciRun.Linux;

/// <summary>
/// The part of bpf(2) that device filters of cgroup v2 need. The kernel gets a zeroed union of full size in every call: kernels 6.17 to 7.1 write the revision
/// behind a shorter one in BPF_PROG_QUERY, over whatever lies there.
/// </summary>
public static unsafe class Bpf
{
    private const int CommandLoad = 5;
    private const int CommandAttach = 8;
    private const int CommandDetach = 9;
    private const int CommandGetFdById = 13;
    private const int CommandQuery = 16;
    private const uint TypeCgroupDevice = 15; // BPF_PROG_TYPE_CGROUP_DEVICE, 4.15
    private const uint AttachCgroupDevice = 6; // BPF_CGROUP_DEVICE
    private const uint AllowMulti = 2;
    private const uint ReplaceFlag = 4; // BPF_F_REPLACE, 5.6
    private const int UnionSize = 256; // sizeof(union bpf_attr) is 168 on 6.18; the kernel wants the rest to be zero (E2BIG otherwise)
    private const int MaxPrograms = 64; // BPF_CGROUP_MAX_PROGS

    /// <summary>Loads a device filter: the verifier checks it, and the descriptor keeps it.</summary>
    /// <param name="instructions">Eight bytes each (struct bpf_insn), native byte order.</param>
    /// <exception cref="LinuxException">bpf(BPF_PROG_LOAD) failed.</exception>
    public static SafeFd LoadDeviceFilter(ReadOnlySpan<ulong> instructions)
    {
        ReadOnlySpan<byte> license = "Apache\0"u8;
        var attr = stackalloc byte[UnionSize];
        new Span<byte>(attr, UnionSize).Clear();
        fixed (ulong* code = instructions)
        fixed (byte* words = license)
        {
            *(uint*)attr = TypeCgroupDevice;
            *(uint*)(attr + 4) = (uint)instructions.Length;
            *(ulong**)(attr + 8) = code;
            *(byte**)(attr + 16) = words;
            // The verifier gives EAGAIN when a signal is pending: five times is what libbpf does.
            long fd = -1;
            for (var attempt = 0; attempt < 5; attempt++)
            {
                fd = Native.Syscall(Number, CommandLoad, (long)attr, UnionSize);
                if (fd >= 0 || Native.LastErrno != Errno.EAGAIN)
                {
                    break;
                }
            }
            return fd >= 0 ? new SafeFd((int)fd) : throw Failure("BPF_PROG_LOAD", "BPF_PROG_TYPE_CGROUP_DEVICE");
        }
    }

    /// <summary>Attaches a device filter to a cgroup, beside those that are there; with <paramref name="replaced"/> in the place of that one, at once.</summary>
    /// <exception cref="LinuxException">bpf(BPF_PROG_ATTACH) failed: EPERM also when a cgroup above has a filter without BPF_F_ALLOW_MULTI.</exception>
    public static void AttachDeviceFilter(SafeFd cgroup, SafeFd program, SafeFd? replaced = null)
    {
        var attr = stackalloc byte[UnionSize];
        new Span<byte>(attr, UnionSize).Clear();
        *(int*)attr = cgroup.Number;
        *(int*)(attr + 4) = program.Number;
        *(uint*)(attr + 8) = AttachCgroupDevice;
        *(uint*)(attr + 12) = replaced is null ? AllowMulti : AllowMulti | ReplaceFlag;
        *(int*)(attr + 16) = replaced?.Number ?? 0;
        if (Native.Syscall(Number, CommandAttach, (long)attr, UnionSize) < 0)
        {
            throw Failure("BPF_PROG_ATTACH", "BPF_CGROUP_DEVICE");
        }
    }

    /// <summary>Takes a device filter off a cgroup.</summary>
    /// <exception cref="LinuxException">bpf(BPF_PROG_DETACH) failed.</exception>
    public static void DetachDeviceFilter(SafeFd cgroup, SafeFd program)
    {
        var attr = stackalloc byte[UnionSize];
        new Span<byte>(attr, UnionSize).Clear();
        *(int*)attr = cgroup.Number;
        *(int*)(attr + 4) = program.Number;
        *(uint*)(attr + 8) = AttachCgroupDevice;
        if (Native.Syscall(Number, CommandDetach, (long)attr, UnionSize) < 0)
        {
            throw Failure("BPF_PROG_DETACH", "BPF_CGROUP_DEVICE");
        }
    }

    /// <summary>The device filters that are attached to a cgroup itself (not to those above it), as descriptors for the caller to dispose.</summary>
    /// <exception cref="LinuxException">bpf(BPF_PROG_QUERY) or bpf(BPF_PROG_GET_FD_BY_ID) failed.</exception>
    public static List<SafeFd> QueryDeviceFilters(SafeFd cgroup)
    {
        var ids = stackalloc uint[MaxPrograms];
        var attr = stackalloc byte[UnionSize];
        new Span<byte>(attr, UnionSize).Clear();
        *(int*)attr = cgroup.Number;
        *(uint*)(attr + 4) = AttachCgroupDevice;
        *(uint**)(attr + 16) = ids;
        *(uint*)(attr + 24) = MaxPrograms;
        if (Native.Syscall(Number, CommandQuery, (long)attr, UnionSize) < 0)
        {
            throw Failure("BPF_PROG_QUERY", "BPF_CGROUP_DEVICE");
        }
        var count = *(uint*)(attr + 24);
        var programs = new List<SafeFd>((int)count);
        for (var i = 0; i < count; i++)
        {
            new Span<byte>(attr, UnionSize).Clear();
            *(uint*)attr = ids[i];
            var fd = Native.Syscall(Number, CommandGetFdById, (long)attr, UnionSize);
            if (fd >= 0)
            {
                programs.Add(new SafeFd((int)fd));
            }
            else if (Native.LastErrno != Errno.ENOENT) // gone since the query
            {
                var failure = Failure("BPF_PROG_GET_FD_BY_ID", string.Create(CultureInfo.InvariantCulture, $"{ids[i]}"));
                programs.ForEach(program => program.Dispose());
                throw failure;
            }
        }
        return programs;
    }

    private static long Number => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 321 : 280;

    private static LinuxException Failure(string command, string what) => new("bpf", string.Create(CultureInfo.InvariantCulture, $"{command}, {what}"), Native.LastErrno);
}
