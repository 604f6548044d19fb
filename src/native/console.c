/* The terminal of the program: a pseudo terminal of the container's own devpts. No path is trusted (CVE-2025-52565): the master is verified, the
 * slave comes from the master itself, and /dev/console must not be a link. */
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <termios.h>
#include "stage.h"

#define PTMX_MAJOR 5
#define PTMX_MINOR 2

static bool on_devpts(int fd, unsigned first_major, unsigned last_major) {
    struct statfs fs;
    struct stat info;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != DEVPTS_SUPER_MAGIC || fstat(fd, &info) < 0 || !S_ISCHR(info.st_mode))
        return false;
    return major(info.st_rdev) >= first_major && major(info.st_rdev) <= last_major;
}

static int open_master(struct stage *st) {
    int path = resolve(st, "/dev/pts/ptmx", O_PATH | O_NOFOLLOW, 0);
    if (path < 0)
        return path;
    struct stat info;
    if (!on_devpts(path, PTMX_MAJOR, PTMX_MAJOR) || fstat(path, &info) < 0 || minor(info.st_rdev) != PTMX_MINOR) {
        close(path);
        return fail(st, -ENODEV, FAIL_KIND, "/dev/pts/ptmx");
    }
    int master = reopen(st, path, O_RDWR | O_NOCTTY);
    close(path);
    return master < 0 ? fail(st, master, FAIL_CALL, "open of /dev/pts/ptmx") : master;
}

static int open_slave(struct stage *st, int master, const struct plan_step *step) {
    int unlock = 0;
    struct winsize size = {.ws_row = (unsigned short)step->n[0], .ws_col = (unsigned short)step->n[1]};
    if (ioctl(master, TIOCSPTLCK, &unlock) < 0)
        return fail(st, -errno, FAIL_CALL, "ioctl(TIOCSPTLCK)");
    if ((size.ws_row || size.ws_col) && ioctl(master, TIOCSWINSZ, &size) < 0)
        return fail(st, -errno, FAIL_CALL, "ioctl(TIOCSWINSZ)");
    int slave = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0)
        return fail(st, -errno, FAIL_CALL, "ioctl(TIOCGPTPEER)");
    if (!on_devpts(slave, PTS_MAJOR_FIRST, PTS_MAJOR_LAST)) {
        close(slave);
        return fail(st, -ENODEV, FAIL_KIND, "slave of /dev/pts/ptmx");
    }
    if (fchown(slave, step->n[2], (gid_t)-1) < 0) {
        int error = -errno;
        close(slave);
        return fail(st, error, FAIL_CALL, "fchown of the terminal");
    }
    return slave;
}

/* The slave appears as /dev/console, too. */
static int bind_console(struct stage *st, int slave) {
    char base[256];
    struct stat info;
    int parent = make_parent(st, "/dev/console", base);
    if (parent < 0)
        return parent;
    int made = openat(parent, base, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = made < 0 && errno != EEXIST ? -errno : 0;
    replace(&made, -1);
    int target = r ? -1 : openat(parent, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (!r && (target < 0 || fstat(target, &info) < 0))
        r = -errno;
    close(parent);
    if (!r && (S_ISLNK(info.st_mode) || S_ISDIR(info.st_mode))) {
        close(target);
        return fail(st, S_ISDIR(info.st_mode) ? -EISDIR : -ELOOP, FAIL_NOT_PLAIN, "/dev/console");
    }
    int tree = r ? -1 : k_open_tree(slave, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
    if (!r)
        r = tree < 0 ? tree : k_move_mount(tree, target);
    replace(&tree, -1);
    replace(&target, -1);
    return r ? fail(st, r, FAIL_CALL, "/dev/console") : 0;
}

static int take_terminal(struct stage *st, int slave) {
    if (ioctl(slave, TIOCSCTTY, 0) < 0)
        return fail(st, -errno, FAIL_CALL, "ioctl(TIOCSCTTY)");
    for (int fd = 0; fd < 3; fd++)
        if (dup2(slave, fd) < 0)
            return fail(st, -errno, FAIL_CALL, "dup2");
    return 0;
}

static int hand_over(struct stage *st, int master) {
    char name[32] = "/dev/pts/";
    unsigned number;
    if (ioctl(master, TIOCGPTN, &number) < 0)
        return fail(st, -errno, FAIL_CALL, "ioctl(TIOCGPTN)");
    add_number(name, sizeof name, number);
    int r = tell(st, MSG_PTY, name, master);
    return r ? r : await(st, MSG_GO, NULL, 0);
}

int op_console(struct stage *st, const struct plan_step *step) {
    int master = open_master(st);
    if (master < 0)
        return master;
    int slave = open_slave(st, master, step), r = slave < 0 ? slave : 0;
    if (!r && (step->flags & CONSOLE_BIND))
        r = bind_console(st, slave);
    if (!r)
        r = take_terminal(st, slave);
    if (!r)
        r = hand_over(st, master);
    replace(&slave, -1);
    close(master);
    return r;
}
