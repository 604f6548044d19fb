using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace OciRun.Runtime.Tests.Sources;

/// <summary>Rules about the source that no run of the program can show (rows X32, X39, X51): each names the CVEs that it is for.</summary>
public sealed class SourceRulesTests
{
    // Calls that take a path. Below the root file system only what resolve.c has opened may be used: a descriptor, or one name below it that is not followed.
    private static readonly string[] s_pathCalls =
    [
        "open", "openat", "creat", "mkdir", "mknod", "symlink", "link", "unlink", "rmdir", "rename", "chmod", "chown", "lchown", "stat", "lstat", "access", "readlink",
        "opendir", "truncate", "utimes", "setxattr", "getxattr", "mount", "umount2", "umount", "chroot", "chdir", "pivot_root", "statfs",
    ];

    // What is left of them, with the reason: nothing here can name something below the root file system while others can change it.
    private static readonly (string File, string Call, string Why)[] s_allowed =
    [
        ("resolve.c", "open(\"/\"", "the root itself, when joining"),
        ("resolve.c", "open(\"/proc\"", "the host's procfs, verified"),
        ("procfs.c", "open(\"/proc\"", "the host's procfs, verified"),
        ("pivot.c", "open(\"/\"", "the old root, for its unmounting"),
        ("pivot.c", "mount(NULL, \".\"", "propagation of the old root"),
        ("pivot.c", "umount2(\".\"", "the old root"),
        ("pivot.c", "mount(NULL, place", "--no-pivot: mounts of the host"),
        ("pivot.c", "umount2(place", "--no-pivot: mounts of the host"),
        ("pivot.c", "mount(\"tmpfs\", place", "--no-pivot: covers what is locked"),
        ("pivot.c", "mount(\".\", \"/\"", "--no-pivot: the root moves"),
        ("pivot.c", "chroot(\".\"", "the root that is our working directory"),
        ("pivot.c", "chdir(\"/\"", "the new root"),
        ("mount.c", "mount(NULL, text_of", "propagation of the host's view"),
        ("mount.c", "open(path, O_PATH | O_DIRECTORY", "the root file system itself, opened once"),
        ("mount.c", "umount2(number", "the number of a descriptor, in the verified procfs of the host"),
        ("mount.c", "open(path, flags", "the source of a bind mount: a path of the host"),
        ("lookup.c", "stat(path, &info)", "the program, as execve will find it: after the pivot, with the final credentials, in its own root"),
        ("lookup.c", "access(path, X_OK)", "the same program, the same way"),
        ("lookup.c", "open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY", "its first bytes, for the hint about a missing interpreter"),
        ("opener.c", "open(\"/proc/self/ns/mnt\"", "our own namespace, by the host's procfs, before the pivot"),
        ("early.c", "open(\"/dev/null\"", "in the parent, before anything"),
    ];

    private static string Root { get; } = FindRoot();

    private static string FindRoot()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (directory is not null && !File.Exists(Path.Combine(directory.FullName, "OciRun.sln")))
        {
            directory = directory.Parent;
        }

