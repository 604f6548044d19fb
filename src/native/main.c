/* The init stage's frame: the plan is mapped and checked to the last offset, then its steps run one after the other. */
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include "prefault.h"
#include "stage.h"
#include "wait.h"

/* What the four offsets of a step are, one letter each: '-' unused, 's' string, 'l' list; capital: may be absent. 'b': n[0] bytes, 'm': n[1] bits,
 * 'f': n[0] instructions of 8 bytes, 'c': struct plan_credentials. */
struct step_kind {
    step_function *run;
    char offsets[5];
};

static const struct step_kind s_kinds[] = {
    [OP_AWAIT_GO] = {op_await_go, "----"},
    [OP_PARENT_DEATH] = {op_parent_death, "----"},
    [OP_DUMPABLE] = {op_dumpable, "----"},
    [OP_OPENER] = {op_opener, "----"},
    [OP_SETNS] = {op_setns, "----"},
    [OP_SETNS_DEFERRED] = {op_setns_deferred, "----"},
    [OP_FORK] = {op_fork, "----"},
    [OP_UNSHARE] = {op_unshare, "----"},
    [OP_ID_MAPS] = {op_id_maps, "----"},
    [OP_BECOME] = {op_become, "----"},
    [OP_TIME_OFFSETS_OPEN] = {op_time_offsets_open, "----"},
    [OP_TIME_OFFSETS] = {op_time_offsets, "s---"},
    [OP_BORN] = {op_born, "----"},
    [OP_SETSID] = {op_setsid, "----"},
    [OP_PROPAGATION] = {op_propagation, "s---"},
    [OP_ROOTFS] = {op_rootfs, "s---"},
    [OP_PROC_PRIVATE] = {op_proc_private, "----"},
    [OP_FS_OPEN] = {op_fs_open, "s---"},
    [OP_FS_SET] = {op_fs_set, "sS--"},
    [OP_FS_MOUNT] = {op_fs_mount, "----"},
    [OP_TREE] = {op_tree, "S---"},
    [OP_TREE_ATTR] = {op_tree_attr, "----"},
    [OP_TREE_COPY_UP] = {op_tree_copy_up, "s---"},
    [OP_ATTACH] = {op_attach, "s---"},
    [OP_ATTACHED_ATTR] = {op_tree_attr, "----"},
    [OP_REMOUNT] = {op_remount, "sL--"},
    [OP_MKNOD] = {op_mknod, "s---"},
    [OP_SYMLINK] = {op_symlink, "ss--"},
    [OP_MKDIR] = {op_mkdir, "s---"},
    [OP_LOOPBACK] = {op_loopback, "----"},
    [OP_SYNC] = {op_sync, "----"},
    [OP_PIVOT] = {op_pivot, "----"},
    [OP_CONSOLE] = {op_console, "----"},
    [OP_ROOT_ATTR] = {op_root_attr, "----"},
    [OP_HOSTNAME] = {op_hostname, "s---"},
    [OP_DOMAINNAME] = {op_domainname, "s---"},
    [OP_PROC_WRITE] = {op_proc_write, "ss--"},
    [OP_READONLY_PATH] = {op_readonly_path, "s---"},
    [OP_MASK_PATH] = {op_mask_path, "s---"},
    [OP_PASSWD] = {op_passwd, "----"},
    [OP_KEYRING] = {op_keyring, "S---"},
    [OP_SCHED] = {op_sched, "b---"},
    [OP_IOPRIO] = {op_ioprio, "----"},
    [OP_MEMPOLICY] = {op_mempolicy, "m---"},
    [OP_PERSONALITY] = {op_personality, "----"},
    [OP_RLIMIT] = {op_rlimit, "----"},
    [OP_UMASK] = {op_umask, "----"},
    [OP_STDIO_OWNER] = {op_stdio_owner, "----"},
    [OP_NO_NEW_PRIVS] = {op_no_new_privs, "----"},
    [OP_CREDENTIALS] = {op_credentials, "c---"},
    [OP_CHDIR] = {op_chdir, "s---"},
    [OP_CHDIR_FINAL] = {op_chdir_final, "s---"},
    [OP_LOOKUP] = {op_lookup, "sL--"},
    [OP_READY] = {op_ready, "----"},
    [OP_AWAIT_START] = {op_await_start, "----"},
    [OP_HOOK] = {op_hook, "slLS"},
    [OP_ENV] = {op_env, "L---"},
    [OP_SECCOMP] = {op_seccomp, "fS--"},
    [OP_CAPS_AGAIN] = {op_caps_again, "c---"},
    [OP_EXEC] = {op_exec, "l---"},
    [OP_RUN] = {op_run, "slL-"},
    [OP_STDIO] = {op_stdio, "----"},
    [OP_PAUSE] = {op_pause, "----"},
    [OP_STATUS_PAGE] = {op_status_page, "----"},
    [OP_UNMOUNT] = {op_unmount, "s---"},
};

