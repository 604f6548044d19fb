namespace OciRun.Conformance.Documents.Config;

/// <summary>config.md, Linux mount options: one test an option. "+flag" must be among the mount's options in /proc/self/mountinfo, "-flag" must not, "" is only recognised.</summary>
internal static class MountOptionTests
{
    private static void Compare(MountInfo mount, string wanted)
    {
        string[] options = [.. mount.Options, .. mount.SuperOptions];
        if (wanted.Length > 0)
            Check.That(options.Contains(wanted[1..]) == (wanted[0] == '+'), $"the mount at {mount.Target} is {string.Join(",", mount.Options)} with {string.Join(",", mount.SuperOptions)}, not {wanted}");
    }

    // tmpfs refuses what it does not know: where the kernel shows nothing, the mount itself proves that the option was taken as one of mount(8).
    [Row("config.mounts.option.async", "async", "-sync")]
    [Row("config.mounts.option.atime", "atime", "-noatime")]
    [Row("config.mounts.option.defaults", "defaults", "+rw")]
    [Row("config.mounts.option.dev", "dev", "-nodev")]
    [Row("config.mounts.option.diratime", "diratime", "-nodiratime")]
    [Row("config.mounts.option.dirsync", "dirsync", "+dirsync")]
    [Row("config.mounts.option.exec", "exec", "-noexec")]
    [Row("config.mounts.option.iversion", "iversion", "")]
    [Row("config.mounts.option.lazytime", "lazytime", "+lazytime")]
    [Row("config.mounts.option.loud", "loud", "")]
    [Row("config.mounts.option.mand", "mand", "")]
    [Row("config.mounts.option.noatime", "noatime", "+noatime")]
    [Row("config.mounts.option.nodev", "nodev", "+nodev")]
    [Row("config.mounts.option.nodiratime", "nodiratime", "+nodiratime")]
    [Row("config.mounts.option.noexec", "noexec", "+noexec")]
    [Row("config.mounts.option.noiversion", "noiversion", "")]
    [Row("config.mounts.option.nolazytime", "nolazytime", "-lazytime")]
    [Row("config.mounts.option.nomand", "nomand", "")]
    [Row("config.mounts.option.norelatime", "norelatime", "")]
    [Row("config.mounts.option.nostrictatime", "nostrictatime", "+relatime")]
    [Row("config.mounts.option.nosuid", "nosuid", "+nosuid")]
    [Row("config.mounts.option.nosymfollow", "nosymfollow", "+nosymfollow")]
    [Row("config.mounts.option.relatime", "relatime", "+relatime")]
    [Row("config.mounts.option.ro", "ro", "+ro")]
    [Row("config.mounts.option.rw", "rw", "+rw")]
    [Row("config.mounts.option.silent", "silent", "")]
    [Row("config.mounts.option.strictatime", "strictatime", "-relatime")]
    [Row("config.mounts.option.suid", "suid", "-nosuid")]
    [Row("config.mounts.option.symfollow", "symfollow", "-nosymfollow")]
    [Row("config.mounts.option.sync", "sync", "+sync")]
    public static void Option_OfATmpfs(Sandbox box, string options, string wanted) =>
        Compare(box.NewContainer().Mount("/mnt", "tmpfs", "tmpfs", options.Split(',')).Report().Mount("/mnt"), wanted);

    [Row("config.mounts.option.async", "sync,async", "-sync")]
    [Row("config.mounts.option.atime", "noatime,atime", "-noatime")]
    [Row("config.mounts.option.dev", "nodev,dev", "-nodev")]
    [Row("config.mounts.option.diratime", "nodiratime,diratime", "-nodiratime")]
    [Row("config.mounts.option.exec", "noexec,exec", "-noexec")]
    [Row("config.mounts.option.nolazytime", "lazytime,nolazytime", "-lazytime")]
    [Row("config.mounts.option.rw", "ro,rw", "+rw")]
    [Row("config.mounts.option.suid", "nosuid,suid", "-nosuid")]
    [Row("config.mounts.option.symfollow", "nosymfollow,symfollow", "-nosymfollow")]
    [Reading("the text does not say that of two opposite options the last one counts, as it does for mount(8)")]
    public static void Option_AfterItsOpposite(Sandbox box, string options, string wanted) => Option_OfATmpfs(box, options, wanted);

    // On a mount below the source, which has the first option.
    [Row("config.mounts.option.ratime", "noatime", "ratime", "-noatime")]
    [Row("config.mounts.option.rdev", "nodev", "rdev", "-nodev")]
    [Row("config.mounts.option.rdiratime", "nodiratime", "rdiratime", "-nodiratime")]
    [Row("config.mounts.option.rexec", "noexec", "rexec", "-noexec")]
    [Row("config.mounts.option.rnoatime", "rw", "rnoatime", "+noatime")]
    [Row("config.mounts.option.rnodiratime", "rw", "rnodiratime", "+nodiratime")]
    [Row("config.mounts.option.rnoexec", "rw", "rnoexec", "+noexec")]
    [Row("config.mounts.option.rnorelatime", "rw", "rnorelatime", "")]
    [Row("config.mounts.option.rnostrictatime", "rw", "rnostrictatime", "+relatime")]
    [Row("config.mounts.option.rnosuid", "rw", "rnosuid", "+nosuid")]
    [Row("config.mounts.option.rnosymfollow", "rw", "rnosymfollow", "+nosymfollow")]
    [Row("config.mounts.option.rrelatime", "strictatime", "rrelatime", "+relatime")]
    [Row("config.mounts.option.rro", "rw", "rro", "+ro")]
    [Row("config.mounts.option.rrw", "ro", "rrw", "+rw")]
    [Row("config.mounts.option.rstrictatime", "rw", "rstrictatime", "-relatime")]
    [Row("config.mounts.option.rsuid", "nosuid", "rsuid", "-nosuid")]
    [Row("config.mounts.option.rsymfollow", "nosymfollow", "rsymfollow", "-nosymfollow")]
    public static void Option_Recursive(Sandbox box, string before, string option, string wanted)
    {
        string source = box.HostTmpfs("source");
        box.HostTmpfs("source/sub", before);
        var mount = box.NewContainer().Mount("/mnt", source, "none", "rbind", option).Report().Mounts.LastOrDefault(m => m.Target == "/mnt/sub")
            ?? throw new ClauseViolatedException("the mount below the source is not there");
        // A flag of the file system itself stays: only the mount's own count.
        Compare(mount with { SuperOptions = [] }, wanted);
    }

