namespace OciRun.Integration;

/// <summary>
/// What ocirun unpacks, file by file, next to what umoci and podman make of the same image: names, types, modes, owners, times, sizes, targets, devices, hard links, attributes,
/// content. The images are made by others: buildah, and mmdebstrap with podman.
/// </summary>
public sealed class ImageComparisonTests : IntegrationTest
{
    private const string DebianVariable = "OCIRUN_DEBIAN";

    /// <summary>
    /// All that a layer keeps. Left out is what no layer says: the size of directories, how many names a file has (an overlay still counts those that were replaced).
    /// </summary>
    private const string List = """
        list() {
            cd "$1"; export LC_ALL=C
            find . -printf '%P %y %m %U %G %T@ %l' \( -type d -printf '\n' -o -printf ' %s\n' \) | sort
            find . ! -type d -links +1 -printf '%i %P\n' | sort -k2 | awk '{ i = $1; n[i]++; g[i] = g[i] $0 "/"; gsub(i " ", "", g[i]) } END { for (i in g) if (n[i] > 1) print "linked:", g[i] }' | sort
            find . \( -type b -o -type c \) -exec stat -c '%n device %t:%T' {} + | sort
            getfattr -R -P -h -d -m - -e hex . | awk -v RS= '{ print "attributes", $0 }' | sort
            find . -type f -print0 | sort -z | xargs -0r sha256sum
        }

        """;

    /// <summary>Two layers of all that is rare; the upper one deletes, replaces, hides, and writes to names that were one file.</summary>
    private const string Odd = """
        c=$(buildah from scratch); cd "$(buildah mount $c)"
        mkdir -p d/sub hide/deep replaced gone
        echo a >d/a; ln d/a d/b; ln d/a d/sub/c; ln -s ../a d/sub/link; ln d/sub/link d/sub/link2; ln -s /nowhere abs
        echo x >hide/deep/x; echo y >hide/y; echo r >replaced/r; echo g >gone/g; echo lower >only-lower
        touch 'name with space' 'colon:comma,back\slash' "$(printf 'new\nline')" "$(printf 'latin\351')" .hidden
        setfattr -n user.note -v hello d/a; setfattr -n user.empty d/sub; setfattr -n user.bin -v 0x00ff00 d; setfattr -h -n trusted.link -v 1 d/sub/link
        cp /bin/true capable; setcap cap_net_raw,cap_chown+ep capable; cp /bin/true setid; chmod 6755 setid; chmod 1777 gone; chmod 000 only-lower
        chown -h 1000:1001 d/sub/link; chown 70000:80000 hide/y
        truncate -s 20M sparse; printf end | dd of=sparse bs=1 seek=10M conv=notrunc status=none
        l=$(printf 'n%.0s' $(seq 200)); mkdir -p $l/$l; echo long >$l/$l/$l; ln -s $l/$l/$l longlink
        mknod null c 1 3; mknod disk b 7 200; mkfifo -m 640 fifo
        touch -d '1969-12-31 23:59:58 UTC' old; touch -d '2038-01-20 03:14:08 UTC' late; touch -h -d '2001-02-03 UTC' abs; touch -d 2000-01-01 d
        cd /; buildah umount $c; buildah commit -q $c localhost/odd:1
        c=$(buildah from localhost/odd:1); cd "$(buildah mount $c)"
        rm -r gone hide replaced abs 'name with space'; mkdir hide abs; echo new >hide/new; echo file >replaced; echo in >abs/in
        echo more >>d/b; ln only-lower linked-up; chmod 700 d/sub
        cd /; buildah umount $c; buildah commit -q $c localhost/odd:2
        skopeo copy -q containers-storage:localhost/odd:2 oci:$1:test
        """;

    private const string Busybox = """
        c=$(buildah from scratch); cp -a "$2/." "$(buildah mount $c)"; buildah umount $c
        buildah config --cmd /bin/sh $c; buildah commit -q $c localhost/busybox:1
        skopeo copy -q containers-storage:localhost/busybox:1 oci:$1:test
        """;

