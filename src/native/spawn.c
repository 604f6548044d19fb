/* Starts the stage: clone3 and execveat with nothing of the managed runtime in between. The child borrows our memory until execveat (a copy of a
 * managed process' page tables costs more than the whole call) and leaves its error there. */
#include "ocirun_native.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include "raw.h"

#define CHILD_STACK 16384

struct child {
    const struct ocirun_spawn *request;
    const char *volatile call;
    volatile long error;
};

static int failed(struct child *child, const char *call, long error) {
    child->call = call;
    child->error = error;
    return 1;
}

static int child_main(void *argument) {
    struct child *child = argument;
    const struct ocirun_spawn *request = child->request;
    static char *const no_environment[] = {NULL};
    long r = request->network < 0 ? 0 : raw_call(SYS_setns, request->network, CLONE_NEWNET, 0, 0, 0);
    if (r < 0)
        return failed(child, "setns", r);
    for (int i = 0; i < request->keep_count; i++) {
        r = raw_call(SYS_fcntl, request->keep[i], F_SETFD, 0, 0, 0);
        if (r < 0)
            return failed(child, "fcntl", r);
    }
    r = raw_call(SYS_execveat, request->exe, (long)"", (long)request->argv, (long)no_environment, AT_EMPTY_PATH);
    return failed(child, "execveat", r);
}

int32_t ocirun_spawn(struct ocirun_spawn *request) {
    _Alignas(16) char stack[CHILD_STACK];
    struct child child = {request, "clone3", 0};
    int pidfd = -1;
    struct clone_args args = {
        .flags = request->clone_flags | CLONE_VM | CLONE_VFORK | CLONE_PIDFD,
        .pidfd = (uint64_t)(uintptr_t)&pidfd,
        .exit_signal = SIGCHLD,
        .stack = (uint64_t)(uintptr_t)stack,
        .stack_size = sizeof stack,
    };
    if (request->cgroup >= 0) {
        args.flags |= CLONE_INTO_CGROUP;
        args.cgroup = (uint64_t)request->cgroup;
    }
    long pid = raw_clone3_masked(&args, sizeof args, child_main, &child);
    request->pidfd = -1;
    request->call = child.call;
    if (pid < 0)
        return (int32_t)pid;
    if (child.error) {
        raw_reap(pid);
        raw_call(SYS_close, pidfd, 0, 0, 0, 0);
        return (int32_t)child.error;
    }
    request->pidfd = pidfd;
    return (int32_t)pid;
}
