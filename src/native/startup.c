/* What the managed runtime asks of the machine before main, to size a heap and to choose among instructions: a fifth of a short verb's time, for nothing that a
 * program of a few megabytes and milliseconds uses (docs/adr/0003). The linker takes these (--wrap) for the runtime's calls; inside the C library nothing changes. */
#include <dirent.h>
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#include "prefault.h"

/* For limits of its own cgroup it looks for cgroups, and reads all mounts twice. What we ask of file systems goes by fstatfs and statfs. */
int __wrap_statfs64(const char *path, struct statfs64 *answer);
int __wrap_statfs64(const char *path, struct statfs64 *answer) {
    (void)path, (void)answer;
    errno = ENOSYS;
    return -1;
}

/* The same files, and those of the processor's caches: without them their sizes are the C library's. What else it opens (memory) it gets. */
FILE *__real_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode);
FILE *__wrap_fopen64(const char *path, const char *mode) {
    static const char *const places[] = {"/proc/self/mountinfo", "/proc/self/cgroup", "/sys/devices/system/cpu/"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(path, places[i], strlen(places[i])) == 0) {
            errno = ENOENT;
            return NULL;
        }
    return __real_fopen64(path, mode);
}

/* Nodes of memory: one heap, not bound to any. */
DIR *__real_opendir(const char *path);
DIR *__wrap_opendir(const char *path);
DIR *__wrap_opendir(const char *path) {
    if (strcmp(path, "/sys/devices/system/node") == 0) {
        errno = ENOENT;
        return NULL;
    }
    return __real_opendir(path);
}

/* The bounds of the first thread's stack, for which the C library reads /proc/self/maps: from where the kernel let it begin to its limit. */
extern void *__libc_stack_end;
int __real_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes);
int __wrap_pthread_getattr_np(pthread_t thread, pthread_attr_t *attributes) {
    struct rlimit limit;
    if (gettid() != getpid() || !pthread_equal(thread, pthread_self()) || getrlimit(RLIMIT_STACK, &limit) < 0 || limit.rlim_cur == RLIM_INFINITY)
        return __real_pthread_getattr_np(thread, attributes);
    uintptr_t end = ((uintptr_t)__libc_stack_end + PAGE - 1) & ~(PAGE - 1);
    uintptr_t size = limit.rlim_cur & ~(PAGE - 1);
    if (size >= end)
        return __real_pthread_getattr_np(thread, attributes);
    int error = pthread_attr_init(attributes);
    return error ? error : pthread_attr_setstack(attributes, (void *)(end - size), size);
}

/* Whether what is committed belongs into a core dump. What is only reserved holds nothing, and a dump leaves it out anyway. */
int __wrap_madvise(void *address, size_t size, int advice);
int __wrap_madvise(void *address, size_t size, int advice) {
    return advice == MADV_DONTDUMP || advice == MADV_DODUMP ? 0 : (int)syscall(SYS_madvise, address, size, advice);
}

#ifdef __x86_64__
#include <cpuid.h>
/* Which instructions there are beyond those that the compiler was told to use: eight CPUIDs, for each of which a virtual machine leaves the guest. One looks for
 * the latest of x86-64-v2, which is what the compiler uses; on an older processor the runtime says that it cannot run, as ever. */
extern const int g_requiredCpuFeatures __attribute__((weak));
int __real_minipal_getcpufeatures(void) __attribute__((weak));
int __wrap_minipal_getcpufeatures(void);
int __wrap_minipal_getcpufeatures(void) {
    unsigned a, b, c, d;
    __cpuid(1, a, b, c, d);
    bool is_v2 = (c & bit_SSE4_2) && (c & bit_POPCNT);
    return is_v2 && &g_requiredCpuFeatures ? g_requiredCpuFeatures : __real_minipal_getcpufeatures();
}
#endif