        Assert.SkipWhen(directory is null, "the source is not here: these tests read it");
        return directory!.FullName;
    }

    /// <summary>The lines of a C or C# file without comments.</summary>
    private static string Code(string path) => Regex.Replace(File.ReadAllText(path), @"/\*.*?\*/|//[^\n]*", "", RegexOptions.Singleline);

    private static IEnumerable<string> Files(string folder, string pattern) => Directory.EnumerateFiles(Path.Combine(Root, "src", folder), pattern, SearchOption.AllDirectories)
        .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    /// <summary>Calls by a path that are in the stage and not in the list.</summary>
    private static List<string> PathCalls(string file, string code)
    {
        var found = new List<string>();
        foreach (Match match in Regex.Matches(code, @"(?<![\w.>])(" + string.Join('|', s_pathCalls) + @")\(([^;]*)"))
        {
            string call = match.Value;
            if (!s_allowed.Any(a => a.File == file && call.StartsWith(a.Call, StringComparison.Ordinal)) && !IsByHandle(match.Groups[1].Value, match.Groups[2].Value))
            {
                found.Add($"{file}: {call}");
            }
        }

        return found;
    }

    /// <summary>openat of one name below a descriptor: with O_NOFOLLOW, O_EXCL, or below the private procfs.</summary>
    private static bool IsByHandle(string call, string arguments) =>
        call == "openat" && !arguments.StartsWith("AT_FDCWD", StringComparison.Ordinal)
        && (arguments.Contains("O_NOFOLLOW", StringComparison.Ordinal) || arguments.Contains("\"user\"", StringComparison.Ordinal)
            || arguments.Contains("\".\"", StringComparison.Ordinal) || arguments.StartsWith("dir, name, flags", StringComparison.Ordinal));

    [Fact]
    [Trait("Row", "X39")]
    public void X39_Stage_NoStringPathBelowTheRoot()
    {
        var found = new List<string>();
        foreach (string path in Files("native", "*.c"))
        {
            found.AddRange(PathCalls(Path.GetFileName(path), Code(path)));
        }

        string.Join("; ", found).Should().BeEmpty("paths below the root file system become descriptors in resolve.c (14 CVEs of runc are of this one class)");
    }

    [Theory]
    [Trait("Row", "X39")]
    [InlineData("int fd = open(path, O_RDONLY);")]
    [InlineData("mkdir(target, 0755);")]
    [InlineData("fd = openat(parent, name, O_PATH);")]
    [InlineData("r = mount(source, target, type, 0, NULL);")]
    [InlineData("openat(AT_FDCWD, path, O_NOFOLLOW);")]
    public void X39_Rule_FindsWhatItIsFor(string line) => PathCalls("device.c", line).Should().ContainSingle();

    [Fact]
    [Trait("Row", "X39")]
    public void X39_EveryExceptionIsStillThere()
    {
        foreach (var (file, call, why) in s_allowed)
        {
            Code(Path.Combine(Root, "src/native", file)).Should().Contain(call, "the exception ({0}) is not needed any more: take it off the list", why);
        }
    }

    [Fact]
    [Trait("Row", "X39")]
    public void X39_Runtime_NoFileOfTheRootFileSystemIsOpenedInCSharp()
    {
        // What has to be read there (passwd) comes as a descriptor. File and Directory of .NET take paths, and follow what they meet.
        foreach (string path in Files("OciRun.Runtime", "*.cs").Concat(Files("OciRun.Cgroups", "*.cs")))
        {
            string code = Code(path);
            code.Should().NotMatchRegex(@"(?<![\w.])((File|FileInfo|DirectoryInfo|FileStream|StreamReader)[.(]|Directory\.(Create|Delete|Get|Enumerate|Exists|Move))", path);
            code.Should().NotMatchRegex(@"(?<![\w])(System\.Diagnostics\.Process|Process\.Start)\b", path);
        }
    }

    [Fact]
    [Trait("Row", "X51")]
    public void X51_Stage_MountsAreBuiltDetached()
    {
        // mount(2) only changes propagation or belongs to --no-pivot; everything that is mounted goes through move_mount.
        foreach (string path in Files("native", "*.c").Where(f => Path.GetFileName(f) is not "pivot.c"))
        {
            foreach (Match match in Regex.Matches(Code(path), @"(?<![\w.])mount\(([^;]*)"))
            {
                match.Groups[1].Value.Should().StartWith("NULL, text_of(st, step->s[0]), NULL,", path);
            }
        }

        Code(Path.Combine(Root, "src/native/mount.c")).Should().Contain("k_move_mount(st->tree, target)");
    }

    [Fact]
    [Trait("Row", "X32")]
    public void X32_Bpf_EveryCallPassesTheWholeUnionZeroed()
    {
        string code = Code(Path.Combine(Root, "src/OciRun.Linux/Bpf.cs"));
        int size = int.Parse(Regex.Match(code, @"const int UnionSize = (\d+);").Groups[1].Value, CultureInfo.InvariantCulture);
        var calls = Regex.Matches(code, @"Native\.Syscall\(Number, (\w+), (\(long\)attr, \w+)\)");
        calls.Should().HaveCount(5);
        foreach (Match call in calls)
        {
            call.Groups[2].Value.Should().Be("(long)attr, UnionSize", call.Groups[1].Value);
        }

        Regex.Count(code, @"var attr = stackalloc byte\[UnionSize\];\s*new Span<byte>\(attr, UnionSize\)\.Clear\(\);").Should().Be(Regex.Count(code, @"var attr ="));
        foreach (string path in Files("", "*.cs").Where(f => !f.EndsWith("/Bpf.cs", StringComparison.Ordinal)))
        {
            Code(path).Should().NotMatchRegex(@"Syscall\((321|280)\b", "bpf(2) is called in Bpf.cs only: {0}", path);
        }

        AssertInC($"#include <linux/bpf.h>\n_Static_assert(sizeof(union bpf_attr) <= {size}, \"UnionSize\");\n");
    }

    private static void AssertInC(string text)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/gcc") && File.Exists("/usr/include/linux/bpf.h"), "the comparison with the kernel's header needs gcc and linux-libc-dev");
        using var gcc = Process.Start(new ProcessStartInfo("/usr/bin/gcc", ["-x", "c", "-fsyntax-only", "-"]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        gcc.StandardInput.Write(text);
        gcc.StandardInput.Close();
        string errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        gcc.ExitCode.Should().Be(0, errors);
    }
}
