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

/* "\\040" and its like, in place. */
static void unescape(char *path) {
    char *to = path;
    for (; *path; path++) {
        bool octal = path[0] == '\\' && path[1] && path[2] && path[3];
        *to++ = octal ? (char)((path[1] - '0') * 64 + (path[2] - '0') * 8 + (path[3] - '0')) : *path;
        path += octal ? 3 : 0;
    }
    *to = 0;
}

/* One line of mountinfo: "id parent dev root mountpoint options ... - type source options". */
static int remove_view(char *line, const char *root) {
    char *type = strstr(line, " - ");
    if (!type || (strncmp(type + 3, "proc ", 5) && strncmp(type + 3, "sysfs ", 6)))
        return 0;
    char *place = line;
    for (int i = 0; i < 4; i++) {
        place = strchr(place, ' ');
        if (!place++)
            return 0;
    }
    place[strcspn(place, " ")] = 0;
    unescape(place);
    size_t length = strlen(root);
    if (strncmp(place, root, length) == 0 && (place[length] == '/' || place[length] == 0))
        return 0;
    if (mount(NULL, place, NULL, MS_SLAVE | MS_REC, NULL) < 0)
        return errno == ENOENT || errno == EINVAL ? 0 : -errno; /* gone with one above it */
    if (umount2(place, MNT_DETACH) == 0)
        return 0;
    if (errno != EINVAL && errno != EPERM)
        return -errno;
    return mount("tmpfs", place, "tmpfs", MS_RDONLY, NULL) < 0 ? -errno : 0; /* locked in our user namespace: covered */
}

/* With MS_MOVE the old mounts stay where no path leads, but a full view of the host's procfs or sysfs among them would let the container mount its
 * own without the covers. */
static int remove_host_views(struct stage *st) {
    static char text[8192], root[4096];
    char name[16] = "";
    int dir = resolve_proc(st, "self/fd", O_PATH | O_DIRECTORY);
    if (dir < 0)
        return dir;
    add_number(name, sizeof name, (uint64_t)st->root);
    long have = readlinkat(dir, name, root, sizeof root - 1);
    close(dir);
    int list = have < 0 ? -errno : resolve_proc(st, "self/mountinfo", O_RDONLY);
    if (list < 0)
        return list;
    root[have] = 0;
    int r = 0;
    long got;
    for (size_t kept = 0; r == 0 && (got = read(list, text + kept, sizeof text - 1 - kept)) > 0;) {
        text[kept + (size_t)got] = 0;
        char *line = text, *end;
        for (; r == 0 && (end = strchr(line, '\n')); line = end + 1) {
            *end = 0;
            r = remove_view(line, root);
        }
        kept = strlen(line);
        memmove(text, line, kept + 1);
    }
    close(list);
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
        if ((r = remove_host_views(st)) < 0)
            return fail(st, r, FAIL_CALL, "unmounting of the host's proc and sysfs");
        if (mount(".", "/", NULL, MS_MOVE, NULL) < 0)
            return fail(st, -errno, FAIL_CALL, "mount(MS_MOVE)");
    }
    if ((step->flags & (PIVOT_MOVE | PIVOT_CHROOT)) && chroot(".") < 0)
        return fail(st, -errno, FAIL_CALL, "chroot");
    return chdir("/") < 0 ? fail(st, -errno, FAIL_CALL, "chdir") : 0;
}
