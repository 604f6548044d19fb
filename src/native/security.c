/* What the program may not do any more: credentials, capabilities, no_new_privs, seccomp. */
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include "notify.h"
#include "stage.h"

#define CAP_BIT(n) ((uint64_t)1 << (n))

int op_no_new_privs(struct stage *st, const struct plan_step *step) {
    (void)st, (void)step;
    return answer(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

/* What is not in the set already need not be dropped: an unprivileged caller may not, and does not have to. */
static int drop_bounding(const struct plan_credentials *want) {
    for (uint32_t cap = 0; cap <= want->last_cap; cap++) {
        if ((want->bounding & CAP_BIT(cap)) || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
            continue;
        int error = errno;
        if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) == 1)
            return -error;
    }
    return 0;
}

static int set_ids(struct stage *st, const struct plan_credentials *want) {
    bool keep = want->group_count == UINT32_MAX || (st->groups_denied && want->group_count == 0);
    if (!keep && syscall(SYS_setgroups, want->group_count, st->data + want->groups_off) < 0)
        return fail(st, -errno, FAIL_CALL, "setgroups");
    if (syscall(SYS_setresgid, want->gid, want->gid, want->gid) < 0)
        return fail(st, -errno, FAIL_CALL, "setresgid");
    if (syscall(SYS_setresuid, want->uid, want->uid, want->uid) < 0)
        return fail(st, -errno, FAIL_CALL, "setresuid");
    return 0;
}

static int set_ambient(struct stage *st, const struct plan_credentials *want) {
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
        return fail(st, -errno, FAIL_CALL, "prctl(PR_CAP_AMBIENT_CLEAR_ALL)");
    for (uint32_t cap = 0; cap <= want->last_cap; cap++)
        if ((want->ambient & CAP_BIT(cap)) && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0)
            return fail(st, -errno, FAIL_CALL, "prctl(PR_CAP_AMBIENT_RAISE)");
    return 0;
}

int set_capabilities(struct stage *st, const struct plan_credentials *want, bool keep_sys_admin) {
    struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct sets[2];
    uint64_t extra = keep_sys_admin ? CAP_BIT(CAP_SYS_ADMIN) : 0;
    for (int i = 0; i < 2; i++) {
        sets[i].effective = (uint32_t)((want->effective | extra) >> (32 * i));
        sets[i].permitted = (uint32_t)((want->permitted | extra) >> (32 * i));
        sets[i].inheritable = (uint32_t)(want->inheritable >> (32 * i));
    }
    if (syscall(SYS_capset, &head, sets) < 0)
        return fail(st, -errno, FAIL_CALL, "capset");
    return set_ambient(st, want);
}

int op_credentials(struct stage *st, const struct plan_step *step) {
    const struct plan_credentials *want = (const void *)(st->data + step->s[0]);
    int r = drop_bounding(want);
    if (r)
        return fail(st, r, FAIL_CALL, "prctl(PR_CAPBSET_DROP)");
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
        return fail(st, -errno, FAIL_CALL, "prctl(PR_SET_KEEPCAPS)");
    r = set_ids(st, want);
    if (!r)
        r = set_capabilities(st, want, want->keep_sys_admin);
    if (r)
        return r;
    prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0); /* the change of credentials has reset it, and the death signal */
    return st->death_signal ? set_death_signal(st, st->death_signal) : 0;
}

int op_caps_again(struct stage *st, const struct plan_step *step) { return set_capabilities(st, (const void *)(st->data + step->s[0]), false); }

/* The last calls that we may be sure of: everything execve needs is made ready before the filter is loaded. */
int op_seccomp(struct stage *st, const struct plan_step *step) {
    struct {
        unsigned short count;
        const void *filter;
    } program = {(unsigned short)step->n[0], st->data + step->s[0]};
    bool notify = step->flags & SECCOMP_NOTIFY;
    uint64_t flags = step->u[0] & ~(uint64_t)SECCOMP_FILTER_FLAG_TSYNC; /* we are one thread; the notifier's must stay free */
    if (step->n[0] == 0 || step->n[0] > UINT16_MAX)
        return -EINVAL;
    int r = prepare_program(st);
    if (!r && notify)
        r = notifier_start(st, step->fd, text_of(st, step->s[1]), step->n[1]);
    if (r)
        return r;
    if (notify)
        flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
    int result = answer(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program));
    st->filtered = result >= 0;
    if (notify)
        r = notifier_finish(st, result);
    return result < 0 ? result : r;
}
