/* Mounts: built detached (a file system context, or the clone of a tree), given their attributes, and attached to a target that resolve.c has
 * opened. The tree register holds the mount at hand. */
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include "stage.h"

int op_propagation(struct stage *st, const struct plan_step *step) {
    return answer(mount(NULL, text_of(st, step->s[0]), NULL, step->u[0], NULL));
}

static int set_attributes(int mount, const struct plan_step *step, int userns) {
    struct mount_attr attributes = {.attr_set = step->u[0], .attr_clr = step->u[1], .propagation = step->n[0]};
    if (step->flags & ATTR_IDMAP) {
        attributes.attr_set |= MOUNT_ATTR_IDMAP;
        attributes.userns_fd = (uint64_t)userns;
    }
    return k_mount_setattr(mount, step->flags & ATTR_RECURSIVE ? AT_RECURSIVE : 0, &attributes);
}

int own_userns(struct stage *st) {
    int dir = resolve_proc(st, "self/ns", O_PATH | O_DIRECTORY);
    if (dir < 0)
        return dir;
    int fd = answer(openat(dir, "user", O_RDONLY | O_CLOEXEC));
    close(dir);
    return fd;
}

int op_tree_attr(struct stage *st, const struct plan_step *step) {
    if ((step->flags & TREE_BY_OPENER) && !st->is_opener)
        return ask_opener(st, step, &st->tree);
    int userns = step->fd;
    if ((step->flags & ATTR_IDMAP) && userns < 0)
        userns = st->is_opener ? st->userns : own_userns(st);
    if ((step->flags & ATTR_IDMAP) && userns < 0)
        return fail(st, userns, FAIL_CALL, "open of the user namespace");
    int r = set_attributes(st->tree, step, userns);
    if (userns >= 0 && userns != step->fd && userns != st->userns)
        close(userns);
    return r;
}

/* The root is opened here and not by the parent, whose descriptor belongs to another mount namespace (EINVAL). */
int op_rootfs(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    if ((step->flags & TREE_BY_OPENER) && !st->is_opener)
        return ask_opener(st, step, &st->root);
    int place = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place < 0)
        return fail(st, -errno, FAIL_RESOLVE, path);
    if (!(step->flags & ROOTFS_ATTACH)) {
        replace(&st->root, place);
        return 0;
    }
    int tree = step->fd;
    if (step->flags & ROOTFS_TREE) {
        tree = st->tree;
        st->tree = -1;
    } else if (tree < 0) {
        tree = k_open_tree(place, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (step->flags & TREE_RECURSIVE ? AT_RECURSIVE : 0));
    }
    int r = tree < 0 ? fail(st, tree, FAIL_CALL, "open_tree") : 0;
    if (!r && step->u[0]) {
        struct mount_attr attributes = {.propagation = step->u[0]};
        r = k_mount_setattr(tree, AT_RECURSIVE, &attributes);
        fail(st, r, FAIL_CALL, "mount_setattr");
    }
    if (!r) {
        r = k_move_mount(tree, place);
        fail(st, r, FAIL_CALL, "move_mount");
    }
    close(place);
    if (r && tree >= 0)
        close(tree);
    if (!r)
        replace(&st->root, tree);
    return r;
}

/* The kernel's own words about what a file system did not like, as "key=value: words". */
int fs_failure(struct stage *st, int fs, int error, uint32_t detail, const char *key, const char *value) {
    char words[512];
    fail(st, error, detail, key ? key : "");
    if (value) {
        add_text(st->text, sizeof st->text, "=");
        add_text(st->text, sizeof st->text, value);
    }
    const char *gap = key ? ": " : "";
    for (;;) {
        long length = read(fs, words, sizeof words - 1);
        if (length <= 0)
            return error;
        words[length] = 0;
        add_text(st->text, sizeof st->text, gap);
        add_text(st->text, sizeof st->text, words + (length > 2 && words[1] == ' ' ? 2 : 0));
        if (st->text[strlen(st->text) - 1] == '\n')
            st->text[strlen(st->text) - 1] = 0;
        gap = "; ";
    }
}

int op_fs_open(struct stage *st, const struct plan_step *step) {
    const char *type = text_of(st, step->s[0]);
    int fd = k_fsopen(type);
    if (fd < 0)
        return fail(st, fd, FAIL_CALL, type);
    replace(&st->fs, fd);
    return 0;
}