    public ImageComparisonTests()
    {
        Assert.SkipUnless(RuntimeUnderTest.IsOurs, "only ocirun has images");
        foreach (string tool in new[] { "umoci", "podman", "buildah", "skopeo", "getfattr", "setcap" })
        {
            Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(directory => File.Exists(Path.Combine(directory, tool))), $"{tool} is not installed: it takes part in the comparison");
        }
    }

    private string Layout => Path.Combine(Sandbox.Directory, "layout");

    /// <summary>A script in mounts of its own, with an empty storage for podman and buildah.</summary>
    private CommandResult Script(string script, params string[] words)
    {
        string storage = Path.Combine(Sandbox.Directory, "storage.conf");
        File.WriteAllText(storage, $"[storage]\ndriver = \"overlay\"\ngraphroot = \"{Sandbox.Directory}/graph\"\nrunroot = \"{Sandbox.Directory}/runroot\"\n");
        // mount(8) since 2.39 would give the layers by fsconfig(2), whose values end at 256 bytes.
        return Sandbox.Program(["sh", "-euc", script, "sh", .. words]).InPrivateMounts(":").Env("CONTAINERS_STORAGE_CONF", storage).Env("LIBMOUNT_FORCE_MOUNT2", "always").Run().ShouldExit(0);
    }

    private Command Ocirun(params string[] words) => Sandbox.Runtime(["--root", Sandbox.StateRoot, "--store", Sandbox.Directory + "/store", .. words]);

    private void CompareAll(string source)
    {
        string directory = Sandbox.Directory;
        Ocirun("image", "import", "--quiet", "oci:" + source, "t").Run().ShouldExit(0);
        Ocirun("unpack", "--copy", "t", directory + "/copy").Run().ShouldExit(0);
        var layers = JsonNode.Parse(Ocirun("image", "inspect", "t").Run().ShouldExit(0).Output)!["layers"]!.AsArray().Select(layer => (string)layer!["directory"]!).Reverse().Append(directory + "/empty");
        Directory.CreateDirectory(directory + "/empty");
        Directory.CreateDirectory(directory + "/merged");

        string[] copy = Lines(Script(List + "list $1", directory + "/copy/rootfs"));
        string[] merged = Lines(Script(List + "mount -t overlay overlay -o lowerdir=$1 $2; list $2", string.Join(':', layers), directory + "/merged"));
        string[] umoci = Lines(Script(List + "umoci unpack --image $1 $2 2>&1; list $2/rootfs", source, directory + "/umoci"));
        string[] podman = Lines(Script(List + "i=$(podman pull -q oci:$1); list \"$(podman image mount $i)\"; podman image umount $i >&2", source));

        copy.Should().HaveCountGreaterThan(10);
        Same(merged, copy, "the layers, merged");
        Same(umoci.Where(IsNotOfAnEmptyAttribute), copy.Where(IsNotOfAnEmptyAttribute), "umoci");
        // The first line is the root directory, which podman makes 0555 and of now, whatever the image says; it has no times before 1970 either.
        Same(Comparable(podman), Comparable(copy), "podman");
        Ocirun("image", "verify").Run().ShouldExit(0);
    }

    private static IEnumerable<string> Comparable(IEnumerable<string> lines) => lines.Skip(1).Where(line => !line.StartsWith("old f ", StringComparison.Ordinal));

    /// <summary>umoci 0.6 leaves out attributes without a value, which 0.4 has, and podman.</summary>
    private static bool IsNotOfAnEmptyAttribute(string line) => line != "attributes # file: d/sub" && !line.StartsWith("user.empty", StringComparison.Ordinal);

    private static void Same(IEnumerable<string> theirs, IEnumerable<string> ours, string who)
    {
        theirs.Except(ours).Should().BeEmpty("{0} has nothing else", who);
        ours.Except(theirs).Should().BeEmpty("{0} has all of it", who);
    }

    private static string[] Lines(CommandResult result) => result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    [Fact]
    public void Unpacked_BusyboxOfBuildah_IsWhatOthersUnpack()
    {
        Script(Busybox, Layout, Assets.Rootfs);
        CompareAll(Layout + ":test");
    }

    [Fact]
    public void Unpacked_OddFilesOfBuildah_AreWhatOthersUnpack()
    {
        Script(Odd, Layout);
        CompareAll(Layout + ":test");
    }

    [Fact]
    public void Unpacked_Debian_IsWhatOthersUnpack()
    {
        string layout = Environment.GetEnvironmentVariable(DebianVariable) ?? "";
        Assert.SkipUnless(layout.Length > 0, $"{DebianVariable} names no layout: spec-conformance/debian-image DIRECTORY makes one, from the network");
        CompareAll(layout + ":debian");
    }
}
