/* From "ready" to the program: the last message to the parent, the wait for `ocirun start`, execve. */
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include "stage.h"

#define CLIENTS_MAX 8

int op_chdir(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    int fd = resolve(st, path, O_PATH | O_DIRECTORY, 0);
    if (fd == -ENOENT)
        fd = step->n[0] ? make_directory(st, path, 0755, 0) : fail(st, fd, FAIL_CALL, path);
    int r = fd < 0 ? fd : fchdir(fd) < 0 ? fail(st, -errno, FAIL_CALL, path) : 0;
    if (fd >= 0)
        close(fd);
    st->cwd_refused = r == -EACCES; /* root on NFS is nobody: perhaps the user may */
    return st->cwd_refused ? 0 : r;
}

/* The kernel says "(unreachable)/..." of a directory outside of our root (CVE-2024-21626). */
int op_chdir_final(struct stage *st, const struct plan_step *step) {
    static char here[4096];
    const char *path = text_of(st, step->s[0]);
    if (st->cwd_refused) {
        int r = op_chdir(st, step);
        if (r || st->cwd_refused)
            return fail(st, r ? r : -EACCES, st->detail, path);
    }
    if (syscall(SYS_getcwd, here, sizeof here) < 0)
        return fail(st, -errno, FAIL_OUTSIDE, path);
    return here[0] == '/' ? 0 : fail(st, -EXDEV, FAIL_OUTSIDE, path);
}

/* The death signal goes first: a parent that exits right after its COMMIT must not take us along. Until then its death shows as end of file. */
int op_ready(struct stage *st, const struct plan_step *step) {
    (void)step;
    replace(&st->opener, -1); /* where there was no pivot; the parent has to see O end */
    int r = set_death_signal(st, 0);
    if (!r)
        r = tell(st, MSG_READY, NULL, -1);
    if (!r && st->home_expected)
        r = await(st, MSG_HOME, st->home, sizeof st->home);
    return r ? r : await(st, MSG_COMMIT, st->outer_pid, sizeof st->outer_pid);
}

