/* The contract between ocirun (C#, src/OciRun.Runtime/Init) and the init stage.
 *
 * A plan is one sealed memfd: header, steps, data. C# has decided everything in it; the stage executes the steps in their
 * order and holds no policy. Every offset is checked before the first step runs. The C# twin of this file is
 * src/OciRun.Runtime/Init/PlanFormat.cs; a test compares the two, number by number.
 *
 * The stage is started with argv = { any name but "ocirun-wait", the descriptor of the plan in decimal }.
 *
 * All integers are in host byte order: both ends are the same machine and the same build.
 */
#ifndef OCIRUN_PLAN_H
#define OCIRUN_PLAN_H

#include <stdint.h>

#define PLAN_MAGIC 0x324e4c50u /* "PLN2": changes with every change of this file that a reader would notice */

struct plan_header {
    uint32_t magic;
    uint32_t size;       /* of the whole plan, in bytes */
    uint32_t step_count; /* steps follow the header */
    uint32_t data_off;   /* of the data area */
    uint32_t data_size;  /* data[0] is 0, so that offset 0 reads as "absent" */
    int32_t ctl;         /* our end of the control socket; inherited */
    int32_t keep_first;  /* inherited descriptors the program shall see: keep_first .. keep_first + keep_count - 1 (LISTEN_FDS,
                            --preserve-fds). All others but 0-2 are close-on-exec before the first step. */
    int32_t keep_count;
    int32_t times;       /* memory for the times of the steps, inherited: struct plan_time[step_count]; -1: nobody asks (--trace) */
    int32_t reserved;    /* steps stay aligned */
};

/* Of CLOCK_REALTIME, which a time namespace leaves alone, in nanoseconds. 0: not executed, not ended, or it ended under the filter, where no call is sure. */
struct plan_time {
    uint64_t begin, end;
};

/* A string is an offset into the data area, NUL-terminated within it. A list is an offset to strings one after the other, ended
 * by an empty string; each string keeps its NUL and has a '+' before it, since an argument may be empty. An array is an offset plus a count in one of the integers. */
struct plan_step {
    uint16_t op;
    uint16_t flags;   /* STEP_* below, the rest belongs to the op */
    int32_t fd;       /* an inherited descriptor, or -1 */
    uint32_t s[4];    /* strings, lists, arrays; 0: absent */
    uint32_t n[4];    /* small numbers */
    uint64_t u[2];    /* kernel flag words, device numbers, limits */
};

/* Flags that every step understands. */
#define STEP_SKIP_MISSING 0x8000 /* a path of this step that does not exist (ENOENT, ENOTDIR) is no error; the steps up to the next STEP_END of the group
                                    (n[3] further steps) are skipped with it */
#define STEP_OPTIONAL     0x4000 /* no errno of this step is an error (a fallback the planner has accepted); reported as WARN when
                                    STEP_WARN is set too */
#define STEP_WARN         0x2000
#define STEP_FALLBACK     0x1000 /* runs only when the last STEP_OPTIONAL step failed; else it is skipped, with its n[3] further steps. A
                                    failed STEP_OPTIONAL step skips its n[3] further steps, too */

