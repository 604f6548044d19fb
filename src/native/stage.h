/* The init stage: one state, a few registers, one function for each step of a plan (plan.h). Functions return 0, or -errno; what more there
 * is to say about a failure goes into the state by fail(). Nothing is allocated. */
#ifndef OCIRUN_STAGE_H
#define OCIRUN_STAGE_H

#include <stdbool.h>
#include "kernel.h"
#include "plan.h"

#define DEFERRED_MAX 8

struct stage {
    const struct plan_header *plan;
    const struct plan_step *steps;
    const char *data;
    uint32_t index; /* of the present step */
    struct plan_time *times; /* one for each step, or NULL */

    int ctl;     /* to the parent; -1 in the opener */
    int root;    /* register: the root of the container */
    int tree;    /* register: one mount, detached or just attached */
    int fs;      /* register: one fs context */
    int mask;    /* register: the host's /dev/null for masked paths */
    int proc;    /* the private procfs */
    int opener;  /* B's end of the socket to O */
    int offsets; /* /proc/self/timens_offsets */
    int userns;  /* in the opener: B's user namespace */

    int deferred_fd[DEFERRED_MAX];
    int deferred_type[DEFERRED_MAX];
    uint32_t deferred_count;

    int death_signal;
    unsigned umask; /* the caller's: that of hooks and helpers of the host */
    bool is_opener;
    bool opener_joined; /* O is in B's mount namespace */
    bool cwd_refused;   /* OP_CHDIR met EACCES */
    bool groups_denied; /* the joined user namespace has "deny" in setgroups, user_namespaces(7): groups stay what they are */
    bool optional_failed;
    bool missing; /* the failure is that of a path that does not exist */
    bool filtered;

    uint32_t detail;
    char text[MESSAGE_TEXT_MAX];

    char outer_pid[24]; /* our pid as the runtime sees it: the text of MSG_COMMIT */
    struct start_status *status;
    const char *env; /* list: the environment of the program */
    bool home_expected; /* MSG_HOME is on its way */
    char home[MESSAGE_TEXT_MAX];
    char program[MESSAGE_TEXT_MAX];
    char **argv, **envp;
};

/* A string of the step; NULL when absent. */
static inline const char *text_of(const struct stage *st, uint32_t offset) { return offset ? st->data + offset : NULL; }

/* Where a text has the pid, which was not known when the plan was written. */
#define PID_MARK "@PID@"

/* message.c */
int fail(struct stage *st, int error, uint32_t detail, const char *text);
int fail_missing(struct stage *st, int error, uint32_t detail, const char *path);
void add_text(char *to, size_t size, const char *text);
void add_number(char *to, size_t size, uint64_t number);
int send_packet(int socket, const void *head, size_t head_size, const char *text, size_t text_size, const int *fds, int count);
long receive_packet(int socket, void *head, size_t head_size, char *text, size_t text_size, int *fds, int max, int *count);
int tell(struct stage *st, uint32_t type, const char *text, int fd);
int await(struct stage *st, uint32_t type, char *text, size_t size);
void warn(struct stage *st, int error);
_Noreturn void give_up(struct stage *st, int error);

/* resolve.c */
int resolve(struct stage *st, const char *path, int flags, uint64_t restrictions);
int resolve_proc(struct stage *st, const char *path, int flags);
int make_directory(struct stage *st, const char *path, uint32_t mode, uint64_t restrictions);
int make_parent(struct stage *st, const char *path, char *base);
int make_file(struct stage *st, const char *path, uint32_t mode);
int reopen(struct stage *st, int fd, int flags);
bool is_root_path(const char *path);

/* Shared pieces of mounting (mount.c) and of the end (start.c, process.c, security.c). */
int fs_failure(struct stage *st, int fs, int error, uint32_t detail, const char *key, const char *value);
int own_userns(struct stage *st);
int ask_opener(struct stage *st, const struct plan_step *step, int *reg);
int set_death_signal(struct stage *st, int signal);
void replace(int *reg, int fd);
int prepare_program(struct stage *st);
char **list_to_array(const char *list, const char *extra);
void default_signals(void);
void seal_descriptors(const struct stage *st);
int set_capabilities(struct stage *st, const struct plan_credentials *want, bool keep_sys_admin);

typedef int step_function(struct stage *, const struct plan_step *);
step_function op_await_go, op_parent_death, op_dumpable, op_opener, op_setns, op_setns_deferred, op_fork, op_unshare, op_id_maps, op_become,
    op_time_offsets_open, op_time_offsets, op_born, op_setsid, op_propagation, op_rootfs, op_proc_private, op_fs_open, op_fs_set, op_fs_mount, op_tree,
    op_tree_attr, op_tree_copy_up, op_attach, op_remount, op_mknod, op_symlink, op_mkdir, op_loopback, op_sync, op_pivot, op_console,
    op_root_attr, op_hostname, op_domainname, op_proc_write, op_readonly_path, op_mask_path, op_passwd, op_keyring, op_sched, op_ioprio, op_mempolicy,
    op_personality, op_rlimit, op_umask, op_stdio_owner, op_no_new_privs, op_credentials, op_chdir, op_chdir_final, op_lookup, op_ready, op_await_start,
    op_hook, op_env, op_seccomp, op_caps_again, op_exec, op_run, op_stdio, op_pause, op_status_page, op_unmount;

#endif