static int map_status(struct stage *st, int fd) {
    void *page = mmap(NULL, sizeof(struct start_status), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return -errno;
    st->status = page;
    return 0;
}

int op_status_page(struct stage *st, const struct plan_step *step) {
    int r = map_status(st, step->fd);
    if (!r)
        st->status->state = START_GOING;
    return r;
}

static int make_status(struct stage *st) {
    int fd = memfd_create("ocirun-start", MFD_CLOEXEC | MFD_NOEXEC_SEAL);
    if (fd < 0 && errno == EINVAL)
        fd = memfd_create("ocirun-start", MFD_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = ftruncate(fd, sizeof(struct start_status)) < 0 ? -errno : map_status(st, fd);
    if (r) {
        close(fd);
        return r;
    }
    st->status->state = START_GOING;
    return fd;
}

/* A pid 1 would ignore what would end any other process: a created container must be killable. SIGCHLD is that of orphans that land here; the rest
 * of the list would do nothing, or stop us. */
static void handle_signal(int fd) {
    struct signalfd_siginfo info;
    if (read(fd, &info, sizeof info) != sizeof info)
        return;
    switch (info.ssi_signo) {
    case SIGCHLD:
        while (waitpid(-1, NULL, WNOHANG) > 0)
            continue;
        return;
    case SIGWINCH: /* podman sets the size of the terminal before it starts */
    case SIGCONT:
    case SIGURG:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
        return;
    default:
        _exit(128 + (int)info.ssi_signo);
    }
}

/* A client says START_GO; one that goes away without it has never been here. Returns its descriptor. */
static int wait_for_client(int listener, int signals) {
    struct pollfd polls[2 + CLIENTS_MAX] = {{signals, POLLIN, 0}, {listener, POLLIN, 0}};
    int count = 2;
    for (;;) {
        polls[1].events = count < 2 + CLIENTS_MAX ? POLLIN : 0;
        if (poll(polls, (nfds_t)count, -1) < 0 && errno != EINTR)
            return -errno;
        if (polls[0].revents)
            handle_signal(signals);
        for (int i = count - 1; i >= 2; i--) {
            char byte = 0;
            if (!polls[i].revents)
                continue;
            int client = polls[i].fd;
            bool go = recv(client, &byte, 1, MSG_DONTWAIT) == 1 && byte == START_GO;
            polls[i] = polls[--count];
            if (!go) {
                close(client);
                continue;
            }
            while (count > 2)
                close(polls[--count].fd);
            return client;
        }
        if (polls[1].revents) {
            int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
            if (client < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
                return -errno;
            if (client >= 0)
                polls[count++] = (struct pollfd){client, POLLIN, 0};
        }
    }
}

/* The client holds its end until we are gone or have become the program: end of file tells it which by the page. The other clients and the listening
 * socket are closed at once, so that a second `start` is refused. */
int op_await_start(struct stage *st, const struct plan_step *step) {
    int signals = k_signalfd(ALL_SIGNALS, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0)
        return signals;
    replace(&st->ctl, -1);
    int client = wait_for_client(step->fd, signals);
    if (client < 0)
        return client;
    close(signals);
    close(step->fd);
    int page = make_status(st);
    if (page < 0)
        return page;
    char answer = START_GO;
    send_packet(client, &answer, 1, NULL, 0, &page, 1); /* a client that died after its word has started the container all the same */
    close(page);
    return 0;
}

/* The strings of a list, and one more, as execve wants them. From mmap: the number has no bound that we could know. */
char **list_to_array(const char *list, const char *extra) {
    size_t count = 2;
    for (const char *s = list; s && *s; s += strlen(s) + 1)
        count++;
    char **array = mmap(NULL, count * sizeof *array, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (array == MAP_FAILED)
        return NULL;
    size_t i = 0;
    for (const char *s = list; s && *s; s += strlen(s) + 1)
        array[i++] = (char *)s + 1;
    if (extra && *extra)
        array[i] = (char *)extra;
    return array;
}

/* All that execve needs, and the last calls before a filter may forbid them. */
int prepare_program(struct stage *st) {
    const struct plan_step *exec = NULL;
    for (uint32_t i = st->index; i < st->plan->step_count && !exec; i++)
        if (st->steps[i].op == OP_EXEC)
            exec = &st->steps[i];
    if (st->argv)
        return 0;
    if (!exec)
        return fail(st, -EINVAL, FAIL_PLAN, "a filter without a program");
    st->envp = list_to_array(st->env, st->home);
    st->argv = list_to_array(text_of(st, exec->s[0]), NULL);
    if (!st->argv || !st->envp)
        return -ENOMEM;
    seal_descriptors(st);
    return k_sigprocmask(SIG_SETMASK, 0, NULL);
}

int op_exec(struct stage *st, const struct plan_step *step) {
    (void)step;
    int r = prepare_program(st);
    if (r)
        return r;
    if (st->status)
        __atomic_store_n(&st->status->state, START_EXEC, __ATOMIC_RELEASE);
    execve(st->program, st->argv, st->envp);
    return fail(st, -errno, FAIL_CALL, st->program);
}

int op_stdio(struct stage *st, const struct plan_step *step) {
    (void)st;
    return dup2(step->fd, (int)step->n[0]) < 0 ? -errno : 0;
}

int op_run(struct stage *st, const struct plan_step *step) {
    const char *path = text_of(st, step->s[0]);
    char **argv = list_to_array(text_of(st, step->s[1]), NULL), **envp = list_to_array(text_of(st, step->s[2]), NULL);
    if (!argv || !envp)
        return -ENOMEM;
    umask(st->umask);
    k_sigprocmask(SIG_SETMASK, 0, NULL);
    execve(path, argv, envp);
    return fail(st, -errno, FAIL_CALL, path);
}
