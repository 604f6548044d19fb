/* Starts the stage with nothing of the managed runtime in between: a child that borrows our memory (a copy of a managed process' page tables costs more than all the
 * rest) and our descriptors makes its namespaces while we plan, waits for what to execute, and leaves its error with us. */
#include "ocirun_native.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include "raw.h"

#define CHILD_STACK 16384

struct ocirun_child {
    _Alignas(16) char stack[CHILD_STACK];
    uint64_t namespaces; /* that it makes itself */
    int32_t pid, pidfd;
    int32_t parent;     /* pidfd of ours */
    int32_t told;       /* eventfd: request is there */
    uint32_t borrowing; /* futex: the kernel clears it when the child has executed the stage, or is gone (CLONE_CHILD_CLEARTID) */
    const struct ocirun_request *request;
    const char *failed;
    int32_t error;
};

static int failed(struct ocirun_child *child, const char *call, long error) {
    child->failed = call;
    child->error = (int32_t)error;
    return 1;
}

/* True: there is a request; false: nobody is left who could make one. Not PDEATHSIG, which comes too late for a parent that has died before we asked for it. */
static bool is_told(struct ocirun_child *child) {
    struct pollfd wait[] = {{.fd = child->told, .events = POLLIN}, {.fd = child->parent, .events = POLLIN}};
    long r;
    do
        r = raw_call(SYS_ppoll, (long)wait, 2, 0, 0, 0);
    while (r == -EINTR);
    return r > 0 && wait[0].revents;
}

static int child_main(void *argument) {
    struct ocirun_child *child = argument;
    static char *const no_environment[] = {NULL};
    long r = child->namespaces ? raw_call(SYS_unshare, (long)child->namespaces, 0, 0, 0, 0) : 0;
    if (r < 0)
        return failed(child, "unshare", r);
    if (!is_told(child))
        return 1;
    const struct ocirun_request *request = child->request;
    r = raw_call(SYS_unshare, CLONE_FILES, 0, 0, 0, 0);
    if (r < 0)
        return failed(child, "unshare", r);
    for (int i = 0; i < request->keep_count; i++) {
        r = raw_call(SYS_fcntl, request->keep[i], F_SETFD, 0, 0, 0);
        if (r < 0)
            return failed(child, "fcntl", r);
    }
    r = raw_call(SYS_execveat, request->exe, (long)"", (long)request->argv, (long)no_environment, AT_EMPTY_PATH);
    return failed(child, "execveat", r);
}

static void reap(struct ocirun_child *child) {
    long r;
    do
        r = raw_call(SYS_wait4, child->pid, 0, __WALL, 0, 0);
    while (r == -EINTR);
    raw_call(SYS_close, child->pidfd, 0, 0, 0, 0);
}

static void release(struct ocirun_child *child) {
    raw_call(SYS_close, child->parent, 0, 0, 0, 0);
    raw_call(SYS_close, child->told, 0, 0, 0, 0);
    free(child);
}

static long start(struct ocirun_child *child, struct clone_args *args) {
    child->told = -1;
    child->parent = (int32_t)raw_call(SYS_pidfd_open, raw_call(SYS_getpid, 0, 0, 0, 0, 0), 0, 0, 0, 0);
    if (child->parent < 0)
        return child->parent;
    child->told = (int32_t)raw_call(SYS_eventfd2, 0, EFD_CLOEXEC, 0, 0, 0);
    if (child->told < 0)
        return child->told;
    uint64_t all = ~0ull, old;
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, sizeof all, 0);
    long pid = raw_clone3(args, sizeof *args, child_main, child);
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, sizeof old, 0);
    return pid;
}

int32_t ocirun_spawn_begin(uint64_t namespaces, int32_t cgroup, struct ocirun_child **begun) {
    struct ocirun_child *child = calloc(1, sizeof *child);
    if (!child)
        return -ENOMEM;
    struct clone_args args = {
        .flags = (namespaces & CLONE_NEWPID) | CLONE_VM | CLONE_FILES | CLONE_PIDFD | CLONE_CHILD_CLEARTID,
        .pidfd = (uint64_t)(uintptr_t)&child->pidfd,
        .child_tid = (uint64_t)(uintptr_t)&child->borrowing,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)child->stack,
        .stack_size = sizeof child->stack,
    };
    if (cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)cgroup;
    }
    child->namespaces = namespaces & ~(uint64_t)CLONE_NEWPID;
    child->borrowing = 1;
    long pid = start(child, &args);
    if (pid < 0) {
        release(child);
        return (int32_t)pid;
    }
    child->pid = (int32_t)pid;
    *begun = child;
    return child->pid;
}

int32_t ocirun_spawn_execute(struct ocirun_child *child, const struct ocirun_request *request, const char **call) {
    child->request = request;
    const uint64_t one = 1;
    raw_call(SYS_write, child->told, (long)&one, sizeof one, 0, 0);
    while (__atomic_load_n(&child->borrowing, __ATOMIC_ACQUIRE))
        raw_call(SYS_futex, (long)&child->borrowing, FUTEX_WAIT, 1, 0, 0); /* not PRIVATE: the kernel's is not either */
    *call = child->failed;
    int32_t result = child->failed ? child->error : child->pidfd;
    if (child->failed)
        reap(child);
    release(child);
    return result;
}

void ocirun_spawn_cancel(struct ocirun_child *child) {
    raw_call(SYS_pidfd_send_signal, child->pidfd, SIGKILL, 0, 0, 0);
    reap(child);
    release(child);
}
