/* Paths below the root. The image is hostile and may change under our eyes: every path becomes a descriptor by openat2(RESOLVE_IN_ROOT), and no
 * string below the root reaches any other call. What is missing is made by handle, one component after the other, never through a symbolic link
 * (CVE-2021-30465, CVE-2024-45310 and their like). Where a seccomp filter around us blocks openat2, walk.c does the same by hand. */
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "stage.h"
#include "walk.h"

#define LINKS_MAX 40 /* as the kernel has it */
#define EAGAIN_TRIES 128 /* openat2 gives EAGAIN when a rename or mount elsewhere races with ".."; the walk does not */

/* The root register. When joining a container (exec) there is no OP_ROOTFS: the root is where setns has put us. */
static int root_of(struct stage *st) {
    if (st->root < 0) {
        int fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
            return -errno;
        st->root = fd;
    }
    return st->root;
}

bool is_root_path(const char *path) { return path[strspn(path, "/.")] == 0 && !strstr(path, "..."); }

static int open_in_root(struct stage *st, const char *path, int flags, uint64_t restrictions) {
    int root = root_of(st);
    if (root < 0)
        return root;
    path += strspn(path, "/");
    if (*path == 0)
        path = ".";
    for (int i = 0; i < EAGAIN_TRIES; i++) {
        int fd = k_openat2(root, path, (uint64_t)flags | O_CLOEXEC, 0, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | restrictions);
        if (fd == -ENOSYS || fd == -EPERM)
            break;
        if (fd != -EAGAIN)
            return fd;
    }
    return walk(root, path, flags, restrictions);
}

/* Opens what the path names below the root. Flags are those of open: O_PATH and O_NOFOLLOW mostly. */
int resolve(struct stage *st, const char *path, int flags, uint64_t restrictions) {
    int fd = open_in_root(st, path, flags, restrictions);
    if (fd >= 0)
        return fd;
    return fail_missing(st, fd, FAIL_RESOLVE, path);
}

