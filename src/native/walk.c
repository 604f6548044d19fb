/* openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS) by hand, for kernels where a filter around us hides the call: one component at a time with
 * O_NOFOLLOW, links read and resolved below the root, ".." by the descriptor that we came from (never by asking the kernel, which a rename could
 * lead out of the root). */
#include "walk.h"
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include "kernel.h"

#define DEPTH_MAX 128
#define LINKS_MAX 40 /* as the kernel's */
#define PATH_SIZE 4096

struct walker {
    int stack[DEPTH_MAX]; /* stack[0] is the root */
    int depth;
    int links;
    char rest[2 * PATH_SIZE];
};

static void go_up(struct walker *w, int depth) {
    while (w->depth > depth)
        close(w->stack[w->depth--]);
}

/* Puts the link's text in front of what is left of the path. */
static int follow(struct walker *w, int link, const char *rest, uint64_t restrictions) {
    static char target[PATH_SIZE];
    struct statfs fs;
    if ((restrictions & RESOLVE_NO_SYMLINKS) || ++w->links > LINKS_MAX)
        return -ELOOP;
    if (fstatfs(link, &fs) < 0 || fs.f_type == PROC_SUPER_MAGIC)
        return -ELOOP; /* it may be a magic one */
    long length = readlinkat(link, "", target, sizeof target - 1);
    if (length < 0)
        return -errno;
    size_t left = strlen(rest);
    if (length == 0 || (size_t)length + left + 2 > sizeof w->rest)
        return length == 0 ? -ENOENT : -ENAMETOOLONG;
    memmove(w->rest + length, rest, left + 1);
    memcpy(w->rest, target, (size_t)length);
    if (target[0] == '/')
        go_up(w, 0);
    return 0;
}

static bool crosses(int from, int to) {
    struct stat a, b;
    return fstat(from, &a) < 0 || fstat(to, &b) < 0 || a.st_dev != b.st_dev;
}

/* One component. Returns 1 when the walk goes on, 0 when *found is the last one. */
static int advance(struct walker *w, char *name, const char *rest, int flags, uint64_t restrictions, int *found) {
    bool last = rest[strspn(rest, "/")] == 0;
    int top = w->stack[w->depth];
    struct stat info;
    int fd = openat(top, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fstat(fd, &info) < 0 ? -errno : 0;
    if (!r && (restrictions & RESOLVE_NO_XDEV) && crosses(top, fd))
        r = -EXDEV;
    if (!r && S_ISLNK(info.st_mode) && !(last && *rest == 0 && (flags & O_NOFOLLOW))) {
        r = follow(w, fd, rest, restrictions);
        close(fd);
        return r ? r : 1;
    }
    if (!r && (!last || *rest || (flags & O_DIRECTORY)) && !S_ISDIR(info.st_mode))
        r = -ENOTDIR;
    if (!r && !last && w->depth + 1 >= DEPTH_MAX)
        r = -ENAMETOOLONG;
    if (r) {
        close(fd);
        return r;
    }
    if (last) {
        *found = fd;
        if (flags & O_PATH)
            return 0;
        *found = answer(openat(top, name, flags | O_NOFOLLOW | O_CLOEXEC));
        close(fd);
        return *found < 0 ? *found : 0;
    }
    w->stack[++w->depth] = fd;
    memmove(w->rest, rest, strlen(rest) + 1);
    return 1;
}

/* Where the path ends, as an O_PATH descriptor. */
static int find(struct walker *w, int flags, uint64_t restrictions) {
    for (;;) {
        char name[256];
        const char *start = w->rest + strspn(w->rest, "/");
        size_t length = strcspn(start, "/");
        if (length > 255)
            return -ENAMETOOLONG;
        if (length == 0)
            return answer(openat(w->stack[w->depth], ".", flags | O_CLOEXEC));
        memcpy(name, start, length);
        name[length] = 0;
        const char *rest = start + length;
        bool up = strcmp(name, "..") == 0;
        if (up || strcmp(name, ".") == 0) {
            if (up && w->depth > 0)
                go_up(w, w->depth - 1);
            memmove(w->rest, rest, strlen(rest) + 1);
            continue;
        }
        int found = -1;
        int r = advance(w, name, rest, flags, restrictions, &found);
        if (r <= 0)
            return r ? r : found;
    }
}

/* As openat2 with RESOLVE_IN_ROOT would. */
int walk(int root, const char *path, int flags, uint64_t restrictions) {
    static struct walker w;
    if (strlen(path) >= PATH_SIZE)
        return -ENAMETOOLONG;
    w.stack[0] = root;
    w.depth = w.links = 0;
    strcpy(w.rest, path);
    int fd = find(&w, flags, restrictions);
    go_up(&w, 0);
    return fd;
}
