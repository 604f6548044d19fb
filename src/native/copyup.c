/* tmpcopyup: what the image has at the place of a tmpfs is copied into it, before it is attached. By descriptors only; what is copied is hostile, so
 * nothing is followed and nothing but regular files is opened. */
#include <dirent.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include "stage.h"

#define DEPTH_MAX 200
#define LIST_SIZE 4096

struct kernel_dirent {
    uint64_t ino;
    int64_t off;
    unsigned short reclen;
    unsigned char type;
    char name[];
};

/* What the tmpfs does not take, or the user namespace does not let us give (trusted.*, labels), is left out: so do cp -a and runc. */
static bool forgivable(int error) { return error == EOPNOTSUPP || error == EPERM; }

static int copy_xattrs(int from, int to) {
    static char names[LIST_SIZE], value[65536];
    long length = flistxattr(from, names, sizeof names);
    if (length < 0)
        return errno == EOPNOTSUPP ? 0 : -errno;
    for (const char *name = names; name < names + length; name += strlen(name) + 1) {
        long size = fgetxattr(from, name, value, sizeof value);
        if (size < 0 && errno == ENODATA)
            continue;
        if (size < 0 || (fsetxattr(to, name, value, (size_t)size, 0) < 0 && !forgivable(errno)))
            return -errno;
    }
    return 0;
}

/* The owner first: a change of it clears set-id bits and file capabilities. The times last. */
static int copy_attributes(int from, int to, const struct stat *info) {
    struct timespec times[2] = {info->st_atim, info->st_mtim};
    if (fchown(to, info->st_uid, info->st_gid) < 0 || fchmod(to, info->st_mode & 07777) < 0)
        return -errno;
    int r = copy_xattrs(from, to);
    return r ? r : futimens(to, times) < 0 ? -errno : 0;
}

static int copy_file(int from_dir, int to_dir, const char *name) {
    struct stat info;
    int from = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (from < 0)
        return -errno;
    int to = openat(to_dir, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = to < 0 || fstat(from, &info) < 0 ? -errno : 0;
    if (!r && !S_ISREG(info.st_mode))
        r = -ESTALE; /* exchanged since we looked */
    while (!r) {
        long sent = sendfile(to, from, NULL, 1 << 30);
        if (sent == 0)
            break;
        if (sent < 0 && errno != EINTR)
            r = -errno;
    }
    if (!r)
        r = copy_attributes(from, to, &info);
    replace(&to, -1);
    close(from);
    return r;
}

/* A link, device, pipe or socket: made anew. */
static int copy_other(int from_dir, int to_dir, const char *name, const struct stat *info) {
    static char target[4096];
    struct timespec times[2] = {info->st_atim, info->st_mtim};
    int r;
    if (S_ISLNK(info->st_mode)) {
        long length = readlinkat(from_dir, name, target, sizeof target - 1);
        if (length < 0)
            return -errno;
        target[length] = 0;
        r = symlinkat(target, to_dir, name);
    } else {
        r = mknodat(to_dir, name, info->st_mode & (S_IFMT | 07777), info->st_rdev);
    }
    if (r < 0 || fchownat(to_dir, name, info->st_uid, info->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
        return -errno;
    if ((info->st_mode & 06000) && !S_ISLNK(info->st_mode) && fchmodat(to_dir, name, info->st_mode & 07777, 0) < 0)
        return -errno;
    return utimensat(to_dir, name, times, AT_SYMLINK_NOFOLLOW) < 0 ? -errno : 0;
}

static int copy_entries(int from, int to, int depth);

static int copy_entry(int from_dir, int to_dir, const char *name, int depth) {
    struct stat info;
    if (fstatat(from_dir, name, &info, AT_SYMLINK_NOFOLLOW) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (S_ISREG(info.st_mode))
        return copy_file(from_dir, to_dir, name);
    if (!S_ISDIR(info.st_mode))
        return copy_other(from_dir, to_dir, name, &info);
    int from = openat(from_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (from < 0)
        return -errno;
    int to = mkdirat(to_dir, name, 0700) < 0 ? -1 : openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int r = to < 0 || fstat(from, &info) < 0 ? -errno : copy_entries(from, to, depth + 1);
    if (!r)
        r = copy_attributes(from, to, &info);
    replace(&to, -1);
    close(from);
    return r;
}

static int copy_entries(int from, int to, int depth) {
    _Alignas(8) char list[2048];
    if (depth > DEPTH_MAX)
        return -ELOOP;
    for (;;) {
        long length = syscall(SYS_getdents64, from, list, sizeof list);
        if (length <= 0)
            return length < 0 ? -errno : 0;
        for (long at = 0; at < length;) {
            const struct kernel_dirent *entry = (const void *)(list + at);
            at += entry->reclen;
            if (!strcmp(entry->name, ".") || !strcmp(entry->name, ".."))
                continue;
            int r = copy_entry(from, to, entry->name, depth);
            if (r)
                return r;
        }
    }
}

int op_tree_copy_up(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    struct stat info;
    int from = resolve(st, path, O_RDONLY | O_DIRECTORY, 0);
    if (from == -ENOENT)
        return 0; /* nothing to copy */
    if (from < 0)
        return from;
    int to = openat(st->tree, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int r = to < 0 || fstat(from, &info) < 0 ? -errno : copy_entries(from, to, 0);
    if (!r && !(step->flags & COPY_UP_KEEP_ROOT))
        r = copy_attributes(from, to, &info);
    replace(&to, -1);
    close(from);
    return r ? fail(st, r, FAIL_CALL, path) : 0;
}
