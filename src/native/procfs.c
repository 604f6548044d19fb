/* Writes to procfs: through an instance of our own that nobody else can reach or cover (CVE-2025-52881), each file checked to be on procfs. */
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "stage.h"

static int verified(int fd) {
    struct statfs fs;
    struct stat info;
    if (fstatfs(fd, &fs) < 0 || fstat(fd, &info) < 0)
        return -errno;
    return fs.f_type == PROC_SUPER_MAGIC && info.st_ino == PROC_ROOT_INODE ? 0 : -ENODEV;
}

static int open_own_proc(struct stage *st) {
    int fs = k_fsopen("proc");
    if (fs < 0)
        return fail(st, fs, FAIL_CALL, "fsopen");
    int r = k_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (r >= 0)
        r = k_fsmount(fs, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (r < 0)
        fs_failure(st, fs, r, FAIL_CALL, "procfs", NULL);
    close(fs);
    return r;
}

int op_proc_private(struct stage *st, const struct plan_step *step) {
    int fd = step->flags & PROC_HOST ? answer(open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC)) : open_own_proc(st);
    if (fd < 0)
        return fd;
    int r = verified(fd);
    if (r) {
        close(fd);
        return fail(st, r, FAIL_KIND, "/proc");
    }
    replace(&st->proc, fd);
    return 0;
}

int op_proc_write(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]), *text = text_of(st, step->s[1]);
    int fd = resolve_proc(st, path, O_WRONLY);
    if (fd < 0)
        return fail_missing(st, fd, FAIL_RESOLVE, path);
    int r = write(fd, text, strlen(text)) < 0 ? fail(st, -errno, FAIL_CALL, path) : 0;
    close(fd);
    return r;
}

/* HOME is the parent's business; ours is to open the file in such a way that a device, a pipe or a link out of the root cannot be meant by it. */
int op_passwd(struct stage *st, const struct plan_step *step) {
    struct stat info;
    (void)step;
    int fd = -1, path = resolve(st, "/etc/passwd", O_PATH, 0);
    if (path >= 0 && fstat(path, &info) == 0 && S_ISREG(info.st_mode))
        fd = reopen(st, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    replace(&path, -1);
    int r = tell(st, MSG_PASSWD, NULL, fd < 0 ? -1 : fd);
    if (fd >= 0)
        close(fd);
    st->home_expected = r == 0; /* the answer is taken at OP_READY: we need not sleep for it */
    return r;
}
