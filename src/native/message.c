/* Talk with the parent: fixed messages on a SOCK_SEQPACKET pair, and the failure that ends a stage. */
#include <string.h>
#include <sys/socket.h>
#include "stage.h"

#define FDS_MAX 4

/* Appends, cutting what does not fit. */
void add_text(char *to, size_t size, const char *text) {
    size_t have = strlen(to), more = strlen(text);
    if (more > size - have - 1)
        more = size - have - 1;
    memcpy(to + have, text, more);
    to[have + more] = 0;
}

void add_number(char *to, size_t size, uint64_t number) {
    char digits[21];
    char *first = digits + sizeof digits - 1;
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    add_text(to, size, first);
}

/* Remembers what the failure is about; returns the error, so that `return fail(...)` reads well. */
int fail(struct stage *st, int error, uint32_t detail, const char *text) {
    st->detail = detail;
    st->missing = false;
    st->text[0] = 0;
    if (text)
        add_text(st->text, sizeof st->text, text);
    return error;
}

/* As fail(), for a path that may be missing: STEP_SKIP_MISSING forgives only that, and never an ENOENT of anything else (CVE-2025-31133). */
int fail_missing(struct stage *st, int error, uint32_t detail, const char *path) {
    fail(st, error, detail, path);
    st->missing = error == -ENOENT || error == -ENOTDIR;
    return error;
}

int send_packet(int socket, const void *head, size_t head_size, const char *text, size_t text_size, const int *fds, int count) {
    struct iovec parts[2] = {{(void *)head, head_size}, {(void *)text, text_size}};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    if (count > 0) {
        memset(&control, 0, sizeof control);
        message.msg_control = &control;
        message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
        control.header.cmsg_level = SOL_SOCKET;
        control.header.cmsg_type = SCM_RIGHTS;
        control.header.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count);
        memcpy(CMSG_DATA(&control.header), fds, sizeof(int) * (size_t)count);
    }
    long sent;
    do
        sent = sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent < 0 ? -errno : 0;
}

/*
 * recvmsg(2), again after ECONNRESET: a peer that closed with a message of ours unread lets the kernel say so once, before what the peer had sent. A parent's
 * COMMIT may be among it.
 */
static long receive_message(int socket, struct msghdr *message) {
    bool was_reset = false;
    for (;;) {
        long got = recvmsg(socket, message, MSG_CMSG_CLOEXEC);
        if (got >= 0)
            return got;
        if (errno == ECONNRESET && !was_reset)
            was_reset = true;
        else if (errno != EINTR)
            return -errno;
    }
}

/* Returns the length of the text, or -errno: -EPIPE at end of file. */
long receive_packet(int socket, void *head, size_t head_size, char *text, size_t text_size, int *fds, int max, int *count) {
    struct iovec parts[2] = {{head, head_size}, {text, text_size}};
    union {
        struct cmsghdr header;
        char space[CMSG_SPACE(sizeof(int) * FDS_MAX)];
    } control;
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2, .msg_control = &control, .msg_controllen = sizeof control};
    long got = receive_message(socket, &message);
    if (got <= 0)
        return got < 0 && got != -ECONNRESET ? got : -EPIPE;
    int received = 0;
    struct cmsghdr *part = CMSG_FIRSTHDR(&message);
    if (part && part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
        received = (int)((part->cmsg_len - CMSG_LEN(0)) / sizeof(int));
        for (int i = 0; i < received; i++) {
            int fd;
            memcpy(&fd, CMSG_DATA(part) + sizeof(int) * (size_t)i, sizeof fd);
            if (i < max)
                fds[i] = fd;
            else
                close(fd);
        }
    }
    if (count)
        *count = received < max ? received : max;
    if ((size_t)got < head_size || (message.msg_flags & MSG_TRUNC))
        return -EBADMSG;
    return got - (long)head_size;
}

static int tell_with(struct stage *st, struct plan_message *message, const char *text, int fd) {
    message->len = text ? (uint32_t)strlen(text) : 0;
    message->step = st->index;
    return send_packet(st->ctl, message, sizeof *message, text, message->len, &fd, fd >= 0);
}

/* One message to the parent. A parent that is no more ends us: nobody waits for what we would say. */
int tell(struct stage *st, uint32_t type, const char *text, int fd) {
    struct plan_message message = {.type = type};
    int r = tell_with(st, &message, text, fd);
    if (r == -EPIPE || r == -ECONNRESET)
        _exit(1);
    return r;
}

/* Waits for that message of the parent; its text goes to text, NUL-terminated, when there is room for one. */
int await(struct stage *st, uint32_t type, char *text, size_t size) {
    struct plan_message message = {0};
    static char ignored[MESSAGE_TEXT_MAX];
    char *place = text ? text : ignored;
    long length = receive_packet(st->ctl, &message, sizeof message, place, text ? size - 1 : sizeof ignored, NULL, 0, NULL);
    if (length == -EPIPE)
        _exit(1);
    if (length < 0)
        return (int)length;
    if (message.type != type || message.len != (uint32_t)length)
        return fail(st, -EBADMSG, FAIL_PLAN, "unexpected message from the parent");
    if (text)
        text[length] = 0;
    return 0;
}

void warn(struct stage *st, int error) {
    struct plan_message message = {.type = MSG_WARN, .error = -error, .detail = st->detail};
    if (st->ctl >= 0)
        tell_with(st, &message, st->text, -1);
}

/* The page is plain memory: this works under a filter that allows no call at all. */
static void write_status(struct stage *st, int error) {
    struct start_status *page = st->status;
    page->error = -error;
    page->op = st->index < st->plan->step_count ? st->steps[st->index].op : 0;
    page->step = st->index;
    page->detail = st->detail;
    page->text[0] = 0;
    add_text(page->text, sizeof page->text, st->text);
    page->len = (uint32_t)strlen(page->text);
    __atomic_store_n(&page->state, START_FAILED, __ATOMIC_RELEASE);
}

/* Says what failed, to the status page once there is one and else to the parent, and ends. */
_Noreturn void give_up(struct stage *st, int error) {
    if (st->status) {
        write_status(st, error);
    } else {
        struct plan_message message = {.type = MSG_FAIL, .error = -error, .detail = st->detail};
        tell_with(st, &message, st->text, -1);
    }
    _exit(1);
}
