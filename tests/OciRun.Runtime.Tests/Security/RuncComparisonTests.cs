using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using OciRun.Runtime.Security;
using OciRun.Spec;
using static OciRun.Runtime.Tests.Security.Profiles;

namespace OciRun.Runtime.Tests.Security;

/// <summary>
/// The program that runc loads for a profile, seen by strace, and ours do the same with every call. Both go through the installed libseccomp, so what
/// is compared is our reading of the profile and the stub for newer calls.
/// </summary>
public sealed partial class RuncComparisonTests : IDisposable
{
    private readonly string _bundle = Directory.CreateTempSubdirectory("ocirun-seccomp-").FullName;

    public static TheoryData<string, Seccomp> Cases => new()
    {
        { "deny list", Profile("SCMP_ACT_ALLOW", Rule("SCMP_ACT_ERRNO", "mkdir", "socket").Returning(95), Rule("SCMP_ACT_KILL_PROCESS", "ptrace")).On("SCMP_ARCH_X86_64") },
        {
            "conditions", Profile("SCMP_ACT_ERRNO", AllowAll(), Rule("SCMP_ACT_ALLOW", "clone").Where((0, "SCMP_CMP_MASKED_EQ", 0x7e020000, 0)),
                Rule("SCMP_ACT_ALLOW", "personality").Where((0, "SCMP_CMP_EQ", 0, 0), (0, "SCMP_CMP_EQ", 8, 0)),
                Rule("SCMP_ACT_ERRNO", "socket").Where((0, "SCMP_CMP_EQ", 16, 0), (2, "SCMP_CMP_EQ", 9, 0)).Returning(22),
                Rule("SCMP_ACT_LOG", "mkdir").Where((1, "SCMP_CMP_GT", 16, 0))).On("SCMP_ARCH_X86_64", "SCMP_ARCH_X32", "SCMP_ARCH_X86")
        },
        { "podman's", PodmanWithEperm() },
    };

    [Theory]
    [MemberData(nameof(Cases), DisableDiscoveryEnumeration = true)]
    public void Compile_ProfileThatRuncLoads_DoesTheSameWithEveryCall(string what, Seccomp profile)
    {
        Machine.RequireX86_64();
        byte[] theirs = CompileWithRunc(profile), ours = Compile(profile).Program;
        var random = new Random(1);
        ulong[] values = [0, 1, 8, 9, 16, 17, 0x20000, 0x7e020000, 0x11, 0xffffffff, 0x1_00000000];
        foreach (var (architecture, bit) in new[] { (Bpf.X86_64, 0u), (Bpf.X86_64, Bpf.X32Bit), (Bpf.I386, 0u), (Bpf.Aarch64, 0u) })
        {
            for (uint number = 0; number < 700; number++)
            {
                for (int i = 0; i < 20; i++)
                {
                    ulong[] arguments = [.. Enumerable.Range(0, 6).Select(_ => values[random.Next(values.Length)])];
                    var data = new SeccompData(bit | number, architecture, arguments);
                    Assert.True(BpfInterpreter.Run(ours, data) == BpfInterpreter.Run(theirs, data), $"{what}: {data.Architecture:x} {data.Number}({string.Join(", ", arguments)})");
                }
            }
        }
    }

    public void Dispose() => Directory.Delete(_bundle, recursive: true);

    private static SeccompRule AllowAll() => Rule("SCMP_ACT_ALLOW",
        "read", "write", "openat", "close", "execve", "exit_group", "brk", "mmap", "mprotect", "munmap", "fstat", "newfstatat", "futex", "rt_sigreturn",
        "rt_sigaction", "rt_sigprocmask", "arch_prctl", "set_tid_address", "set_robust_list", "prlimit64", "rseq", "getrandom", "epoll_pwait", "fcntl",
        "nanosleep", "getpid", "tgkill", "sched_yield", "sigaltstack", "gettid", "clock_gettime", "pread64", "access", "statx", "faccessat2");