enum plan_op {
    /* --- A: the first process. Without a user namespace and without joined pid or time namespaces A itself is the init. --- */
    OP_AWAIT_GO = 1,      /* wait for MSG_GO from the parent; end of file: exit (the parent died) */
    OP_PARENT_DEATH,      /* prctl(PR_SET_PDEATHSIG, n[0]) */
    OP_DUMPABLE,          /* prctl(PR_SET_DUMPABLE, n[0]) */
    OP_OPENER,            /* fork O, which keeps the present credentials and serves OP_TREE and OP_ROOTFS steps with TREE_BY_OPENER.
                             It ends at end of file of its socket. A (the parent) reaps nothing: P does (O is made with CLONE_PARENT). */
    OP_SETNS,             /* setns(fd, u[0]); EPERM with SETNS_DEFER: remembered for OP_SETNS_DEFERRED */
    OP_SETNS_DEFERRED,    /* the remembered ones, in order */
    OP_FORK,              /* go on in a child made with CLONE_PARENT, exit signal 0; this process exits 0. The last one of a plan makes B.
                             ENOMEM: the init of the joined pid namespace is dead. FORK_IN_PLACE: the child has our memory and not a copy; not with a new time
                             namespace, and nothing that wants a single process (unshare of a user namespace) may follow. */
    OP_UNSHARE,           /* unshare(u[0]) */
    OP_ID_MAPS,           /* dumpable 1, MSG_MAP to P, wait for MSG_MAPPED, dumpable 0 */
    OP_BECOME,            /* setgroups(0, NULL) unless BECOME_KEEP_GROUPS, setresgid(n[1]) , setresuid(n[0]); sets PDEATHSIG (n[2]) and
                             dumpable 0 again, which the kernel has reset */
    OP_TIME_OFFSETS_OPEN, /* opens /proc/self/timens_offsets before the credentials change */
    OP_TIME_OFFSETS,      /* writes s[0] there */
    OP_BORN,              /* MSG_BORN with SCM_CREDENTIALS (P has SO_PASSCRED), wait for MSG_GO unless BORN_GOES_ON */

    /* --- B: before the pivot. The "tree" is the register for one detached mount, the "fs" for one fs context. --- */
    OP_SETSID = 20,
    OP_PROPAGATION,   /* mount(NULL, s[0], NULL, u[0], NULL): of the host's view of the mount tree */
    OP_ROOTFS,        /* open s[0] (O_PATH|O_DIRECTORY), clone it (recursively with TREE_RECURSIVE) or, with fd >= 0, take that detached mount,
                         attach it onto s[0] and make it the root register; s[0] must exist. ROOTFS_TREE: the mount is that of the tree register. TREE_BY_OPENER: O opens and clones.
                         Without ROOTFS_ATTACH only opened (no mount namespace of our own). u[0]: propagation for the clone (MS_PRIVATE...) */
    OP_PROC_PRIVATE,  /* a procfs of our own: fsopen("proc"), never attached; with PROC_HOST the present /proc, both verified
                         (PROC_SUPER_MAGIC, inode 1) */
    OP_FS_OPEN,       /* fs = fsopen(s[0]) */
    OP_FS_SET,        /* fsconfig: flag s[0] when s[1] is absent (SET_FLAG), string s[0]=s[1], with fd >= 0 SET_FD s[0] */
    OP_FS_MOUNT,      /* fsconfig CREATE, tree = fsmount(u[0]: MOUNT_ATTR_*) */
    OP_TREE,          /* tree = open_tree(s[0], OPEN_TREE_CLONE | AT_RECURSIVE with TREE_RECURSIVE); fd >= 0: of that descriptor; TREE_BY_OPENER: by O.
                         TREE_DEVICE: s[0] must be the device u[0] (makedev) of type n[0] (S_IFCHR, S_IFBLK).
                         TREE_IN_ROOT: s[0] is below the root (in-root resolution). TREE_NOFOLLOW: the last component is not followed. */
    OP_TREE_ATTR,     /* mount_setattr on the tree: set u[0], clear u[1], propagation n[0] (MS_*), ATTR_RECURSIVE; n[1] with ATTR_IDMAP:
                         userns of fd, or of ourselves when fd is -1. TREE_BY_OPENER: O does it (idmaps need the host's credentials). */
    OP_TREE_COPY_UP,  /* copy what is at s[0] below the root into the tree: owner, mode, times, xattrs, links (tmpcopyup) */
    OP_ATTACH,        /* move_mount the tree onto s[0] below the root. ATTACH_FILE / ATTACH_DIR: kind to create when missing (mode n[0]), with
                         neither: the kind of the tree's root. ATTACH_PLAIN: no component may be a symbolic link, and the target must be a
                         directory ("must be mounted on ordinary directory"). The target may lie on procfs only with ATTACH_ON_PROC.
                         The attached mount stays in the tree register until the next step that fills it. */
    OP_ATTACHED_ATTR, /* as OP_TREE_ATTR, after the attachment: propagation that only an attached mount takes */
    OP_REMOUNT,       /* the mount at s[0] below the root: mount_setattr as OP_TREE_ATTR; with REMOUNT_SUPER also fspick and
                         fsconfig(s[1]: list of key, value, key, value; an absent value is the one-byte string "\1") RECONFIGURE */
    OP_MKNOD,         /* s[0] below the root, n[0] mode with type, u[0] device, n[1] uid, n[2] gid. Existing and the same device: kept, with owner and mode
                         set; existing and other: EEXIST. */
    OP_SYMLINK,       /* s[0] -> at s[1] below the root; existing: left as it is */
    OP_MKDIR,         /* s[0] below the root, mode n[0], with parents; existing: fine */
    OP_LOOPBACK,      /* lo up */
    OP_SYNC,          /* message n[0] to P, wait for answer n[1]; SYNC_NETLINK: with a NETLINK_ROUTE socket of this namespace */