/* One component below a directory that we hold: made when missing, and never a symbolic link. */
static int enter(int parent, const char *name, uint32_t mode) {
    if (mkdirat(parent, name, mode) < 0 && errno != EEXIST)
        return -errno;
    int fd = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

/* Copies the next component to name and returns what follows it, NULL at the end; dots alone are left out. */
static const char *next_component(const char *path, char *name) {
    for (;;) {
        path += strspn(path, "/");
        size_t length = strcspn(path, "/");
        if (length == 0)
            return NULL;
        if (length > 255)
            length = 255; /* the kernel refuses such a name as it would the longer one */
        memcpy(name, path, length);
        name[length] = 0;
        path += strcspn(path, "/");
        if (strcmp(name, "."))
            return path;
    }
}

/* The longest part of the path that exists, as a descriptor; *rest is what follows. Each prefix is resolved from the root anew, since a link within
 * it may lead anywhere below the root. */
static int existing_part(struct stage *st, const char *path, uint64_t restrictions, const char **rest) {
    static char prefix[MESSAGE_TEXT_MAX];
    char name[256];
    int have = open_in_root(st, "", O_PATH | O_DIRECTORY, 0);
    const char *after = path;
    for (;;) {
        *rest = after;
        after = have < 0 ? NULL : next_component(after, name);
        if (!after)
            return have;
        size_t length = (size_t)(after - path);
        if (length >= sizeof prefix) {
            close(have);
            return -ENAMETOOLONG;
        }
        memcpy(prefix, path, length);
        prefix[length] = 0;
        int next = open_in_root(st, prefix, O_PATH | O_DIRECTORY, restrictions);
        if (next == -ENOENT)
            return have;
        close(have);
        have = next;
    }
}

/* Where the first missing component of the path is a link that leads to nothing (/var/run -> /run without /run, /etc/resolv.conf in many images), the
 * path with the link's text in its place goes to expanded. The text is read by handle, and what it names is resolved in the root like all else.
 * Returns 1 then, 0 when there is no such link. */
static int expand_dangling(struct stage *st, const char *path, char *expanded, size_t size) {
    char name[256], target[MESSAGE_TEXT_MAX];
    const char *rest;
    int fd = existing_part(st, path, 0, &rest);
    if (fd < 0)
        return fd;
    const char *after = next_component(rest, name);
    long length = after ? readlinkat(fd, name, target, sizeof target - 1) : -1;
    close(fd);
    if (length <= 0)
        return 0;
    target[length] = 0;
    expanded[0] = 0;
    if (target[0] != '/') {
        size_t before = (size_t)(after - path) - strlen(name);
        memcpy(expanded, path, before);
        expanded[before] = 0;
    }
    if (strlen(expanded) + (size_t)length + strlen(after) + 2 > size)
        return -ENAMETOOLONG;
    add_text(expanded, size, target);
    add_text(expanded, size, "/");
    add_text(expanded, size, after);
    return 1;
}

/* The path with all dangling links replaced: what has to be made is then free of links. */
static const char *without_dangling(struct stage *st, const char *path, int *error) {
    static char paths[2][MESSAGE_TEXT_MAX];
    for (int i = 0; i <= LINKS_MAX; i++) {
        *error = expand_dangling(st, path, paths[i % 2], sizeof paths[0]);
        if (*error <= 0)
            return path;
        path = paths[i % 2];
    }
    *error = -ELOOP;
    return path;
}

/* Cuts the path (of less than MESSAGE_TEXT_MAX bytes before it) into the last component and what is before. */
static int split(const char *path, char *parent, char *base) {
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    size_t start = length;
    while (start > 0 && path[start - 1] != '/')
        start--;
    if (length - start > 255 || start >= MESSAGE_TEXT_MAX)
        return -ENAMETOOLONG;
    memcpy(base, path + start, length - start);
    base[length - start] = 0;
    memcpy(parent, path, start);
    parent[start] = 0;
    return !*base || !strcmp(base, ".") || !strcmp(base, "..") ? -EINVAL : 0;
}

/* The common case: all but the last component is there. mkdir never follows a link, so one that dangles is EEXIST here. */
static int make_last(struct stage *st, const char *path, uint32_t mode, uint64_t restrictions) {
    static char parent[MESSAGE_TEXT_MAX];
    char name[256];
    if (split(path, parent, name))
        return -ENOENT;
    int fd = open_in_root(st, parent, O_PATH | O_DIRECTORY, restrictions);
    if (fd < 0)
        return fd;
    int made = mkdirat(fd, name, mode) < 0 ? -errno : answer(openat(fd, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    close(fd);
    return made;
}

/* The directory at the path, made with its parents (0755; itself: mode) where missing. */
int make_directory(struct stage *st, const char *path, uint32_t mode, uint64_t restrictions) {
    char name[256];
    const char *rest;
    int error = 0, fd = open_in_root(st, path, O_PATH | O_DIRECTORY, restrictions);
    if (fd == -ENOENT && (fd = make_last(st, path, mode, restrictions)) >= 0)
        return fd;
    if (fd == -ENOENT || fd == -EEXIST) {
        path = restrictions & RESOLVE_NO_SYMLINKS ? path : without_dangling(st, path, &error);
        fd = error ? error : existing_part(st, path, restrictions, &rest);
    } else {
        rest = "";
    }
    while (fd >= 0 && (rest = next_component(rest, name))) {
        char ignored[256];
        bool last = !next_component(rest, ignored);
        int next = strcmp(name, "..") ? enter(fd, name, last ? mode : 0755) : -ENOENT;
        close(fd);
        fd = next;
    }
    return fd < 0 ? fail(st, fd, FAIL_CREATE, path) : fd;
}

/* The directory that holds the last component of the path, made where missing; the component goes to base. */
int make_parent(struct stage *st, const char *path, char *base) {
    static char parent[MESSAGE_TEXT_MAX];
    int r = split(path, parent, base);
    return r ? fail(st, r, FAIL_CREATE, path) : make_directory(st, parent, 0755, 0);
}

/* The file at the path, made empty where missing; O_EXCL does not follow a link that is put there meanwhile. */
int make_file(struct stage *st, const char *path, uint32_t mode) {
    char base[256];
    int fd = open_in_root(st, path, O_PATH, 0);
    if (fd >= 0)
        return fd;
    if (fd != -ENOENT)
        return fail(st, fd, FAIL_RESOLVE, path);
    int error = 0;
    path = without_dangling(st, path, &error);
    if (error)
        return fail(st, error, FAIL_CREATE, path);
    int parent = make_parent(st, path, base);
    if (parent < 0)
        return parent;
    int made = openat(parent, base, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
    error = made < 0 ? -errno : 0;
    if (made >= 0) {
        fd = openat(parent, base, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        error = fd < 0 ? -errno : 0;
        close(made);
    }
    close(parent);
    return error ? fail(st, error, FAIL_CREATE, path) : fd;
}

/* The private procfs, or what stands at /proc while there is none. */
static int proc_of(struct stage *st) {
    if (st->proc >= 0)
        return st->proc;
    int fd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct statfs fs;
    struct stat info;
    if (fd < 0)
        return -errno;
    if (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC || fstat(fd, &info) < 0 || info.st_ino != PROC_ROOT_INODE) {
        close(fd);
        return -ENODEV;
    }
    return st->proc = fd;
}

/* Opens a file of procfs: no link, no other mount on the way. "self/" and "thread-self/" are links there: we put our number in their place, as that
 * procfs counts it. */
int resolve_proc(struct stage *st, const char *path, int flags) {
    static char full[MESSAGE_TEXT_MAX];
    char self[32];
    int proc = proc_of(st);
    if (proc < 0)
        return proc;
    bool thread = strncmp(path, "thread-self/", 12) == 0;
    full[0] = 0;
    if (thread || strncmp(path, "self/", 5) == 0) {
        long length = readlinkat(proc, "self", self, sizeof self - 1);
        if (length <= 0)
            return length < 0 ? -errno : -ENOENT;
        self[length] = 0;
        add_text(full, sizeof full, self);
        if (thread) {
            add_text(full, sizeof full, "/task/");
            add_text(full, sizeof full, self);
        }
        path = strchr(path, '/');
    }
    add_text(full, sizeof full, path);
    uint64_t rules = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV;
    int fd = k_openat2(proc, full, (uint64_t)flags | O_CLOEXEC, 0, rules);
    if (fd == -ENOSYS || fd == -EPERM)
        fd = walk(proc, full, flags | O_CLOEXEC, RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV);
    struct statfs fs;
    if (fd >= 0 && (fstatfs(fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC)) {
        close(fd);
        return -ENODEV;
    }
    return fd;
}

/* Opens what an O_PATH descriptor stands for, by its entry in procfs: the one magic link that we follow. */
int reopen(struct stage *st, int fd, int flags) {
    char name[16] = "";
    int dir = resolve_proc(st, "self/fd", O_PATH | O_DIRECTORY);
    if (dir < 0)
        return dir;
    add_number(name, sizeof name, (uint64_t)fd);
    int opened = openat(dir, name, flags | O_CLOEXEC);
    int error = opened < 0 ? -errno : 0;
    close(dir);
    return error ? error : opened;
}
