using OciRun.Linux;
using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

public sealed class SeccompKeyTests
{
    [Fact]
    public void Compute_EachProfileThatDiffers_HasItsOwnKey()
    {
        Seccomp[] profiles =
        [
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write")),
            Profile("SCMP_ACT_KILL", Rule("SCMP_ACT_ALLOW", "read", "write")),
            new() { DefaultAction = "SCMP_ACT_ERRNO", DefaultErrnoRet = 2, Syscalls = [Rule("SCMP_ACT_ALLOW", "read", "write")] },
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_LOG", "read", "write")),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read"), Rule("SCMP_ACT_ALLOW", "write")),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "readwrite")),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "rea", "dwrite")),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "wríte")),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write")).On("SCMP_ARCH_X86"),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write")).On("SCMP_ARCH_X86", "SCMP_ARCH_X32"),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((0, "SCMP_CMP_EQ", 1, 0))),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((1, "SCMP_CMP_EQ", 1, 0))),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((0, "SCMP_CMP_NE", 1, 0))),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((0, "SCMP_CMP_EQ", 2, 0))),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((0, "SCMP_CMP_EQ", 1, 1))),
            Profile("SCMP_ACT_ERRNO", Rule("SCMP_ACT_ALLOW", "read", "write").Where((0, "SCMP_CMP_EQ", 1, 0), (1, "SCMP_CMP_EQ", 1, 0))),
        ];
        profiles.Select(profile => Key(profile)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void Compute_OtherMaker_IsAnotherKey() =>
        Key(Profile("SCMP_ACT_ERRNO"), new FileStamp(1, 2, 3, 4, 6)).Should().NotBe(Key(Profile("SCMP_ACT_ERRNO"), new FileStamp(1, 2, 3, 4, 5)));

    [Fact]
    public void Compute_WhatDecidesNothing_IsTheSameKey()
    {
        var explicitly = new Seccomp { DefaultAction = "SCMP_ACT_ERRNO", DefaultErrnoRet = 1, Flags = ["SECCOMP_FILTER_FLAG_LOG"], ListenerPath = "/x", Syscalls = [] };
        Key(explicitly).Should().Be(Key(new Seccomp { DefaultAction = "SCMP_ACT_ERRNO" }));
    }

    private static string Key(Seccomp profile, FileStamp maker = default)
    {
        var key = new byte[Sha2.HashSize256];
        SeccompKey.Compute(SeccompRuleSet.Read(profile), maker, key);
        return Convert.ToHexString(key);
    }
}
