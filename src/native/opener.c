/* O, the opener of mount sources: it has the host's credentials and B's mount namespace. What B itself opened with the credentials of its user
 * namespace, or the parent in the host's mount namespace, the container's root could make writable again, uncover below a submount, or use to mount
 * on the host. O runs the very same steps and hands over the descriptor. */
#include <linux/sched.h>
#include <string.h>
#include <sys/socket.h>
#include "stage.h"

int setns(int fd, int type);

struct request {
    uint32_t index;  /* of the step */
    uint32_t joins;  /* the first descriptor is B's mount namespace */
    uint32_t tree;   /* the next one is the tree */
    uint32_t userns; /* the next one is B's user namespace */
};

struct reply {
    int32_t error;
    uint32_t detail;
    uint32_t missing;
};

static int serve(struct stage *st, const struct request *request, int *fds, int *reg_fd) {
    int next = 0;
    const struct plan_step *step = &st->steps[request->index];
    st->index = request->index;
    st->detail = FAIL_CALL;
    st->text[0] = 0;
    st->missing = false;
    if (request->joins && setns(fds[next++], CLONE_NEWNS) < 0)
        return fail(st, -errno, FAIL_CALL, "setns into the mount namespace of the container");
    if (request->tree)
        replace(&st->tree, fds[next++]);
    if (request->userns)
        replace(&st->userns, fds[next++]);
    switch (step->op) {
    case OP_ROOTFS: {
        int r = op_rootfs(st, step);
        *reg_fd = st->root;
        return r;
    }
    case OP_TREE: {
        int r = op_tree(st, step);
        *reg_fd = step->flags & TREE_KEEP_MASK ? st->mask : st->tree;
        return r;
    }
    default:
        return op_tree_attr(st, step);
    }
}

static _Noreturn void opener_main(struct stage *st, int socket) {
    struct request request = {0};
    int fds[3], count;
    for (;;) {
        if (receive_packet(socket, &request, sizeof request, NULL, 0, fds, 3, &count) < 0 || request.index >= st->plan->step_count)
            _exit(0);
        int fd = -1;
        int error = (uint32_t)count == request.joins + request.tree + request.userns ? serve(st, &request, fds, &fd) : -EBADMSG;
        struct reply reply = {.error = error, .detail = st->detail, .missing = st->missing};
        if (request.joins)
            close(fds[0]);
        if (send_packet(socket, &reply, sizeof reply, st->text, strlen(st->text), &fd, error == 0 && fd >= 0) < 0)
            _exit(1);
    }
}

/* O must not hold the socket that B waits at: it may end later than B goes on, and a socket that still listens says "created". */
static void close_start_socket(const struct stage *st) {
    for (uint32_t i = st->index; i < st->plan->step_count; i++)
        if (st->steps[i].op == OP_AWAIT_START)
            close(st->steps[i].fd);
}

/* The parent reaps O. It keeps no end of ctl: the parent learns by its end of file that A and B are gone. */
int op_opener(struct stage *st, const struct plan_step *step) {
    int pair[2];
    (void)step;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
        return -errno;
    int pid = answer(syscall(SYS_clone, CLONE_PARENT, NULL, NULL, NULL, 0));
    if (pid == 0) {
        set_death_signal(st, st->death_signal);
        close(pair[0]);
        replace(&st->ctl, -1);
        close_start_socket(st);
        st->is_opener = true;
        opener_main(st, pair[1]);
    }
    close(pair[1]);
    if (pid < 0) {
        close(pair[0]);
        return pid;
    }
    st->opener = pair[0];
    return 0;
}

/* B: has O do the step; what comes back fills the register. */
int ask_opener(struct stage *st, const struct plan_step *step, int *reg) {
    struct request request = {.index = st->index, .joins = !st->opener_joined};
    struct reply reply = {0};
    int fds[3], count = 0, fd = -1, received = 0, joins = -1, userns = -1;
    if (request.joins) {
        joins = open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC);
        if (joins < 0)
            return fail(st, -errno, FAIL_CALL, "open of /proc/self/ns/mnt");
        fds[count++] = joins;
    }
    if (step->op == OP_TREE_ATTR || step->op == OP_ATTACHED_ATTR) {
        request.tree = 1;
        fds[count++] = st->tree;
        request.userns = (step->flags & ATTR_IDMAP) && step->fd < 0;
        if (request.userns) {
            userns = own_userns(st);
            if (userns < 0)
                return userns;
            fds[count++] = userns;
        }
    }
    int r = send_packet(st->opener, &request, sizeof request, NULL, 0, fds, count);
    replace(&joins, -1);
    replace(&userns, -1);
    if (r < 0)
        return fail(st, r, FAIL_CALL, "message to the opener of mount sources");
    long length = receive_packet(st->opener, &reply, sizeof reply, st->text, sizeof st->text - 1, &fd, 1, &received);
    if (length < 0)
        return fail(st, (int)length, FAIL_CALL, "message from the opener of mount sources");
    st->text[length] = 0;
    st->detail = reply.detail;
    st->missing = reply.missing;
    st->opener_joined = true;
    if (reply.error)
        return reply.error;
    if (received)
        replace(reg, fd);
    return 0;
}
