/* startContainer hooks: run in the container right before the program, as its user. A hook gets the state on its standard input and nothing else of
 * ours; it runs in a process group of its own, so that a timeout can end all of it. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include "stage.h"

#define READS_MAX 64 /* as much as a pipe holds */

struct hook {
    int pid, pidfd;
    int input, output;
    struct iovec state[3]; /* before the pid, the pid, after it */
    int state_next;
    char number[24];
    char tail[sizeof ((struct start_status *)0)->text]; /* the last words */
    size_t tail_length;
};

static void state_text(struct hook *hook, const char *text) {
    const char *mark = text ? strstr(text, PID_MARK) : NULL;
    size_t length = text ? strlen(text) : 0, before = mark ? (size_t)(mark - text) : length;
    hook->number[0] = 0;
    hook->state_next = 0;
    if (mark)
        add_number(hook->number, sizeof hook->number, (uint64_t)getpid());
    hook->state[0] = (struct iovec){(void *)text, before};
    hook->state[1] = (struct iovec){hook->number, strlen(hook->number)};
    hook->state[2] = mark ? (struct iovec){(void *)(mark + strlen(PID_MARK)), length - before - strlen(PID_MARK)} : (struct iovec){NULL, 0};
}

static _Noreturn void hook_child(struct stage *st, const struct plan_step *step, const int *input, const int *output, int report) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    char **argv = list_to_array(text_of(st, step->s[1]), NULL);
    char **envp = step->s[2] ? list_to_array(text_of(st, step->s[2]), NULL) : list_to_array(st->env, st->home);
    int error = ENOMEM;
    if (step->flags & HOOK_IN_ROOTFS)
        umask(st->umask); /* later ones have the program's */
    if ((step->flags & HOOK_IN_ROOTFS) && fchdir(st->root) < 0)
        error = errno;
    else if (argv && envp && dup2(input[0], 0) == 0 && dup2(output[1], 1) == 1 && dup2(output[1], 2) == 2) {
        k_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
        k_sigprocmask(SIG_SETMASK, 0, NULL);
        execve(text_of(st, step->s[0]), argv, envp);
        error = errno;
    }
    if (write(report, &error, sizeof error) != sizeof error)
        _exit(126);
    _exit(127);
}

/* Starts the hook; report is end of file once execve has succeeded. */
static int hook_spawn(struct stage *st, const struct plan_step *step, struct hook *hook) {
    int input[2], output[2], report[2], error = 0;
    if (pipe2(input, O_CLOEXEC) < 0)
        return -errno;
    if (pipe2(output, O_CLOEXEC) < 0)
        return -errno;
    if (pipe2(report, O_CLOEXEC) < 0)
        return -errno;
    hook->pid = answer(syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0));
    if (hook->pid == 0)
        hook_child(st, step, input, output, report[1]);
    close(input[0]);
    close(output[1]);
    close(report[1]);
    hook->input = input[1];
    hook->output = output[0];
    if (hook->pid < 0) {
        close(report[0]);
        return hook->pid;
    }
    hook->pidfd = k_pidfd_open(hook->pid);
    long got = read(report[0], &error, sizeof error);
    close(report[0]);
    if (got == sizeof error) {
        waitpid(hook->pid, NULL, 0);
        return fail(st, -error, FAIL_CALL, text_of(st, step->s[0]));
    }
    return hook->pidfd < 0 ? hook->pidfd : 0;
}

/* Gives what the pipe takes. A hook that does not read its state (EPIPE) is none of our business; SIGPIPE is blocked. */
static void feed(struct hook *hook) {
    while (hook->state_next < 3) {
        struct iovec *part = &hook->state[hook->state_next];
        long sent = part->iov_len ? write(hook->input, part->iov_base, part->iov_len) : 0;
        if (sent < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (sent < 0)
            break;
        part->iov_base = (char *)part->iov_base + sent;
        part->iov_len -= (size_t)sent;
        if (part->iov_len == 0)
            hook->state_next++;
    }
    replace(&hook->input, -1);
}

/* Reads what there is and keeps the end of it; not for ever, as a hook can write faster than we read, and its time would never be over. */
static void listen_to(struct hook *hook) {
    char part[1024];
    for (int i = 0; i < READS_MAX; i++) {
        long got = read(hook->output, part, sizeof part);
        if (got < 0 && errno == EINTR)
            continue;
        if (got == 0)
            replace(&hook->output, -1);
        if (got <= 0)
            return;
        size_t room = sizeof hook->tail - 1 - hook->tail_length, more = (size_t)got;
        if (more > room) {
            memmove(hook->tail, hook->tail + (more - room), hook->tail_length - (more - room));
            hook->tail_length -= more - room;
        }
        memcpy(hook->tail + hook->tail_length, part, more);
        hook->tail_length += more;
        hook->tail[hook->tail_length] = 0;
    }
}

static int milliseconds_left(const struct timespec *end) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    int64_t left = (end->tv_sec - now.tv_sec) * 1000ll + (end->tv_nsec - now.tv_nsec) / 1000000;
    return left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : (int)left;
}

/* Until the hook itself has ended: what it leaves behind may hold its pipes for ever. Returns 1 on time-out. */
static int hook_wait(struct hook *hook, uint32_t seconds) {
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    end.tv_sec += seconds;
    fcntl(hook->input, F_SETFL, O_NONBLOCK);
    fcntl(hook->output, F_SETFL, O_NONBLOCK);
    for (;;) {
        struct pollfd polls[3] = {{hook->pidfd, POLLIN, 0}, {hook->output, POLLIN, 0}, {hook->input, POLLOUT, 0}};
        int left = seconds ? milliseconds_left(&end) : -1;
        if (poll(polls, 3, left) < 0 && errno != EINTR)
            return -errno;
        if (polls[1].revents)
            listen_to(hook);
        if (polls[2].revents)
            feed(hook);
        if (polls[0].revents)
            return 0;
        if (left == 0)
            return 1;
    }
}

/* A hook that did not read its state has left a SIGPIPE pending: the init that waits for start would take it for one that somebody sent, and end. */
static void forget_broken_pipe(void) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, normal = {.sa_handler = SIG_DFL};
    sigaction(SIGPIPE, &ignore, NULL);
    sigaction(SIGPIPE, &normal, NULL);
}

int op_hook(struct stage *st, const struct plan_step *step) {
    static struct hook hook;
    int status = 0;
    hook.pidfd = -1;
    hook.tail_length = 0;
    hook.tail[0] = 0;
    state_text(&hook, text_of(st, step->s[3]));
    int r = hook_spawn(st, step, &hook);
    if (r)
        return r;
    int waited = hook_wait(&hook, step->n[0]);
    if (waited != 0)
        kill(-hook.pid, SIGKILL);
    while (waitpid(hook.pid, &status, 0) < 0 && errno == EINTR)
        continue;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        continue; /* its orphans, where we are pid 1 */
    if (hook.output >= 0)
        listen_to(&hook);
    replace(&hook.input, -1);
    replace(&hook.output, -1);
    replace(&hook.pidfd, -1);
    forget_broken_pipe();
    if (waited < 0)
        return waited;
    if (waited == 1)
        return fail(st, -ETIMEDOUT, FAIL_TIMEOUT, hook.tail);
    return status ? fail(st, -status, FAIL_HOOK, hook.tail) : 0;
}
