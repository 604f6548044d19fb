/* The container's root becomes ours. */
#include <string.h>
#include <sys/mount.h>
#include "stage.h"

/* The old root is held only until it is gone: nothing may be left that leads out. Slave first, or the unmounting would propagate to the host where
 * the plan has kept the root shared. */
static int pivot(void) {
    int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (old < 0)
        return -errno;
    int r = syscall(SYS_pivot_root, ".", ".") < 0 ? -errno : 0;
    if (!r && fchdir(old) < 0)
        r = -errno;
    close(old);
    if (!r && mount(NULL, ".", NULL, MS_SLAVE | MS_REC, NULL) < 0)
        r = -errno;
    if (!r && umount2(".", MNT_DETACH) < 0)
        r = -errno;
    return r;
}

int op_pivot(struct stage *st, const struct plan_step *step) {
    replace(&st->opener, -1);
    if (fchdir(st->root) < 0)
        return fail(st, -errno, FAIL_CALL, "fchdir");
    int r = 0;
    if (!(step->flags & (PIVOT_MOVE | PIVOT_CHROOT)) && (r = pivot()) < 0)
        return fail(st, r, FAIL_CALL, "pivot_root");
    if (step->flags & PIVOT_MOVE) {
        if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
            return fail(st, -errno, FAIL_CALL, "mount(MS_MOVE)");
    }
    if ((step->flags & (PIVOT_MOVE | PIVOT_CHROOT)) && chroot(".") < 0)
        return fail(st, -errno, FAIL_CALL, "chroot");
    return chdir("/") < 0 ? fail(st, -errno, FAIL_CALL, "chdir") : 0;
}
