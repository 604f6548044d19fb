/* A network namespace, made on another processor while we plan: it takes the kernel longer than us a plan. The process that makes it borrows our memory and our table of descriptors, where
 * it leaves what it has opened, and ends. It is none of the container's: it is in our cgroup, so that neither the container's memory limit nor its freezer meets a process that has our
 * memory (an OOM kill ends all who share it; only a vfork child, spawn.c, is passed over). */
#include "ocirun_native.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/sched.h>
#include <stdlib.h>
#include "raw.h"

#define MAKER_STACK 4096

struct ocirun_network {
    _Alignas(16) char stack[MAKER_STACK];
    uint32_t borrowing; /* futex: the kernel clears it at the maker's end (CLONE_CHILD_CLEARTID) */
    int32_t pid;
    int32_t result; /* the descriptor, or -errno of call */
    const char *call;
};

static int maker_main(void *argument) {
    struct ocirun_network *network = argument;
    network->call = "unshare";
    long r = raw_call(SYS_unshare, CLONE_NEWNET, 0, 0, 0, 0);
    if (r == 0) {
        network->call = "open";
        r = raw_call(SYS_openat, AT_FDCWD, (long)"/proc/self/ns/net", O_RDONLY | O_CLOEXEC, 0, 0);
    }
    network->result = (int32_t)r;
    return 0;
}

int32_t ocirun_network_begin(struct ocirun_network **begun) {
    struct ocirun_network *network = calloc(1, sizeof *network);
    if (!network)
        return -ENOMEM;
    /* No signal at its end: a foreground run takes SIGCHLD for the container's. */
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_FILES | CLONE_CHILD_CLEARTID,
        .child_tid = (uint64_t)(uintptr_t)&network->borrowing,
        .stack = (uint64_t)(uintptr_t)network->stack,
        .stack_size = sizeof network->stack,
    };
    network->borrowing = 1;
    network->result = -ECHILD; /* it was killed */
    long pid = raw_clone3_masked(&args, sizeof args, maker_main, network);
    if (pid < 0) {
        free(network);
        return (int32_t)pid;
    }
    network->pid = (int32_t)pid;
    *begun = network;
    return 0;
}

int32_t ocirun_network_take(struct ocirun_network *network, const char **call) {
    while (__atomic_load_n(&network->borrowing, __ATOMIC_ACQUIRE))
        raw_call(SYS_futex, (long)&network->borrowing, FUTEX_WAIT, 1, 0, 0); /* not PRIVATE: the kernel's is not either */
    raw_reap(network->pid);
    int32_t result = network->result;
    *call = network->call;
    free(network);
    return result;
}
