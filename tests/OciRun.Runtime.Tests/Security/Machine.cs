using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace OciRun.Runtime.Tests.Security;

/// <summary>What these tests need of the machine, each with the reason to skip without.</summary>
internal static partial class Machine
{
    internal static void RequireX86_64() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the numbers in this test are x86-64's");

    /// <summary>Numbers by name out of the kernel's own header: "64", "32" or "x32". Not libseccomp's: that is what is tested.</summary>
    internal static Dictionary<string, uint> RequireSyscallTable(string abi)
    {
        string path = $"/usr/include/x86_64-linux-gnu/asm/unistd_{abi}.h";
        Assert.SkipUnless(File.Exists(path), $"{path} is missing (linux-libc-dev)");
        Dictionary<string, uint> table = [];
        foreach (Match match in Definition().Matches(File.ReadAllText(path)))
            table[match.Groups[1].Value] = uint.Parse(match.Groups[3].Value) | (match.Groups[2].Success ? Bpf.X32Bit : 0);
        return table;
    }

    [GeneratedRegex(@"#define __NR_(\w+) (\(__X32_SYSCALL_BIT \+ )?(\d+)")]
    private static partial Regex Definition();
}
