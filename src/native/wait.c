/* One process, three things to watch: the end of the program, signals to pass on, the terminal. */
#include "wait.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "relay.h"

#define BIT(n) (1ull << ((n)-1))

/* Children that are not ours to know (a subreaper gets orphans), without taking the status of the one that we wait for. */
static void reap_others(int pid) {
    siginfo_t info;
    for (;;) {
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) < 0 || info.si_pid == 0 || info.si_pid == pid)
            return;
        waitpid(info.si_pid, NULL, __WALL);
    }
}

static void take_signals(int signals, const struct wait_request *request, const struct relay *relay) {
    struct signalfd_siginfo info;
    while (read(signals, &info, sizeof info) == sizeof info) {
        switch (info.ssi_signo) {
        case SIGCHLD:
            reap_others(request->pid);
            break;
        case SIGPIPE: /* of our own output */
        case SIGURG:
            break;
        case SIGWINCH:
            if (request->tty >= 0 && request->master >= 0) {
                relay_resize(relay);
                break;
            } /* fall through */
        default:
            syscall(SYS_pidfd_send_signal, request->pidfd, info.ssi_signo, NULL, 0);
        }
    }
}

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000ll + now.tv_nsec / 1000000;
}

/* Until the program has ended (1) or the time is over (0). */
static int watch(const struct wait_request *request, struct relay *relay, int signals) {
    int64_t end = now_ms() + request->timeout_ms;
    for (;;) {
        struct pollfd polls[5] = {{request->pidfd, POLLIN, 0}, {signals, POLLIN, 0}};
        int count = 2, left = -1;
        if (relay->master >= 0)
            count += relay_poll_set(relay, polls + 2);
        if (request->timeout_ms >= 0) {
            left = (int)(end - now_ms());
            if (left < 0)
                left = 0;
        }
        int ready = poll(polls, (nfds_t)count, left);
        if (ready < 0 && errno != EINTR)
            return -errno;
        if (ready <= 0) {
            if (ready == 0 && left == 0)
                return 0;
            continue;
        }
        if (polls[1].revents)
            take_signals(signals, request, relay);
        if (relay->master >= 0)
            relay_move(relay, polls + 2);
        if (polls[0].revents)
            return 1;
    }
}

int wait_for(const struct wait_request *request, int *status) {
    static struct relay relay;
    uint64_t mask = request->signals;
    int signals = (int)syscall(SYS_signalfd4, -1, &mask, sizeof mask, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return -errno;
    relay_open(&relay, request->tty, request->master);
    reap_others(request->pid); /* those that ended before anybody watched */
    int r = watch(request, &relay, signals);
    relay_close(&relay, r != 0);
    close(signals);
    if (r <= 0)
        return r;
    while (waitpid(request->pid, status, __WALL) < 0)
        if (errno != EINTR)
            return -errno;
    return 1;
}