    /* --- B: the pivot and after --- */
    OP_PIVOT = 60,     /* fchdir(root), pivot_root(".", "."), umount2(".", MNT_DETACH), chdir("/"). PIVOT_MOVE: MS_MOVE and chroot instead
                          (--no-pivot), host views of proc and sysfs unmounted first. PIVOT_CHROOT: chroot only (no mount namespace). */
    OP_CONSOLE,        /* pty of the container's /dev/pts/ptmx, rows n[0] columns n[1], slave by TIOCGPTPEER, verified, owner n[2]; bound onto /dev/console when
                          CONSOLE_BIND; becomes 0-2 and the controlling terminal; MSG_PTY with the master and its name ("/dev/pts/0") to P, wait for MSG_GO */
    OP_ROOT_ATTR,      /* mount_setattr on the root mount: set u[0], clear u[1], propagation n[0] */
    OP_HOSTNAME,       /* sethostname(s[0]) */
    OP_DOMAINNAME,     /* setdomainname(s[0]) */
    OP_PROC_WRITE,     /* write s[1] to s[0] below the private procfs; "self/" and "thread-self/" are resolved by us */
    OP_READONLY_PATH,  /* s[0] below the root: recursive bind onto itself, read-only */
    OP_MASK_PATH,      /* s[0]: a file by the device node that OP_TREE kept with TREE_KEEP_MASK, a directory by a read-only tmpfs */
    OP_PASSWD,         /* MSG_PASSWD with a descriptor of /etc/passwd (in-root, regular, O_NONBLOCK) or without; OP_READY takes the
                          answer, MSG_HOME: its text is "HOME=..." for the environment, empty: nothing. No OP_SYNC may stand between the two. */
    OP_KEYRING,        /* join session keyring s[0]; ENOSYS and EDQUOT are errors unless KEYRING_LENIENT; u[0]: permission bits to add */
    OP_SCHED,          /* sched_setattr: data of struct sched_attr at s[0], n[0] bytes */
    OP_IOPRIO,         /* ioprio_set(IOPRIO_WHO_PGRP, 0, n[0]) */
    OP_MEMPOLICY,      /* set_mempolicy(n[0], mask at s[0], n[1] bits) */
    OP_PERSONALITY,    /* personality(u[0]) */
    OP_RLIMIT,         /* setrlimit(n[0], u[0] soft, u[1] hard) */
    OP_UMASK,          /* umask(n[0]) of the program; set last */
    OP_STDIO_OWNER,    /* fchown 0-2 to uid n[0] gid n[1] where they are pipes, sockets or terminals that are not shared devices; never /dev/null; EPERM, EROFS,
                          EINVAL ignored */
    OP_NO_NEW_PRIVS,
    OP_CREDENTIALS,    /* struct plan_credentials at s[0]: bounding set, keepcaps, groups, gid, uid, capability sets, ambient */
    OP_CHDIR,          /* s[0]; n[0]: created when missing (before the credentials); EACCES: tried again by OP_CHDIR_FINAL */
    OP_CHDIR_FINAL,    /* again after EACCES; then getcwd must be inside the root: "/..." (CVE-2024-21626) */
    OP_LOOKUP,         /* find the program: s[0] = args[0], list s[1] = environment (PATH of it); kept for OP_EXEC. Also checks what can be known now: regular file,
                          x bit for the final user, ELF or script interpreter (errno as execve would give; see MSG_FAIL detail) */
    OP_READY,          /* PDEATHSIG 0, MSG_READY to P, wait for MSG_COMMIT, whose text is our pid in the runtime's pid namespace */
    OP_AWAIT_START,    /* listening socket fd: accept, wait for GO, hand over the status page; handles signals as pid 1 must (STAGE.md step 36) */
    OP_HOOK,           /* startContainer hook: path s[0], args list s[1], env list s[2] (absent: that of the program), timeout n[0] seconds (0: none), stdin s[3] with the
                          text "@PID@" replaced by our pid (as runc has it); failure: FAIL_HOOK with its wait status and the last 4 KiB of its output (stdout and
                          stderr); FAIL_CALL when it could not be run */
    OP_ENV,            /* list s[0] is the environment of the program */
    OP_SECCOMP,        /* filter: s[0], n[0] instructions of 8 bytes, u[0] flags; SECCOMP_NOTIFY: the listener's descriptor is sent, by a CLONE_FILES helper, to the
                          connected socket fd with the text s[1] (its first n[1] "@PID@" replaced by our pid in the runtime's namespace, the text of MSG_COMMIT) in one SCM_RIGHTS message */
    OP_CAPS_AGAIN,     /* after a filter that needed CAP_SYS_ADMIN to load (no no_new_privs): capset and ambient of struct plan_credentials at s[0] */
    OP_EXEC,           /* execve of what OP_LOOKUP found: args list s[0] */
    OP_RUN,            /* hooks inside the container's namespaces: execve(s[0], list s[1], list s[2]) as we are; the path is resolved here */
    OP_STDIO,          /* dup2(fd, n[0]): programs of the host (hooks, newuidmap) get their 0-2 from us */
    OP_PAUSE,          /* wait until ctl is closed (a user namespace kept alive for an id mapping), then exit 0 */
    OP_STATUS_PAGE,    /* plans without OP_AWAIT_START (exec, run): fd is a memfd of 4096 bytes of the parent; from here on a failure goes there (struct
                          start_status) and not to ctl, since a filter may forbid to send */
    OP_UNMOUNT,        /* what is mounted at s[0] below the root, with all below it; not the root itself. Wants OP_PROC_PRIVATE with PROC_HOST before the namespaces are joined */
};

