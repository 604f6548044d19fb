/* What C# calls natively (libocirun_native): only what cannot be managed code, because it runs between clone and execve, or before the
 * managed runtime exists. */
#ifndef OCIRUN_NATIVE_H
#define OCIRUN_NATIVE_H

#include <stdint.h>

#pragma GCC visibility push(default)

struct ocirun_spawn {
    int32_t exe;               /* sealed memfd of the stage */
    int32_t pidfd;             /* out: CLOEXEC */
    uint64_t clone_flags;      /* CLONE_NEW*; CLONE_VM|CLONE_VFORK|CLONE_PIDFD are added */
    int32_t cgroup;            /* descriptor for CLONE_INTO_CGROUP, or -1 */
    int32_t keep_count;
    const int32_t *keep;       /* descriptors that lose close-on-exec in the child */
    const char *const *argv;   /* the environment of the stage is empty */
    int32_t network;           /* descriptor of a network namespace to enter, or -1 */
    const char *call;          /* out: which one failed */
};

/* Starts the stage. Returns the pid, or -errno of request->call (clone3, or setns, fcntl, execveat: then the child is reaped already). All signals are blocked around
 * it, 32 and up too; the stage resets them. To be called on the main thread only: PDEATHSIG fires when the spawning thread ends. */
int32_t ocirun_spawn(struct ocirun_spawn *request);

/* Begins to make a network namespace. Returns 0, or -errno of clone3. */
struct ocirun_network;
int32_t ocirun_network_begin(struct ocirun_network **begun);
/* Waits for it. Returns a descriptor (CLOEXEC), or -errno of *call. begun is gone then. */
int32_t ocirun_network_take(struct ocirun_network *begun, const char **call);

/* The stage's executable image, linked in. */
const uint8_t *ocirun_stage_image(uint64_t *size);

/* As it was before our constructor ran: bit n-1 is signal n. The constructor (before the managed runtime starts) opens 0-2 where closed
 * (/dev/null), sets SIGCHLD to its default, and blocks the signals that a foreground run forwards. */
uint64_t ocirun_initial_signal_mask(void);
/* The descriptors from 3 up that were open at start: how many in a row. */
int32_t ocirun_inherited_descriptors(void);
/* Gives this thread the mask it started with, less what the managed runtime needs unblocked: verbs that do not forward signals call it first. */
void ocirun_restore_signal_mask(void);

/* Waits for the container's init (foreground run and exec), which must be our child: forwards every signal but SIGCHLD, SIGPIPE, SIGURG to pid, reaps
 * other children, until it ends or, with timeout_ms >= 0, the time is over. Returns 1 with the wait status, 0 on time-out, or -errno.
 * With master >= 0 (the pty master; it becomes non-blocking) it also copies 0 to the master and the master to 1, and drains it at the end. Then tty is
 * the terminal (0 mostly; -1: none) that is in raw mode meanwhile, put back before the return, and whose size is copied to the master at first and at
 * SIGWINCH instead of forwarding that. Signals are taken by signalfd: those that the constructor has blocked. The rest (faults; 32 to 34) are left alone. */
int32_t ocirun_wait(int32_t pid, int32_t pidfd, int32_t timeout_ms, int32_t tty, int32_t master, int32_t *status);

/* For longer waits the process becomes the stage in its other role, by execveat(memfd of the image) as the container's parent, which frees the managed
 * runtime's memory: argv = { "ocirun-wait", pid, pidfd, master or -1, descriptor of our executable, argv of `ocirun delete`... }, all descriptors
 * inheritable. It exits as the program did, or with 128 plus the signal. */

#pragma GCC visibility pop
#endif
