/* What has to be done, or seen, before the managed runtime starts: with stdio closed its first file would become descriptor 0, with SIGCHLD ignored
 * children cannot be waited for, and its threads inherit the signal mask of the thread that makes them. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "ocirun_native.h"
#include "prefault.h"
#include "raw.h"
#include "wait.h"

#define BIT(n) (1ull << ((n)-1))

static uint64_t s_initial_mask;
static int32_t s_inherited;

/* What the foreground takes by signalfd: all but faults, which must be seen where they happen, and 32 to 34, with which the C library and the managed
 * runtime stop threads. SIGCHLD, SIGPIPE and SIGURG are taken too, and not passed on. */
static const uint64_t s_taken = ~(BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) | BIT(SIGILL) | BIT(SIGTRAP) | BIT(SIGSYS) | BIT(32) | BIT(33) | BIT(34) |
                                  BIT(SIGKILL) | BIT(SIGSTOP));

static void set_mask(uint64_t mask) { raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&mask, 0, sizeof mask, 0); }

__attribute__((constructor)) static void before_everything(void) {
    prefault_program();
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", O_RDWR) != fd)
            _exit(1);
    signal(SIGCHLD, SIG_DFL);
    while (fcntl(3 + s_inherited, F_GETFD) >= 0)
        s_inherited++;
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, 0, (long)&s_initial_mask, sizeof s_initial_mask, 0);
    set_mask(s_taken); /* and not what else the caller had blocked: a blocked fault kills */
}

uint64_t ocirun_initial_signal_mask(void) { return s_initial_mask; }

int32_t ocirun_inherited_descriptors(void) { return s_inherited; }

/* Without those that the managed runtime needs: a caller may have blocked everything. */
void ocirun_restore_signal_mask(void) { set_mask(s_initial_mask & s_taken); }

int32_t ocirun_wait(int32_t pid, int32_t pidfd, int32_t timeout_ms, int32_t tty, int32_t master, int32_t *status) {
    struct wait_request request = {.pid = pid, .pidfd = pidfd, .timeout_ms = timeout_ms, .tty = tty, .master = master, .signals = s_taken};
    return wait_for(&request, status);
}
