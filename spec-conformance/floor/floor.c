/* The floor: `floor ROOTFS PROGRAM [ARGUMENT...]`.
 *
 * A static program that makes only the system calls which the config of `ocirun spec` asks of the kernel: six namespaces, seven
 * mounts, six device nodes, masked and read-only paths, pivot_root, capabilities, execve, wait. No config is read, no state is kept, no
 * cgroup is made, nothing is checked beyond the result of each call. No runtime can be faster on the same kernel: the benchmark
 * prints every runtime as a multiple of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#define TRY(call) do { if ((call) < 0) { perror("floor: " #call); _exit(125); } } while (0)
/* What `spec` leaves to chance: a path that this kernel does not have. */
#define TRY_IF_THERE(call) do { if ((call) < 0 && errno != ENOENT && errno != ENOTDIR) { perror("floor: " #call); _exit(125); } } while (0)

#define KEPT (1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE)

static const char *const masked_files[] = { "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/timer_list",
    "/proc/timer_stats", "/proc/sched_debug" };
static const char *const masked_dirs[] = { "/proc/acpi", "/proc/asound", "/proc/scsi", "/sys/firmware", "/sys/devices/virtual/powercap" };
static const char *const readonly[] = { "/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger" };

static void mounts(void)
{
    unsigned long plain = MS_NOSUID | MS_NOEXEC | MS_NODEV;
    TRY(mount("proc", "proc", "proc", 0, NULL));
    TRY(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_STRICTATIME, "mode=755,size=65536k"));
    TRY(mkdir("dev/pts", 0755));
    TRY(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    TRY(mkdir("dev/shm", 0755));
    TRY(mount("shm", "dev/shm", "tmpfs", plain, "mode=1777,size=65536k"));
    TRY(mkdir("dev/mqueue", 0755));
    TRY(mount("mqueue", "dev/mqueue", "mqueue", plain, NULL));
    TRY(mount("sysfs", "sys", "sysfs", plain | MS_RDONLY, NULL));
    TRY(mount("cgroup", "sys/fs/cgroup", "cgroup2", plain | MS_RELATIME | MS_RDONLY, NULL));
}

static void devices(void)
{
    static const struct { const char *path; int major, minor; } nodes[] = { { "dev/null", 1, 3 }, { "dev/zero", 1, 5 },
        { "dev/full", 1, 7 }, { "dev/random", 1, 8 }, { "dev/urandom", 1, 9 }, { "dev/tty", 5, 0 } };
    for (size_t i = 0; i < sizeof nodes / sizeof *nodes; i++)
        TRY(mknod(nodes[i].path, S_IFCHR | 0666, makedev((unsigned)nodes[i].major, (unsigned)nodes[i].minor)));
    TRY(symlink("/proc/self/fd", "dev/fd"));
    TRY(symlink("/proc/self/fd/0", "dev/stdin"));
    TRY(symlink("/proc/self/fd/1", "dev/stdout"));
    TRY(symlink("/proc/self/fd/2", "dev/stderr"));
    TRY(symlink("pts/ptmx", "dev/ptmx"));
}

static void paths(void)
{
    for (size_t i = 0; i < sizeof readonly / sizeof *readonly; i++) {
        TRY_IF_THERE(mount(readonly[i], readonly[i], NULL, MS_BIND | MS_REC, NULL));
        TRY_IF_THERE(mount(NULL, readonly[i], NULL, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NOEXEC | MS_NODEV, NULL));
    }
    for (size_t i = 0; i < sizeof masked_files / sizeof *masked_files; i++)
        TRY_IF_THERE(mount("/dev/null", masked_files[i], NULL, MS_BIND, NULL));
    for (size_t i = 0; i < sizeof masked_dirs / sizeof *masked_dirs; i++)
        TRY_IF_THERE(mount("tmpfs", masked_dirs[i], "tmpfs", MS_RDONLY, "nr_blocks=1,nr_inodes=1"));
}

static void privileges(void)
{
    struct rlimit files = { 1024, 1024 };
    struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
    struct __user_cap_data_struct sets[2] = { { (__u32)KEPT, (__u32)KEPT, (__u32)KEPT }, { 0, 0, 0 } };
    TRY(setrlimit(RLIMIT_NOFILE, &files));
    for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
        if (!(KEPT >> cap & 1))
            TRY(prctl(PR_CAPBSET_DROP, cap, 0, 0, 0));
    TRY(setresgid(0, 0, 0));
    TRY(setresuid(0, 0, 0));
    TRY(syscall(SYS_capset, &header, sets));
    TRY(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static void container(const char *rootfs, char **program)
{
    TRY(setsid());
    TRY(mount(NULL, "/", NULL, MS_REC | MS_SLAVE, NULL));
    TRY(mount(rootfs, rootfs, NULL, MS_BIND | MS_REC, NULL));
    TRY(chdir(rootfs));
    mounts();
    devices();
    TRY(syscall(SYS_pivot_root, ".", "."));
    TRY(umount2(".", MNT_DETACH));
    TRY(chdir("/"));
    TRY(mount(NULL, "/", NULL, MS_BIND | MS_REMOUNT | MS_RDONLY, NULL));
    TRY(sethostname("floor", 5));
    paths();
    privileges();
    TRY(execve(program[0], program, (char *[]){ "PATH=/bin", NULL }));
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: floor ROOTFS PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    umask(0);
    unsigned long flags = CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS | CLONE_NEWCGROUP;
    long child = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
    TRY(child);
    if (child == 0)
        container(argv[1], argv + 2);
    int status;
    TRY(waitpid((pid_t)child, &status, 0));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
