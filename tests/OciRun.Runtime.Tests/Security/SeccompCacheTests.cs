using System.Runtime.InteropServices;
using OciRun.Runtime.Security;

namespace OciRun.Runtime.Tests.Security;

/// <summary>The cache gives back what was stored, or nothing.</summary>
public sealed class SeccompCacheTests : IDisposable
{
    private static readonly byte[] s_program = Program(Bpf.Allow);

    private readonly string _parent = Directory.CreateTempSubdirectory("ocirun-cache-").FullName;
    private readonly string _directory;
    private readonly List<string> _debug = [];
    private readonly SeccompCache _cache;
    private readonly byte[] _key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    public SeccompCacheTests()
    {
        _directory = $"{_parent}/ocirun";
        _cache = new SeccompCache(_directory, createParent: false, new Diagnostics(_debug.Add));
    }

    private string Entry => $"{_directory}/{Convert.ToHexStringLower(_key)}";

    [Fact]
    public void Load_WhatWasStored_ComesBackWhole()
    {
        _cache.Store(_key, new CompiledFilter(s_program, ["clone9", "ünknown"], ["loongarch64"]));
        var filter = _cache.Load(_key);
        filter!.Program.Should().Equal(s_program);
        filter.UnknownSyscalls.Should().Equal("clone9", "ünknown");
        filter.UnknownArchitectures.Should().Equal("loongarch64");
        _debug.Should().BeEmpty();
    }

    [Fact]
    public void Store_FirstTime_MakesDirectoryAndFileForOurselvesOnly()
    {
        Store();
        File.GetUnixFileMode(_directory).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.GetUnixFileMode(Entry).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Directory.GetFiles(_directory).Should().Equal(Entry);
    }

    [Fact]
    public void Store_ParentMissing_MakesItOnlyWhenTold()
    {
        new SeccompCache($"{_parent}/a/ocirun", createParent: false, new Diagnostics()).Store(_key, new CompiledFilter(s_program, [], []));
        Directory.Exists($"{_parent}/a").Should().BeFalse();
        var cache = new SeccompCache($"{_parent}/a/ocirun", createParent: true, new Diagnostics());
        cache.Store(_key, new CompiledFilter(s_program, [], []));
        cache.Load(_key).Should().NotBeNull();
    }

    [Fact]
    public void Load_AnyByteChanged_IsRefused()
    {
        Store();
        var whole = File.ReadAllBytes(Entry);
        for (int at = 0; at < whole.Length; at++)
        {
            var damaged = whole.ToArray();
            damaged[at] ^= 0x40;
            File.WriteAllBytes(Entry, damaged);
            _cache.Load(_key).Should().BeNull($"byte {at} was changed");
        }
        File.WriteAllBytes(Entry, whole);
        _cache.Load(_key).Should().NotBeNull();
    }