    private static Seccomp PodmanWithEperm()
    {
        if (!File.Exists("/usr/share/containers/seccomp.json"))
            return Profile("SCMP_ACT_ALLOW");
        var profile = PodmanProfile.Require();
        profile.DefaultErrnoRet = 1;
        return profile;
    }

    private byte[] CompileWithRunc(Seccomp profile)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "runc is run as root here");
        Assert.SkipUnless(File.Exists("/usr/sbin/runc") || File.Exists("/usr/bin/runc"), "runc is not installed");
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "strace is not installed");
        Directory.CreateDirectory($"{_bundle}/rootfs/bin");
        File.Copy("/bin/true", $"{_bundle}/rootfs/bin/true"); // its libraries are not there: the filter is loaded before that matters
        Run("runc", ["spec", "--bundle", _bundle]);
        var config = JsonNode.Parse(File.ReadAllText($"{_bundle}/config.json"))!;
        config["process"]!["terminal"] = false;
        config["process"]!["args"] = new JsonArray("/bin/true");
        config["process"]!["rlimits"] = new JsonArray();
        config["linux"]!["seccomp"] = JsonSerializer.SerializeToNode(profile, JsonSerializerOptions.Web);
        File.WriteAllText($"{_bundle}/config.json", config.ToJsonString());
        Run("strace", ["-f", "-v", "-s", "9", "-e", "trace=seccomp,prctl", "-o", $"{_bundle}/trace",
            "runc", "--root", $"{_bundle}/state", "run", "--bundle", _bundle, Path.GetFileName(_bundle)]);
        string? loaded = File.ReadLines($"{_bundle}/trace").LastOrDefault(line => line.Contains("filter=[", StringComparison.Ordinal));
        string said = File.ReadAllText($"{_bundle}/output");
        Assert.SkipWhen(said.Contains("PTRACE_", StringComparison.Ordinal), $"strace may not trace here: {said}");
        Assert.True(loaded is not null, $"runc loaded no filter: {said}");
        return Parse(loaded!);
    }

    private void Run(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true };
        using var process = System.Diagnostics.Process.Start(start)!;
        File.WriteAllText($"{_bundle}/output", process.StandardError.ReadToEnd());
        process.WaitForExit();
    }

    private static byte[] Parse(string line)
    {
        List<BpfInstruction> program = [];
        foreach (Match match in Instruction().Matches(line))
        {
            uint[] numbers = [.. match.Groups[2].Value.Split(", ").Select(Number)];
            program.Add(new((ushort)Number(match.Groups[1].Value), numbers.Length > 1 ? (byte)numbers[1] : (byte)0, numbers.Length > 1 ? (byte)numbers[2] : (byte)0,
                numbers[0]));
        }
        return MemoryMarshal.AsBytes(program.ToArray().AsSpan()).ToArray();
    }

    // Words and numbers joined by a bar.
    private static uint Number(string text) => text.Split('|').Aggregate(0u, (sum, word) => sum | word switch
    {
        "BPF_LD" or "BPF_W" or "BPF_K" or "BPF_JA" or "SECCOMP_RET_KILL_THREAD" => 0u,
        "BPF_ABS" => 0x20,
        "BPF_JMP" => 0x05,
        "BPF_JEQ" => 0x10,
        "BPF_JGT" => 0x20,
        "BPF_JGE" => 0x30,
        "BPF_JSET" => 0x40,
        "BPF_RET" => 0x06,
        "BPF_ALU" => 0x04,
        "BPF_AND" => 0x50,
        "SECCOMP_RET_ALLOW" => Bpf.Allow,
        "SECCOMP_RET_ERRNO" => 0x50000,
        "SECCOMP_RET_KILL_PROCESS" => Bpf.KillProcess,
        "SECCOMP_RET_LOG" => Bpf.Log,
        _ => word.StartsWith("0x", StringComparison.Ordinal) ? Convert.ToUInt32(word, 16) : uint.Parse(word),
    });

    [GeneratedRegex(@"BPF_(?:STMT|JUMP)\(([A-Z_|]+), ([^)]*)\)")]
    private static partial Regex Instruction();
}