/* Flags of single steps. */
#define SETNS_DEFER         0x1
#define BECOME_KEEP_GROUPS  0x1
#define BECOME_JOINED       0x2 /* a user namespace of somebody else: EPERM of setgroups is the "deny" in its setgroups, and the groups stay */
#define FORK_IN_PLACE       0x1
#define BORN_GOES_ON        0x1
#define TREE_RECURSIVE      0x1
#define TREE_BY_OPENER      0x2
#define TREE_DEVICE         0x4
#define TREE_IN_ROOT        0x8
#define TREE_NOFOLLOW       0x10
#define ROOTFS_ATTACH       0x20
#define ROOTFS_TREE         0x80
#define TREE_KEEP_MASK      0x40 /* kept for OP_MASK_PATH instead of in the tree register: a descriptor of the parent's mount namespace cannot be bound */
#define ATTR_RECURSIVE      0x1
#define ATTR_IDMAP          0x40
#define ATTACH_FILE         0x1
#define ATTACH_DIR          0x2
#define ATTACH_PLAIN        0x4
#define ATTACH_ON_PROC      0x8
#define ATTACH_NOFOLLOW     0x10 /* a last component that is a symbolic link is itself the target */
#define ATTACH_COPY_LINK    0x20 /* a tree whose root is a symbolic link is not attached: the link is made again at the target */
#define COPY_UP_KEEP_ROOT   0x1 /* the tree's own root keeps its owner and mode (the options of the tmpfs gave them) */
#define REMOUNT_SUPER       0x10
#define PROC_HOST           0x1
#define PIVOT_MOVE          0x1
#define PIVOT_CHROOT        0x2
#define CONSOLE_BIND        0x1
#define SYNC_NETLINK        0x1
#define HOOK_IN_ROOTFS      0x1 /* its working directory is the root register, as runc has it for createContainer */
#define SECCOMP_NOTIFY      0x1
#define KEYRING_LENIENT     0x1 /* ENOSYS and EDQUOT are no errors */
#define LOOKUP_ANY_FORMAT   0x2 /* binfmt_misc may know formats that we do not */
#define LOOKUP_NO_CHECK     0x1 /* a user namespace or filter makes the early check unreliable */