static bool fits(const struct plan_header *plan, uint32_t offset, uint64_t size) { return offset <= plan->data_size && size <= plan->data_size - offset; }

/* A string ends, and a list ends with an empty string, within the data. */
static bool text_fits(const struct stage *st, uint32_t offset, bool list) {
    do {
        if (offset >= st->plan->data_size)
            return false;
        const char *end = memchr(st->data + offset, 0, st->plan->data_size - offset);
        if (!end)
            return false;
        list = list && end != st->data + offset;
        offset = (uint32_t)(end - st->data) + 1;
    } while (list);
    return true;
}

static bool credentials_fit(const struct stage *st, uint32_t offset) {
    if (!fits(st->plan, offset, sizeof(struct plan_credentials)) || offset % _Alignof(struct plan_credentials))
        return false;
    const struct plan_credentials *want = (const void *)(st->data + offset);
    return want->last_cap < 64 && (want->group_count == UINT32_MAX || fits(st->plan, want->groups_off, 4ull * want->group_count));
}

static bool offset_fits(const struct stage *st, const struct plan_step *step, int i, char kind) {
    uint32_t offset = step->s[i];
    if (offset == 0)
        return kind == '-' || (kind >= 'A' && kind <= 'Z') || (kind == 'm' && step->n[1] == 0);
    switch (kind) {
    case 's':
    case 'S':
        return text_fits(st, offset, false);
    case 'l':
    case 'L':
        return text_fits(st, offset, true);
    case 'b':
        return fits(st->plan, offset, step->n[0]);
    case 'm':
        return fits(st->plan, offset, (step->n[1] + 63ull) / 64 * 8);
    case 'f':
        return fits(st->plan, offset, 8ull * step->n[0]) && offset % 4 == 0;
    case 'c':
        return credentials_fit(st, offset);
    default:
        return false;
    }
}

static bool step_is_sound(const struct stage *st, uint32_t index) {
    const struct plan_step *step = &st->steps[index];
    if (step->op >= sizeof s_kinds / sizeof s_kinds[0] || !s_kinds[step->op].run)
        return false;
    bool skips = step->flags & (STEP_SKIP_MISSING | STEP_OPTIONAL | STEP_FALLBACK);
    if (skips && step->n[3] >= st->plan->step_count - index)
        return false;
    for (int i = 0; i < 4; i++)
        if (!offset_fits(st, step, i, s_kinds[step->op].offsets[i]))
            return false;
    return true;
}

static int open_times(struct stage *st, int fd) {
    size_t size = st->plan->step_count * sizeof *st->times;
    struct stat info;
    if (fstat(fd, &info) < 0)
        return -errno;
    if ((uint64_t)info.st_size < size || size == 0)
        return -EINVAL;
    st->times = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return st->times == MAP_FAILED ? -errno : 0;
}

/* Maps the plan and believes nothing of it: a plan of another build, or a cut one, must not reach the first step. */
static int open_plan(struct stage *st, int fd) {
    struct stat info;
    if (fstat(fd, &info) < 0)
        return -errno;
    if (info.st_size < (long)sizeof(struct plan_header) || info.st_size > INT32_MAX)
        return -EINVAL;
    const struct plan_header *plan = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (plan == MAP_FAILED)
        return -errno;
    close(fd);
    st->plan = plan;
    st->ctl = plan->ctl;
    if (plan->magic != PLAN_MAGIC || plan->size != (uint64_t)info.st_size)
        return -EINVAL;
    uint64_t steps_end = sizeof *plan + (uint64_t)plan->step_count * sizeof(struct plan_step);
    if (steps_end > plan->data_off || (uint64_t)plan->data_off + plan->data_size > plan->size || plan->data_size == 0 || plan->data_off % 8)
        return -EINVAL;
    st->steps = (const void *)(plan + 1);
    st->data = (const char *)plan + plan->data_off;
    for (st->index = 0; st->index < plan->step_count; st->index++)
        if (!step_is_sound(st, st->index))
            return -EINVAL;
    st->index = 0;
    return plan->times < 0 ? 0 : open_times(st, plan->times);
}

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static int run_step(struct stage *st, const struct plan_step *step) {
    struct plan_time *time = st->times && !st->filtered ? &st->times[st->index] : NULL;
    st->detail = FAIL_CALL;
    st->text[0] = 0;
    st->missing = false;
    if (time)
        time->begin = now_ns();
    int r = s_kinds[step->op].run(st, step);
    if (time && !st->filtered)
        time->end = now_ns();
    if (step->flags & STEP_OPTIONAL)
        st->optional_failed = r < 0;
    return r < 0 ? r : 0;
}