    [Fact]
    public void Load_AnyLength_OnlyTheWholeIsTaken()
    {
        Store();
        var whole = File.ReadAllBytes(Entry);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(Entry, whole[..length]);
            _cache.Load(_key).Should().BeNull($"{length} of {whole.Length} bytes");
        }
        File.WriteAllBytes(Entry, [.. whole, 0]);
        _cache.Load(_key).Should().BeNull("a byte too many");
        File.WriteAllBytes(Entry, new byte[10_000_000]);
        _cache.Load(_key).Should().BeNull("too large");
    }

    [Fact]
    public void Load_EntryOfAnotherProfile_IsRefused()
    {
        Store();
        _key[0] ^= 1;
        File.Move($"{_directory}/{Convert.ToHexStringLower((byte[])[(byte)(_key[0] ^ 1), .. _key[1..]])}", Entry);
        _cache.Load(_key).Should().BeNull();
    }

    [Fact]
    public void Load_ProgramThatTheKernelWouldRefuse_IsRefused()
    {
        _cache.Store(_key, new CompiledFilter([.. s_program, .. new byte[8]], [], [])); // LD IMM at the end, no RET
        File.Exists(Entry).Should().BeTrue();
        _cache.Load(_key).Should().BeNull();
    }

    [Theory]
    [InlineData(UnixFileMode.GroupWrite)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void Load_WritableByOthers_IsRefused(UnixFileMode bit)
    {
        Store();
        File.SetUnixFileMode(Entry, File.GetUnixFileMode(Entry) | bit);
        _cache.Load(_key).Should().BeNull("the file");
        File.SetUnixFileMode(Entry, UnixFileMode.UserRead);
        _cache.Load(_key).Should().NotBeNull();
        File.SetUnixFileMode(_directory, File.GetUnixFileMode(_directory) | bit);
        _cache.Load(_key).Should().BeNull("the directory");
        _debug.Should().HaveCount(2).And.OnlyContain(line => line.Contains("others may write"));
    }

    [Fact]
    public void Load_ForeignOwner_IsRefused()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "giving a file away needs root");
        Store();
        Chown(Entry, 12345).Should().Be(0);
        _cache.Load(_key).Should().BeNull("the file");
        Chown(Entry, 0);
        Chown(_directory, 12345);
        _cache.Load(_key).Should().BeNull("the directory");
        _debug.Should().HaveCount(2).And.OnlyContain(line => line.Contains("belongs to user 12345"));
        Store();
        Chown(_directory, 0);
        _cache.Load(_key).Should().NotBeNull();
    }

    [Fact]
    public void Load_SymbolicLink_IsNotFollowed()
    {
        Store();
        File.Move(Entry, $"{_parent}/elsewhere");
        File.CreateSymbolicLink(Entry, $"{_parent}/elsewhere");
        _cache.Load(_key).Should().BeNull("the file");
        File.Delete(Entry);
        File.Move($"{_parent}/elsewhere", Entry);
        _cache.Load(_key).Should().NotBeNull();
        Directory.Move(_directory, $"{_parent}/real");
        Directory.CreateSymbolicLink(_directory, $"{_parent}/real");
        _cache.Load(_key).Should().BeNull("the directory");
        Store();
        _debug.Should().HaveCount(3);
    }

    [Fact]
    public void Load_FifoOrDirectoryInItsPlace_DoesNotHang()
    {
        Store();
        File.Delete(Entry);
        MakeFifo(Entry, 0x180).Should().Be(0);
        _cache.Load(_key).Should().BeNull();
        File.Delete(Entry);
        Directory.CreateDirectory(Entry);
        _cache.Load(_key).Should().BeNull();
        Store(); // cannot replace it; no harm
    }

    [Fact]
    public void Store_LinkInItsPlace_IsReplacedNotFollowed()
    {
        Directory.CreateDirectory(_directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.WriteAllText($"{_parent}/precious", "precious");
        File.CreateSymbolicLink(Entry, $"{_parent}/precious");
        Store();
        File.ReadAllText($"{_parent}/precious").Should().Be("precious");
        _cache.Load(_key).Should().NotBeNull();
    }

    [Fact]
    public void Store_NoPlaceForADirectory_CostsNothingButALine()
    {
        File.WriteAllText(_directory, "a file");
        Store();
        _cache.Load(_key).Should().BeNull();
        _debug.Should().HaveCount(2);
    }

    [Fact]
    public void Store_MoreThanTheBound_ForgetsTheOldest()
    {
        for (int i = 0; i < SeccompCache.MaxEntries; i++)
        {
            _key[0] = (byte)i;
            Store();
            File.SetLastWriteTimeUtc(Entry, DateTime.UtcNow.AddHours(-100 + i));
        }
        File.WriteAllText($"{_directory}/README", "not ours");
        File.WriteAllText($"{_directory}/.tmp-1-1", "left by a process that died");
        File.SetLastWriteTimeUtc($"{_directory}/.tmp-1-1", DateTime.UtcNow.AddHours(-1));
        File.WriteAllText($"{_directory}/.tmp-2-2", "being written");
        _key[0] = 200;
        Store();
        _cache.Load(_key).Should().NotBeNull();
        _key[0] = 0;
        _cache.Load(_key).Should().BeNull("it was the oldest");
        _key[0] = 1;
        _cache.Load(_key).Should().NotBeNull();
        Directory.GetFiles(_directory).Should().HaveCount(SeccompCache.MaxEntries + 2).And.NotContain($"{_directory}/.tmp-1-1");
    }

    [Fact]
    public async Task Store_ManyAtOnce_ReadersSeeWholeEntries()
    {
        Store();
        var programs = Enumerable.Range(0, 4).Select(i => Program(Bpf.Errno((uint)i))).ToArray();
        var writers = programs.Select(program => Task.Run(() =>
        {
            for (int i = 0; i < 100; i++)
                _cache.Store(_key, new CompiledFilter(program, [], []));
        })).ToArray();
        int read = 0;
        while (!writers.All(writer => writer.IsCompleted))
        {
            var filter = _cache.Load(_key);
            filter.Should().NotBeNull();
            (filter!.Program.AsSpan().SequenceEqual(s_program) || programs.Any(program => program.AsSpan().SequenceEqual(filter.Program))).Should().BeTrue();
            read++;
        }
        await Task.WhenAll(writers);
        read.Should().BeGreaterThan(0);
        Directory.GetFiles(_directory).Should().Equal(Entry);
    }

    public void Dispose() => Directory.Delete(_parent, recursive: true);

    private void Store() => _cache.Store(_key, new CompiledFilter(s_program, [], []));

    private static byte[] Program(uint action)
    {
        BpfInstruction[] program = [new(BpfInstruction.Load, 0, 0, 4), new(BpfInstruction.Return, 0, 0, action)];
        return MemoryMarshal.AsBytes(program.AsSpan()).ToArray();
    }

    private static int Chown(string path, int user)
    {
        using var process = System.Diagnostics.Process.Start("chown", [$"{user}", path]);
        process.WaitForExit();
        return process.ExitCode;
    }

    private static int MakeFifo(string path, int mode)
    {
        using var process = System.Diagnostics.Process.Start("mkfifo", ["-m", Convert.ToString(mode, 8), path]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
