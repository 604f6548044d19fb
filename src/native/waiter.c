/* The waiter: what a foreground `ocirun run` becomes when its container lives on. The managed runtime's memory is given back, and every signal is
 * passed on (the managed runtime keeps some to itself). At the end `ocirun delete` cleans up. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <signal.h>
#include "stage.h"
#include "wait.h"

static int clean_up(int exe, char **argv) {
    extern char **environ;
    int status, pid = answer(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
    if (pid == 0) {
        k_sigprocmask(SIG_SETMASK, 0, NULL);
        syscall(SYS_execveat, exe, "", argv, environ, AT_EMPTY_PATH);
        _exit(127);
    }
    if (pid < 0)
        return pid;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -errno;
    return 0;
}

int waiter_main(int argc, char **argv) {
    struct wait_request request = {.timeout_ms = -1, .tty = -1, .signals = ALL_SIGNALS};
    int status = 0;
    if (argc < 5)
        return 2;
    k_sigprocmask(SIG_SETMASK, ALL_SIGNALS, NULL);
    default_signals();
    request.pid = atoi(argv[1]);
    request.pidfd = atoi(argv[2]);
    request.master = atoi(argv[3]);
    if (request.master >= 0)
        request.tty = isatty(0) ? 0 : -1;
    int r = wait_for(&request, &status);
    if (argc > 5)
        clean_up(atoi(argv[4]), argv + 5);
    if (r < 0)
        return 255;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