    [Row("config.mounts.option.private", "private", "bind", "/mnt", "")]
    [Row("config.mounts.option.shared", "shared", "bind", "/mnt", "shared:")]
    [Row("config.mounts.option.slave", "slave", "bind", "/mnt", "master:")]
    [Row("config.mounts.option.unbindable", "unbindable", "bind", "/mnt", "unbindable")]
    [Row("config.mounts.option.rprivate", "rprivate", "rbind", "/mnt/sub", "")]
    [Row("config.mounts.option.rshared", "rshared", "rbind", "/mnt/sub", "shared:")]
    [Row("config.mounts.option.rslave", "rslave", "rbind", "/mnt/sub", "master:")]
    [Row("config.mounts.option.runbindable", "runbindable", "rbind", "/mnt/sub", "unbindable")]
    public static void Option_OfPropagation(Sandbox box, string option, string bind, string at, string wanted) => Propagation(box.NewContainer().Set("/linux/rootfsPropagation", "slave"), box, option, bind, at, wanted);

    [Row("config.mounts.option.private", "private", "bind", "/mnt", "")]
    [Row("config.mounts.option.shared", "shared", "bind", "/mnt", "shared:")]
    [Row("config.mounts.option.slave", "slave", "bind", "/mnt", "master:")]
    [Row("config.mounts.option.unbindable", "unbindable", "bind", "/mnt", "unbindable")]
    [Row("config.mounts.option.rprivate", "rprivate", "rbind", "/mnt/sub", "")]
    [Row("config.mounts.option.rshared", "rshared", "rbind", "/mnt/sub", "shared:")]
    [Row("config.mounts.option.rslave", "rslave", "rbind", "/mnt/sub", "master:")]
    [Row("config.mounts.option.runbindable", "runbindable", "rbind", "/mnt/sub", "unbindable")]
    [Reading("what rootfsPropagation is when it is not set, and whether it is for the mounts below as well, is not said")]
    public static void Option_OfPropagation_WithoutThatOfTheRoot(Sandbox box, string option, string bind, string at, string wanted) => Propagation(box.NewContainer(), box, option, bind, at, wanted);

    private static void Propagation(Container container, Sandbox box, string option, string bind, string at, string wanted)
    {
        string source = box.HostTmpfs("source", "rw", "shared");
        box.HostTmpfs("source/sub", "rw", "shared");
        string propagation = string.Join(' ', container.Mount("/mnt", source, "none", bind, option).Report().Mount(at).Propagation);
        Check.That(wanted.Length == 0 ? propagation.Length == 0 : propagation.StartsWith(wanted, StringComparison.Ordinal), $"the propagation of {at} is \"{propagation}\", not {(wanted.Length == 0 ? "private" : wanted)}");
    }

    [Row("config.mounts.option.bind", "bind", false)]
    [Row("config.mounts.option.rbind", "rbind", true)]
    public static void Option_Bind(Sandbox box, string option, bool below)
    {
        string source = box.HostTmpfs("source");
        box.HostTmpfs("source/sub");
        var mounts = box.NewContainer().Mount("/mnt", source, "none", option).Report().Mounts;
        Check.That(mounts.Any(m => m.Target == "/mnt"), "the source is not mounted");
        Check.Equal(below, mounts.Any(m => m.Target == "/mnt/sub"), "whether the mount below the source is there");
    }

    [Clause("config.mounts.option.remount")]
    public static void Option_Remount(Sandbox box) =>
        Compare(box.NewContainer().Mount("/mnt", "tmpfs", "tmpfs").Mount("/mnt", "tmpfs", "tmpfs", "remount", "ro").Report().Mount("/mnt"), "+ro");

    [Clause("config.mounts.option.tmpcopyup")]
    public static void Option_Tmpcopyup(Sandbox box)
    {
        var said = box.NewContainer().WriteFile("/data/mark", "of the image").Mount("/data", "tmpfs", "tmpfs", "tmpcopyup").RunProbe("open", "/data/mark", "+", "report");
        Check.Equal("tmpfs", said.Report.Mount("/data").Type, "the file system at /data");
        Check.Equal("ok", said["open /data/mark"], "the answer to opening a file that the image has there");
    }

    [Clause("config.mounts.options")]
    public static void Options_OfTwoMounts_AreEachTheirOwn(Sandbox box)
    {
        var report = box.NewContainer().Mount("/mnt", "tmpfs", "tmpfs", "ro", "nosuid").Mount("/tmp", "tmpfs", "tmpfs", "noexec").Report();
        Compare(report.Mount("/mnt"), "+ro");
        Compare(report.Mount("/mnt"), "-noexec");
        Compare(report.Mount("/tmp"), "+noexec");
        Compare(report.Mount("/tmp"), "-ro");
    }
}