static void run_plan(struct stage *st) {
    for (st->index = 0; st->index < st->plan->step_count; st->index++) {
        const struct plan_step *step = &st->steps[st->index];
        if ((step->flags & STEP_FALLBACK) && !st->optional_failed) {
            st->index += step->n[3];
            continue;
        }
        int r = run_step(st, step);
        if (r == 0)
            continue;
        bool forgiven = (step->flags & STEP_OPTIONAL) || ((step->flags & STEP_SKIP_MISSING) && st->missing);
        if (!forgiven)
            give_up(st, r);
        if (step->flags & STEP_WARN)
            warn(st, r);
        st->index += step->n[3];
    }
}

/* Handlers are gone since execve, but ignored signals stay ignored (the managed runtime ignores SIGPIPE). All stay blocked until the program runs:
 * what comes while we work is handled in OP_AWAIT_START. The raw calls, as 32 to 34 are the C library's own. */
void default_signals(void) {
    struct {
        void *handler;
        unsigned long flags;
        void *restorer;
        kernel_mask mask;
    } action = {0};
    for (int n = 1; n <= SIGNAL_MAX; n++)
        syscall(SYS_rt_sigaction, n, &action, NULL, sizeof action.mask);
}

/* Close-on-exec for all but 0 to 2 and those that the program shall have. */
void seal_descriptors(const struct stage *st) {
    unsigned first = (unsigned)st->plan->keep_first, count = (unsigned)st->plan->keep_count;
    if (count == 0 || first < 3) {
        k_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
        return;
    }
    if (first > 3)
        k_close_range(3, first - 1, CLOSE_RANGE_CLOEXEC);
    k_close_range(first + count, ~0u, CLOSE_RANGE_CLOEXEC);
}

/* A register gives up what it holds for fd. */
void replace(int *reg, int fd) {
    if (*reg >= 0)
        close(*reg);
    *reg = fd;
}

static int parse_descriptor(const char *text) {
    int fd = 0;
    for (; *text >= '0' && *text <= '9' && fd < 1 << 24; text++)
        fd = fd * 10 + (*text - '0');
    return *text ? -1 : fd;
}

/* Maps our code and constants, and makes our data, in two calls instead of twenty page faults. Only hints. */
static void prefault(const struct stage *st) {
    if (!faults_are_dear())
        return;
    extern const char __executable_start[], _edata[], _end[];
    const uintptr_t start = (uintptr_t)__executable_start, data = (uintptr_t)st & ~(PAGE - 1);
    madvise((void *)start, (uintptr_t)_edata - start, MADV_POPULATE_READ);
    madvise((void *)data, (uintptr_t)_end - data, MADV_POPULATE_WRITE);
}

/* argv[1] is the descriptor of the plan. Under the name of the waiter (wait.h) we are that. */
int main(int argc, char **argv) {
    static struct stage st = {.ctl = -1, .root = -1, .tree = -1, .fs = -1, .mask = -1, .proc = -1, .opener = -1, .offsets = -1, .userns = -1};
    if (argc > 1 && strcmp(argv[0], WAITER_NAME) == 0)
        return waiter_main(argc, argv);
    if (argc != 2)
        return 2;
    prefault(&st);
    k_sigprocmask(SIG_SETMASK, ALL_SIGNALS, NULL);
    default_signals();
    prctl(PR_SET_NAME, "ocirun-init");
    int r = open_plan(&st, parse_descriptor(argv[1]));
    if (r < 0) {
        fail(&st, r, FAIL_PLAN, "the plan is malformed");
        give_up(&st, r);
    }
    seal_descriptors(&st);
    st.umask = umask(0);
    run_plan(&st);
    return 0;
}