int op_fs_set(struct stage *st, const struct plan_step *step) {
    const char *key = text_of(st, step->s[0]), *value = text_of(st, step->s[1]);
    unsigned command = step->fd >= 0 ? FSCONFIG_SET_FD : value ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG;
    int r = k_fsconfig(st->fs, command, key, command == FSCONFIG_SET_STRING ? value : NULL, step->fd >= 0 ? step->fd : 0);
    return r < 0 ? fs_failure(st, st->fs, r, FAIL_OPTION, key, value) : 0;
}

int op_fs_mount(struct stage *st, const struct plan_step *step) {
    int r = k_fsconfig(st->fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
    if (r < 0)
        return fs_failure(st, st->fs, r, FAIL_CALL, NULL, NULL);
    int tree = k_fsmount(st->fs, (unsigned)step->u[0]);
    if (tree < 0)
        return fs_failure(st, st->fs, tree, FAIL_CALL, NULL, NULL);
    replace(&st->tree, tree);
    replace(&st->fs, -1);
    return 0;
}

/* What a bind mount is of. Host paths may be followed: the administrator wrote them. */
static int open_source(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    int flags = O_PATH | (step->flags & TREE_NOFOLLOW ? O_NOFOLLOW : 0);
    if (!path)
        return -EBADF;
    if (step->flags & TREE_IN_ROOT)
        return resolve(st, path, flags, 0);
    int fd = open(path, flags | O_CLOEXEC);
    if (fd >= 0)
        return fd;
    return fail_missing(st, -errno, FAIL_CALL, path);
}

static bool is_device(int fd, uint32_t type, uint64_t number) {
    struct stat info;
    return fstat(fd, &info) == 0 && (info.st_mode & S_IFMT) == type && info.st_rdev == (dev_t)number;
}

int op_tree(struct stage *st, const struct plan_step *step) {
    int *reg = step->flags & TREE_KEEP_MASK ? &st->mask : &st->tree;
    if ((step->flags & TREE_BY_OPENER) && !st->is_opener)
        return ask_opener(st, step, reg);
    int source = step->fd >= 0 ? step->fd : open_source(st, step);
    if (source < 0)
        return source;
    int tree;
    if ((step->flags & TREE_DEVICE) && !is_device(source, step->n[0], step->u[0])) {
        tree = fail(st, -ENODEV, FAIL_KIND, text_of(st, step->s[0]));
    } else {
        tree = k_open_tree(source, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | (step->flags & TREE_RECURSIVE ? AT_RECURSIVE : 0));
        if (tree < 0)
            fail(st, tree, FAIL_CALL, text_of(st, step->s[0]));
    }
    if (source != step->fd)
        close(source);
    if (tree < 0)
        return tree;
    replace(reg, tree);
    return 0;
}

/* The target of a mount, made where missing. */
static int open_target(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct stat info;
    if (step->flags & ATTACH_PLAIN) {
        int fd = make_directory(st, path, step->n[0] ? step->n[0] : 0755, RESOLVE_NO_SYMLINKS);
        return fd == -ELOOP || fd == -ENOTDIR ? fail(st, fd, FAIL_NOT_PLAIN, path) : fd;
    }
    int fd = resolve(st, path, O_PATH | (step->flags & ATTACH_NOFOLLOW ? O_NOFOLLOW : 0), 0);
    if (fd != -ENOENT)
        return fd;
    bool directory = step->flags & ATTACH_DIR;
    if (!(step->flags & (ATTACH_DIR | ATTACH_FILE))) {
        if (fstat(st->tree, &info) < 0)
            return -errno;
        directory = S_ISDIR(info.st_mode);
    }
    return directory ? make_directory(st, path, step->n[0] ? step->n[0] : 0755, 0) : make_file(st, path, step->n[0] ? step->n[0] : 0644);
}

/* The link that is the tree's root, made again; one that says the same may be there already. Returns 1: done, 0: it is no link. */
static int copy_link(struct stage *st, const char *path) {
    char wanted[MESSAGE_TEXT_MAX], present[MESSAGE_TEXT_MAX], base[256];
    struct stat info;
    if (fstat(st->tree, &info) < 0)
        return -errno;
    if (!S_ISLNK(info.st_mode))
        return 0;
    long length = readlinkat(st->tree, "", wanted, sizeof wanted - 1);
    if (length < 0)
        return -errno;
    wanted[length] = 0;
    int parent = make_parent(st, path, base);
    if (parent < 0)
        return parent;
    int r = symlinkat(wanted, parent, base) < 0 ? -errno : 0;
    if (r == -EEXIST && readlinkat(parent, base, present, sizeof present) == length && !memcmp(wanted, present, (size_t)length))
        r = 0;
    close(parent);
    return r ? fail(st, r, FAIL_CREATE, path) : 1;
}

int op_attach(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct statfs fs;
    int r = step->flags & ATTACH_COPY_LINK ? copy_link(st, path) : 0;
    if (r)
        return r;
    int target = open_target(st, step);
    if (target < 0)
        return target;
    if (!(step->flags & ATTACH_ON_PROC))
        r = fstatfs(target, &fs) < 0 ? -errno : fs.f_type == PROC_SUPER_MAGIC ? fail(st, -EPERM, FAIL_ON_PROC, path) : 0;
    if (!r) {
        r = k_move_mount(st->tree, target);
        if (r)
            fail(st, r, FAIL_CALL, path);
    }
    close(target);
    if (!r && is_root_path(path)) { /* mounted over the root: what follows goes on top of it */
        int root = fcntl(st->tree, F_DUPFD_CLOEXEC, 3);
        if (root < 0)
            return -errno;
        replace(&st->root, root);
    }
    return r;
}

/* fsconfig(RECONFIGURE) with pairs; "\1" stands for a flag without a value. */
static int reconfigure(struct stage *st, int mount, const char *pairs) {
    int fs = k_fspick(mount);
    if (fs < 0)
        return fs;
    int r = 0;
    while (!r && pairs && *pairs) {
        const char *key = pairs + 1, *value = key + strlen(key) + 1; /* each with the mark of a list's string */
        bool flag = *value == 0 || value[1] == 1;
        const char *after = *value ? value + strlen(value) + 1 : value;
        value += *value ? 1 : 0;
        r = k_fsconfig(fs, flag ? FSCONFIG_SET_FLAG : FSCONFIG_SET_STRING, key, flag ? NULL : value, 0);
        if (r)
            fs_failure(st, fs, r, FAIL_OPTION, key, flag ? NULL : value);
        pairs = after;
    }
    if (!r && (r = k_fsconfig(fs, FSCONFIG_CMD_RECONFIGURE, NULL, NULL, 0)) < 0)
        fs_failure(st, fs, r, FAIL_CALL, NULL, NULL);
    close(fs);
    return r;
}

int op_remount(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    int target = resolve(st, path, O_PATH, 0);
    if (target < 0)
        return target;
    int r = set_attributes(target, step, step->fd);
    if (r)
        fail(st, r, FAIL_CALL, path);
    else if (step->flags & REMOUNT_SUPER)
        r = reconfigure(st, target, text_of(st, step->s[1]));
    close(target);
    return r;
}

int op_root_attr(struct stage *st, const struct plan_step *step) { return set_attributes(st->root, step, step->fd); }

/* umount2 wants a name, and no name below the root can be trusted: it gets that of the descriptor, in the procfs that was opened before we came here. */
static int unmount_descriptor(struct stage *st, int target) {
    char number[12] = "";
    add_number(number, sizeof number, (uint64_t)target);
    int names = resolve_proc(st, "self/fd", O_PATH | O_DIRECTORY);
    if (names < 0)
        return names;
    int r = fchdir(names) < 0 || umount2(number, MNT_DETACH) < 0 ? -errno : 0;
    close(names);
    return r;
}

int op_unmount(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct stat info, root;
    int target = resolve(st, path, O_PATH, 0);
    if (target < 0)
        return target;
    int r = fstat(target, &info) < 0 || fstat(st->root, &root) < 0 ? -errno : 0;
    if (!r && info.st_dev == root.st_dev && info.st_ino == root.st_ino)
        r = -EBUSY;
    if (!r)
        r = unmount_descriptor(st, target);
    close(target);
    return r ? fail(st, r, FAIL_CALL, path) : 0;
}
