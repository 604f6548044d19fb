/* Steps that are one system call, or little more: names, network, scheduling, limits. */
#include <linux/keyctl.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <termios.h>
#include "stage.h"

#define IOPRIO_WHO_PGRP 2

int op_setsid(struct stage *st, const struct plan_step *step) {
    (void)st, (void)step;
    return setsid() < 0 ? -errno : 0;
}

int op_hostname(struct stage *st, const struct plan_step *step) {
    const char *name = text_of(st, step->s[0]);
    return answer(sethostname(name, strlen(name)));
}

int op_domainname(struct stage *st, const struct plan_step *step) {
    const char *name = text_of(st, step->s[0]);
    return answer(setdomainname(name, strlen(name)));
}

int op_loopback(struct stage *st, const struct plan_step *step) {
    struct ifreq request = {.ifr_name = "lo"};
    (void)step;
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail(st, -errno, FAIL_CALL, "socket");
    int r = ioctl(fd, SIOCGIFFLAGS, &request) < 0 ? -errno : 0;
    request.ifr_flags |= IFF_UP;
    if (!r && ioctl(fd, SIOCSIFFLAGS, &request) < 0)
        r = -errno;
    close(fd);
    return r ? fail(st, r, FAIL_CALL, "ioctl of lo") : 0;
}

/* The new keyring belongs to the root of the container; the parent says which more bits the others get. */
static int add_key_permissions(struct stage *st, long key, uint32_t bits) {
    char words[512];
    long length = syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, words, sizeof words - 1);
    if (length < 0 || length >= (long)sizeof words)
        return fail(st, length < 0 ? -errno : -EMSGSIZE, FAIL_CALL, "keyctl(KEYCTL_DESCRIBE)");
    words[length] = 0;
    char *field = words; /* "type;uid;gid;permissions;name" */
    for (int i = 0; i < 3 && field; i++)
        field = strchr(field, ';') ? strchr(field, ';') + 1 : NULL;
    uint32_t permissions = 0;
    for (; field && *field && *field != ';'; field++)
        permissions = permissions * 16 + (uint32_t)(*field <= '9' ? *field - '0' : (*field | 0x20) - 'a' + 10);
    if (!field)
        return fail(st, -EBADMSG, FAIL_CALL, "keyctl(KEYCTL_DESCRIBE)");
    return syscall(SYS_keyctl, KEYCTL_SETPERM, key, permissions | bits) < 0 ? fail(st, -errno, FAIL_CALL, "keyctl(KEYCTL_SETPERM)") : 0;
}

int op_keyring(struct stage *st, const struct plan_step *step) {
    long key = syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, text_of(st, step->s[0]));
    if (key < 0 && (step->flags & KEYRING_LENIENT) && (errno == ENOSYS || errno == EDQUOT)) {
        int error = fail(st, -errno, FAIL_CALL, "keyctl(KEYCTL_JOIN_SESSION_KEYRING)");
        warn(st, error);
        return 0;
    }
    if (key < 0)
        return fail(st, -errno, FAIL_CALL, "keyctl(KEYCTL_JOIN_SESSION_KEYRING)");
    return step->u[0] ? add_key_permissions(st, key, (uint32_t)step->u[0]) : 0;
}

int op_sched(struct stage *st, const struct plan_step *step) { return answer(syscall(SYS_sched_setattr, 0, text_of(st, step->s[0]), 0)); }

int op_ioprio(struct stage *st, const struct plan_step *step) {
    (void)st;
    return answer(syscall(SYS_ioprio_set, IOPRIO_WHO_PGRP, 0, step->n[0]));
}

/* The kernel reads one bit less than it is told. */
int op_mempolicy(struct stage *st, const struct plan_step *step) {
    return answer(syscall(SYS_set_mempolicy, step->n[0], text_of(st, step->s[0]), step->n[1] ? step->n[1] + 1 : 0));
}

int op_personality(struct stage *st, const struct plan_step *step) {
    (void)st;
    return personality(step->u[0]) < 0 ? -errno : 0;
}

int op_rlimit(struct stage *st, const struct plan_step *step) {
    struct {
        uint64_t soft, hard;
    } limit = {step->u[0], step->u[1]};
    (void)st;
    return answer(syscall(SYS_prlimit64, 0, step->n[0], &limit, NULL));
}

int op_umask(struct stage *st, const struct plan_step *step) {
    (void)st;
    umask(step->n[0]);
    return 0;
}

/* A terminal here is a pseudo terminal; a console or serial line, and /dev/null above all, belongs to others, too (CVE-2026-88265). */
static bool is_private_stream(const struct stat *info) {
    if (S_ISFIFO(info->st_mode) || S_ISSOCK(info->st_mode))
        return true;
    return S_ISCHR(info->st_mode) && major(info->st_rdev) >= PTS_MAJOR_FIRST && major(info->st_rdev) <= PTS_MAJOR_LAST;
}

int op_stdio_owner(struct stage *st, const struct plan_step *step) {
    struct stat info;
    (void)st;
    for (int fd = 0; fd < 3; fd++) {
        if (fstat(fd, &info) < 0 || !is_private_stream(&info) || info.st_uid == step->n[0])
            continue;
        /* EPERM: an owner that the user namespace does not map. EROFS, EINVAL: the same of file systems. The program can still use them. */
        if (fchown(fd, step->n[0], step->n[1]) < 0 && errno != EPERM && errno != EROFS && errno != EINVAL)
            return -errno;
    }
    return 0;
}

int op_env(struct stage *st, const struct plan_step *step) {
    st->env = text_of(st, step->s[0]);
    return 0;
}
