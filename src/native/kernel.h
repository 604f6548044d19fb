/* What the C library and the kernel headers of Debian 12 (6.1) lack, and system calls that no C library wraps. Every wrapper returns
 * -errno like the kernel itself. Constants carry the kernel's names and values. */
#ifndef OCIRUN_KERNEL_H
#define OCIRUN_KERNEL_H

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE 0x8000
#endif
#define OPEN_TREE_CLONE 1
#define OPEN_TREE_CLOEXEC O_CLOEXEC
#define MOVE_MOUNT_F_EMPTY_PATH 0x00000004
#define MOVE_MOUNT_T_EMPTY_PATH 0x00000040
#define FSOPEN_CLOEXEC 0x00000001
#define FSMOUNT_CLOEXEC 0x00000001
#define FSPICK_CLOEXEC 0x00000001
#define FSPICK_EMPTY_PATH 0x00000008
#define FSCONFIG_SET_FLAG 0
#define FSCONFIG_SET_STRING 1
#define FSCONFIG_SET_FD 5
#define FSCONFIG_CMD_CREATE 6
#define FSCONFIG_CMD_RECONFIGURE 7
#ifndef MOUNT_ATTR_RDONLY /* glibc has these and the structure since 2.36, musl not yet */
#define MOUNT_ATTR_RDONLY 0x1
#define MOUNT_ATTR_NOSUID 0x2
#define MOUNT_ATTR_NODEV 0x4
#define MOUNT_ATTR_NOEXEC 0x8
#define MOUNT_ATTR_IDMAP 0x100000
struct mount_attr {
    uint64_t attr_set, attr_clr, propagation, userns_fd;
};
#endif

#define RESOLVE_NO_XDEV 0x01
#define RESOLVE_NO_MAGICLINKS 0x02
#define RESOLVE_NO_SYMLINKS 0x04
#define RESOLVE_BENEATH 0x08
#define RESOLVE_IN_ROOT 0x10
struct open_how {
    uint64_t flags, mode, resolve;
};

#define PROC_SUPER_MAGIC 0x9fa0
#define PROC_ROOT_INODE 1
#define DEVPTS_SUPER_MAGIC 0x1cd1
#define PTS_MAJOR_FIRST 136 /* Unix 98 slaves: majors 136 to 143 */
#define PTS_MAJOR_LAST 143

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#define MFD_NOEXEC_SEAL 8 /* 6.3 */
#ifndef TIOCGPTPEER
#define TIOCGPTPEER 0x5441
#endif

/* The kernel's signal mask: 64 bits. The C library's own calls leave out the signals 32 to 34. */
typedef uint64_t kernel_mask;
#define ALL_SIGNALS (~(kernel_mask)0)
#define SIGNAL_BIT(n) ((kernel_mask)1 << ((n)-1))
#define SIGNAL_MAX 64

static inline int answer(long result) { return result < 0 ? -errno : (int)result; }

static inline int k_openat2(int dir, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {flags, mode, resolve};
    return answer(syscall(SYS_openat2, dir, path, &how, sizeof how));
}
static inline int k_open_tree(int dir, const char *path, unsigned flags) { return answer(syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC)); }
static inline int k_move_mount(int from, int to) {
    return answer(syscall(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}
static inline int k_fsopen(const char *type) { return answer(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC)); }
static inline int k_fsconfig(int fs, unsigned command, const char *key, const void *value, int aux) {
    return answer(syscall(SYS_fsconfig, fs, command, key, value, aux));
}
static inline int k_fsmount(int fs, unsigned attributes) { return answer(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes)); }
static inline int k_fspick(int mount) { return answer(syscall(SYS_fspick, mount, "", FSPICK_CLOEXEC | FSPICK_EMPTY_PATH)); }
static inline int k_mount_setattr(int mount, unsigned flags, const struct mount_attr *attributes) {
    return answer(syscall(SYS_mount_setattr, mount, "", AT_EMPTY_PATH | flags, attributes, sizeof *attributes));
}
static inline int k_close_range(unsigned first, unsigned last, unsigned flags) { return answer(syscall(SYS_close_range, first, last, flags)); }
static inline int k_sigprocmask(int how, kernel_mask mask, kernel_mask *old) {
    return answer(syscall(SYS_rt_sigprocmask, how, &mask, old, sizeof mask));
}
static inline int k_signalfd(kernel_mask mask, int flags) { return answer(syscall(SYS_signalfd4, -1, &mask, sizeof mask, flags)); }
static inline int k_pidfd_open(int pid) { return answer(syscall(SYS_pidfd_open, pid, 0)); }

#endif
