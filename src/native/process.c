/* The processes of the stage, A, O and B, and the namespaces they join or make. Why there are three: docs/architecture.md. */
#include <grp.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include "raw.h"
#include "stage.h"

int setns(int fd, int type);
int unshare(int flags);

int op_await_go(struct stage *st, const struct plan_step *step) {
    (void)step;
    return await(st, MSG_GO, NULL, 0);
}

/* Remembered, because the kernel clears it at every fork and change of credentials. */
int set_death_signal(struct stage *st, int signal) {
    st->death_signal = signal;
    return answer(prctl(PR_SET_PDEATHSIG, signal));
}

int op_parent_death(struct stage *st, const struct plan_step *step) { return set_death_signal(st, (int)step->n[0]); }

int op_dumpable(struct stage *st, const struct plan_step *step) {
    (void)st;
    return answer(prctl(PR_SET_DUMPABLE, step->n[0]));
}

/* A sibling: the parent's child, not ours, since we go away (or become a program that did not ask for children). The kernel gives it our exit
 * signal whatever we ask for; once its parent is dead it is SIGCHLD anyway. Raw: nothing of the C library needs to know. */
static int fork_sibling(struct stage *st) {
    int pid = answer(syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, 0));
    if (pid == 0 && st->death_signal)
        set_death_signal(st, st->death_signal);
    return pid;
}

/* A copy of the memory would be taken to be thrown away, page by page. */
static int fork_in_place(struct stage *st) {
    int r = (int)raw_replace(CLONE_PARENT | CLONE_VM);
    return r == 0 && st->death_signal ? set_death_signal(st, st->death_signal) : r;
}

int op_fork(struct stage *st, const struct plan_step *step) {
    int pid = step->flags & FORK_IN_PLACE ? fork_in_place(st) : fork_sibling(st);
    if (pid > 0)
        _exit(0);
    if (pid == -ENOMEM)
        return fail(st, pid, FAIL_DEAD_INIT, NULL);
    return pid;
}

int op_setns(struct stage *st, const struct plan_step *step) {
    if (setns(step->fd, (int)step->u[0]) == 0)
        return 0;
    if (errno != EPERM || !(step->flags & SETNS_DEFER) || st->deferred_count == DEFERRED_MAX)
        return -errno;
    st->deferred_fd[st->deferred_count] = step->fd;
    st->deferred_type[st->deferred_count++] = (int)step->u[0];
    return 0;
}

int op_setns_deferred(struct stage *st, const struct plan_step *step) {
    (void)step;
    for (uint32_t i = 0; i < st->deferred_count; i++)
        if (setns(st->deferred_fd[i], st->deferred_type[i]) < 0)
            return -errno;
    st->deferred_count = 0;
    return 0;
}

int op_unshare(struct stage *st, const struct plan_step *step) {
    (void)st;
    return answer(unshare((int)step->u[0]));
}

int op_id_maps(struct stage *st, const struct plan_step *step) {
    (void)step;
    prctl(PR_SET_DUMPABLE, 1); /* an unprivileged parent may not write the maps otherwise */
    int r = tell(st, MSG_MAP, NULL, -1);
    if (r == 0)
        r = await(st, MSG_MAPPED, NULL, 0);
    prctl(PR_SET_DUMPABLE, 0);
    return r;
}

int op_become(struct stage *st, const struct plan_step *step) {
    uint32_t uid = step->n[0], gid = step->n[1];
    if (!(step->flags & BECOME_KEEP_GROUPS) && syscall(SYS_setgroups, 0, NULL) < 0) {
        st->groups_denied = errno == EPERM && (step->flags & BECOME_JOINED); /* were it not that, setresgid would fail, too */
        if (!st->groups_denied)
            return fail(st, -errno, FAIL_CALL, "setgroups");
    }
    if (syscall(SYS_setresgid, gid, gid, gid) < 0)
        return fail(st, -errno, FAIL_CALL, "setresgid");
    if (syscall(SYS_setresuid, uid, uid, uid) < 0)
        return fail(st, -errno, FAIL_CALL, "setresuid");
    prctl(PR_SET_DUMPABLE, 0);
    return set_death_signal(st, (int)step->n[2]);
}

/* Opened while we may: after the credentials have changed it is EACCES, though the open descriptor works. */
int op_time_offsets_open(struct stage *st, const struct plan_step *step) {
    (void)step;
    int fd = resolve_proc(st, "self/timens_offsets", O_WRONLY);
    if (fd < 0)
        return fd;
    replace(&st->offsets, fd);
    replace(&st->proc, -1);
    return 0;
}

int op_time_offsets(struct stage *st, const struct plan_step *step) {
    const char *text = text_of(st, step->s[0]);
    if (write(st->offsets, text, strlen(text)) < 0)
        return -errno;
    replace(&st->offsets, -1);
    return 0;
}

/* The parent's socket has SO_PASSCRED: the kernel adds our pid as the parent sees it. */
int op_born(struct stage *st, const struct plan_step *step) {
    int r = tell(st, MSG_BORN, NULL, -1);
    return r || (step->flags & BORN_GOES_ON) ? r : await(st, MSG_GO, NULL, 0);
}

int op_sync(struct stage *st, const struct plan_step *step) {
    int fd = -1;
    if (step->flags & SYNC_NETLINK) {
        fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0 /* NETLINK_ROUTE */);
        if (fd < 0)
            return fail(st, -errno, FAIL_CALL, "socket(AF_NETLINK)");
    }
    int r = tell(st, step->n[0], NULL, fd);
    replace(&fd, -1);
    return r ? r : await(st, step->n[1], NULL, 0);
}

int op_pause(struct stage *st, const struct plan_step *step) {
    char byte;
    long got;
    (void)step;
    do
        got = recv(st->ctl, &byte, 1, 0);
    while (got > 0 || (got < 0 && errno == EINTR));
    _exit(0);
}
