/* Nodes, links and directories in the root, and the paths that are covered or made read-only there. */
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include "stage.h"

/* chmod of an O_PATH descriptor: fchmodat2 came with 6.6; before, through procfs. */
static int set_mode(struct stage *st, int fd, uint32_t mode) {
    int r = answer(syscall(SYS_fchmodat2, fd, "", mode, AT_EMPTY_PATH));
    if (r != -ENOSYS && r != -EPERM)
        return r;
    char name[16] = "";
    int dir = resolve_proc(st, "self/fd", O_PATH | O_DIRECTORY);
    if (dir < 0)
        return dir;
    add_number(name, sizeof name, (uint64_t)fd);
    r = fchmodat(dir, name, mode, 0) < 0 ? -errno : 0;
    close(dir);
    return r;
}

/* Owner and mode of what we hold; only after its kind has been verified. */
static int set_owner_and_mode(struct stage *st, int fd, const struct stat *info, const struct plan_step *step) {
    bool owned = info->st_uid == step->n[1] && info->st_gid == step->n[2];
    if (!owned && fchownat(fd, "", step->n[1], step->n[2], AT_EMPTY_PATH) < 0)
        return -errno;
    uint32_t mode = step->n[0] & 07777;
    return (info->st_mode & 07777) == mode ? 0 : set_mode(st, fd, mode);
}

/* What is there already must be the very same device: any other would be what the image wants the program to believe in. */
int op_mknod(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    char base[256];
    struct stat info;
    int parent = make_parent(st, path, base);
    if (parent < 0)
        return parent;
    int r = mknodat(parent, base, step->n[0], (dev_t)step->u[0]) < 0 ? -errno : 0;
    if (r && r != -EEXIST) {
        close(parent);
        return fail(st, r, FAIL_CALL, path);
    }
    int fd = openat(parent, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    close(parent);
    if (fd < 0)
        return fail(st, -errno, FAIL_CREATE, path);
    r = fstat(fd, &info) < 0 ? -errno : 0;
    uint32_t type = step->n[0] & S_IFMT;
    bool device = type == S_IFCHR || type == S_IFBLK;
    if (!r && ((info.st_mode & S_IFMT) != type || (device && info.st_rdev != (dev_t)step->u[0])))
        r = fail(st, -EEXIST, FAIL_KIND, path);
    if (!r && (r = set_owner_and_mode(st, fd, &info, step)) < 0)
        fail(st, r, FAIL_CALL, path);
    close(fd);
    return r;
}

int op_symlink(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[1]);
    char base[256];
    int parent = make_parent(st, path, base);
    if (parent < 0)
        return parent;
    int r = symlinkat(text_of(st, step->s[0]), parent, base) < 0 && errno != EEXIST ? fail(st, -errno, FAIL_CALL, path) : 0;
    close(parent);
    return r;
}

int op_mkdir(struct stage *st, const struct plan_step *step) {
    int fd = make_directory(st, text_of(st, step->s[0]), step->n[0], 0);
    if (fd < 0)
        return fd;
    close(fd);
    return 0;
}

/* A read-only bind of the path onto itself, with all that is mounted below it. */
int op_readonly_path(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    int target = resolve(st, path, O_PATH, 0);
    if (target < 0)
        return target;
    int tree = k_open_tree(target, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | AT_RECURSIVE);
    int r = tree < 0 ? tree : k_mount_setattr(tree, AT_RECURSIVE, &attributes);
    if (!r)
        r = k_move_mount(tree, target);
    if (r)
        fail(st, r, FAIL_CALL, path);
    close(target);
    if (tree >= 0)
        close(tree);
    return r;
}

/* The cover of a masked file: the verified /dev/null of the host, never the one of the container (CVE-2025-31133). The register holds it detached
 * at first, then attached where it was used first: older kernels clone only what is attached. */
static int null_cover(struct stage *st, bool *kept) {
    static bool attached;
    *kept = !attached;
    if (st->mask < 0)
        return -EBADF;
    if (attached)
        return k_open_tree(st->mask, "", AT_EMPTY_PATH | OPEN_TREE_CLONE);
    attached = true;
    return st->mask;
}

/* The cover of a masked directory: an empty file system, read-only. */
static int empty_cover(struct stage *st) {
    int fs = k_fsopen("tmpfs"), tree = -1;
    if (fs < 0)
        return fail(st, fs, FAIL_CALL, "fsopen of the covering tmpfs");
    int r = k_fsconfig(fs, FSCONFIG_SET_STRING, "nr_blocks", "1", 0);
    if (!r)
        r = k_fsconfig(fs, FSCONFIG_SET_STRING, "nr_inodes", "1", 0);
    if (!r)
        r = k_fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0755", 0);
    if (!r)
        r = k_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (!r)
        tree = r = k_fsmount(fs, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
    if (r < 0)
        fs_failure(st, fs, r, FAIL_CALL, "covering tmpfs", NULL);
    close(fs);
    return r < 0 ? r : tree;
}

int op_mask_path(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct stat info;
    bool kept = false;
    int target = resolve(st, path, O_PATH, 0);
    if (target < 0)
        return target;
    int r = fstat(target, &info) < 0 ? -errno : 0, cover = -1;
    if (!r)
        cover = r = S_ISDIR(info.st_mode) ? empty_cover(st) : null_cover(st, &kept);
    if (r >= 0 && (r = k_move_mount(cover, target)) < 0)
        fail(st, r, FAIL_CALL, path);
    if (cover >= 0 && !kept)
        close(cover);
    close(target);
    return r;
}