struct plan_credentials {
    uint32_t uid, gid;
    uint32_t groups_off, group_count; /* array of uint32_t; group_count 0xffffffff: leave the groups alone (setgroups denied, keep_original_groups) */
    uint64_t bounding, effective, permitted, inheritable, ambient;
    uint32_t keep_sys_admin; /* a filter is loaded later without no_new_privs: keep CAP_SYS_ADMIN effective until OP_CAPS_AGAIN */
    uint32_t last_cap;       /* highest capability of this kernel */
};

/* One message on ctl (SOCK_SEQPACKET): this header and len bytes of text. */
struct plan_message {
    uint32_t type;
    uint32_t step;   /* index of the step, for FAIL and WARN */
    int32_t error;   /* errno, for FAIL and WARN */
    uint32_t detail; /* FAIL_*: which part of the step */
    uint32_t len;
};
#define MESSAGE_TEXT_MAX 4096

enum plan_message_type {
    /* to the stage */
    MSG_GO = 1, MSG_MAPPED, MSG_HOOKED, MSG_LIMITED, MSG_HOME, MSG_COMMIT,
    /* from the stage */
    MSG_MAP = 32, MSG_BORN, MSG_MOUNTED, MSG_NETSOCK, MSG_PTY, MSG_PASSWD, MSG_LIMITS, MSG_READY,
    MSG_FAIL, /* then the stage exits 1. text: of the fs context, or the path concerned */
    MSG_WARN,
};

enum plan_fail {
    FAIL_CALL = 0,     /* the step's main system call */
    FAIL_RESOLVE,      /* the path could not be resolved below the root; text: the path */
    FAIL_CREATE,       /* a missing directory or file could not be created; text: the path */
    FAIL_NOT_PLAIN,    /* ATTACH_PLAIN: symbolic link or no directory on the way */
    FAIL_ON_PROC,      /* the target lies on procfs */
    FAIL_KIND,         /* not the device, file type or file system that was expected */
    FAIL_OPTION,       /* fsconfig refused the option; text: "key[=value]: kernel's message" */
    FAIL_NOT_FOUND,    /* OP_LOOKUP: not in $PATH */
    FAIL_INTERPRETER,  /* OP_LOOKUP: the interpreter named by the file is missing; text: the interpreter */
    FAIL_FORMAT,       /* OP_LOOKUP: neither ELF of this machine nor script; text: what it is ("machine 183", "an empty file", ...) */
    FAIL_OUTSIDE,      /* the working directory is outside of the container's root */
    FAIL_HOOK,         /* startContainer hook: error is the wait status, text its last words */
    FAIL_TIMEOUT,      /* ... killed after its timeout */
    FAIL_DEAD_INIT,    /* the joined pid namespace's init has gone */
    FAIL_PLAN,         /* the plan itself is malformed: a bug of ours */
    FAIL_NOEXEC,       /* OP_LOOKUP: the file lies on a noexec mount (FAIL_KIND: it is a directory); text: the path */
};

/* The page that says what became of the start (memfd of 4096 bytes, handed to `ocirun start` by the stage). */
struct start_status {
    uint32_t state;  /* START_* */
    int32_t error;
    uint32_t step;
    uint32_t detail;
    uint32_t op; /* of the step: the plan is gone with create */
    uint32_t len;
    char text[4096 - 24];
};
enum start_state { START_WAITING = 0, START_GOING, START_EXEC, START_FAILED };

/* Messages on the start socket (SOCK_SEQPACKET): the client sends one byte, the stage answers with one byte and the status page
 * (SCM_RIGHTS), then goes on. */
#define START_GO 'G'

#endif
