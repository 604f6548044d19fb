/* Sends a seccomp listener to its agent. The filter that we have just loaded may trap sendmsg or any other call of ours, and only the agent could
 * answer, so a helper without the filter sends it. The helper is a thread (CLONE_FILES and more) and not a process: a process would be a child that
 * the program has not made, and reaping it takes a call that the filter may forbid. We wait for it without any call. */
#include "notify.h"
#include <linux/sched.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include "raw.h"
#include "stage.h"

#define LISTENER_PENDING (-1)
#define LISTENER_FAILED (-2)
#define RESULT_PENDING 1

static struct {
    int socket;
    const char *text;
    int listener;
    int result;
    _Alignas(16) char stack[16384];
} s_notifier;

static int notifier_main(void *unused) {
    int listener;
    (void)unused;
    while ((listener = __atomic_load_n(&s_notifier.listener, __ATOMIC_ACQUIRE)) == LISTENER_PENDING)
        raw_call(SYS_sched_yield, 0, 0, 0, 0, 0);
    int r = listener < 0 ? 0 : send_packet(s_notifier.socket, s_notifier.text, strlen(s_notifier.text), NULL, 0, &listener, 1);
    __atomic_store_n(&s_notifier.result, r, __ATOMIC_RELEASE);
    return 0;
}

/* The agent's text with our pid at its first marks: the process's and, where we are its init, the container's (later ones are the config's own words).
 * From mmap: the length of a state has no bound. */
static char *with_pid(const struct stage *st, const char *text, uint32_t marks) {
    size_t size = strlen(text) + marks * sizeof st->outer_pid;
    char *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (copy == MAP_FAILED)
        return NULL;
    char *end = copy;
    for (uint32_t i = 0; i < marks; i++) {
        const char *mark = strstr(text, PID_MARK);
        if (!mark)
            break;
        memcpy(end, text, (size_t)(mark - text));
        end += mark - text;
        strcpy(end, st->outer_pid);
        end += strlen(end);
        text = mark + strlen(PID_MARK);
    }
    strcpy(end, text);
    return copy;
}

int notifier_start(struct stage *st, int socket, const char *text, uint32_t marks) {
    struct clone_args args = {
        .flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM,
        .stack = (uint64_t)(uintptr_t)s_notifier.stack,
        .stack_size = sizeof s_notifier.stack,
    };
    if (!text)
        return fail(st, -EINVAL, FAIL_PLAN, "a listener without a message");
    s_notifier.socket = socket;
    s_notifier.text = with_pid(st, text, marks);
    if (!s_notifier.text)
        return -ENOMEM;
    s_notifier.listener = LISTENER_PENDING;
    s_notifier.result = RESULT_PENDING;
    long r = raw_clone3(&args, sizeof args, notifier_main, NULL);
    return r < 0 ? fail(st, (int)r, FAIL_CALL, "clone3 of the notifier") : 0;
}

int notifier_finish(struct stage *st, int listener) {
    int r;
    __atomic_store_n(&s_notifier.listener, listener < 0 ? LISTENER_FAILED : listener, __ATOMIC_RELEASE);
    while ((r = __atomic_load_n(&s_notifier.result, __ATOMIC_ACQUIRE)) == RESULT_PENDING)
        continue;
    return r < 0 ? fail(st, r, FAIL_CALL, "sendmsg to the seccomp agent") : 0;
}
