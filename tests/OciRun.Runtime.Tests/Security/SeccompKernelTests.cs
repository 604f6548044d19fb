using System.Runtime.InteropServices;
using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

/// <summary>The kernel itself takes the programs, and does what the interpreter of these tests does. A filter belongs to a thread, and ends with it.</summary>
public sealed class SeccompKernelTests
{
    private const long Mkdir = 83, Chroot = 161, KexecLoad = 246, Newest = 4000;

    [Fact]
    public void Load_PodmansProfile_DeniesWhatItDoesNotName()
    {
        Machine.RequireX86_64();
        var profile = PodmanProfile.Require();
        profile.DefaultErrnoRet = 13;
        InThread(profile, () =>
        {
            Call(KexecLoad).Should().Be(Errno.EPERM); // a rule of the profile
            Call(180).Should().Be(Errno.EPERM); // nfsservctl, likewise
            Call(184).Should().Be(Errno.EACCES); // tuxcall: the default
            Call(Newest).Should().Be(Errno.ENOSYS);
        });
    }

    [Theory]
    [InlineData(null)]
    [InlineData("SECCOMP_FILTER_FLAG_LOG")]
    [InlineData("SECCOMP_FILTER_FLAG_SPEC_ALLOW")]
    public void Load_DenyList_DeniesOnlyThat(string? flag)
    {
        Machine.RequireX86_64();
        var profile = Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "mkdir").Returning(61), Rule("SCMP_ACT_ERRNO", "chroot").Where((0, "SCMP_CMP_EQ", 77, 0)).Returning(71));
        profile.Flags = flag is null ? null : [flag];
        InThread(profile, () =>
        {
            Call(Mkdir).Should().Be(Errno.ENODATA);
            Call(Chroot, 77).Should().Be(Errno.EPROTO);
            Call(Chroot, 0).Should().NotBe(Errno.EPROTO);
            Call(Newest).Should().Be(Errno.ENOSYS);
        });
    }

    [Fact]
    public void SupportsFlags_UnknownBit_IsNot()
    {
        SeccompKernel.SupportsFlags(1u << 30).Should().BeFalse();
        SeccompKernel.SupportsFlags(0).Should().BeTrue();
        SeccompKernel.SupportsFlags(SeccompWords.FlagWaitKillable).Should().BeFalse("it needs a listener");
    }

    [Fact]
    public void SupportsAction_Unknown_IsNot()
    {
        SeccompKernel.SupportsAction(SeccompWords.Error | 5).Should().BeTrue();
        SeccompKernel.SupportsAction(0x12340000).Should().BeFalse();
    }

    private static void InThread(Seccomp profile, Action check)
    {
        var plan = SeccompFilters.Prepare(profile, null, new Diagnostics())!;
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                Load(plan);
                check();
            }
            catch (Exception e)
            {
                failure = e;
            }
        });
        thread.Start();
        thread.Join();
        if (failure is not null)
            throw failure;
    }

    private static void Load(SeccompPlan plan)
    {
        var pinned = GCHandle.Alloc(plan.Program, GCHandleType.Pinned);
        var description = new FilterDescription { Count = (ushort)plan.InstructionCount, Program = pinned.AddrOfPinnedObject() };
        Prctl(38, 1, 0, 0, 0).Should().Be(0, "PR_SET_NO_NEW_PRIVS, of this thread");
        Syscall(317, 1, (nint)plan.Flags, ref description).Should().Be(0, "seccomp(SECCOMP_SET_MODE_FILTER)");
        pinned.Free();
    }

    private static Errno Call(long number, nint argument = 0) =>
        Syscall(number, argument, 0, 0) == -1 ? (Errno)Marshal.GetLastPInvokeError() : Errno.None;

    [StructLayout(LayoutKind.Sequential)]
    private struct FilterDescription
    {
        public ushort Count;
        public nint Program;
    }

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long Syscall(long number, nint operation, nint flags, ref FilterDescription program);

    [DllImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static extern long Syscall(long number, nint first, nint second, nint third);

    [DllImport("libc", EntryPoint = "prctl")]
    private static extern int Prctl(int option, nint second, nint third, nint fourth, nint fifth);
}
