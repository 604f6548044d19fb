/* Waiting for a container in the foreground; shared by the library (at first) and the stage (when it lives on). */
#ifndef OCIRUN_WAIT_H
#define OCIRUN_WAIT_H

#include <stdint.h>

/* argv of the waiter: this name, pid, pidfd, pty master or -1, descriptor of the executable to run at the end, argv of that (may be missing).
 * It exits with the program's exit status, or 128 plus the signal that ended it. It has to be the process that is the container's parent: by
 * execveat from there. */
#define WAITER_NAME "ocirun-wait"

struct wait_request {
    int pid, pidfd;
    int timeout_ms; /* negative: for ever */
    int tty, master;
    uint64_t signals; /* those to take, by bit number minus one; they must be blocked in all threads */
};

/* 1 with the wait status, 0 on time-out, -errno. */
int wait_for(const struct wait_request *request, int *status);

int waiter_main(int argc, char **argv);

#endif
