/* `probe report`: what a program sees of its container, as JSON. What cannot be read (no /proc, say) is null. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

extern char **environ;

static char text[1 << 20];
static bool later;

static void key(const char *name)
{
    printf("%s\n  \"%s\": ", later ? "," : "", name);
    later = true;
}

static void string(const char *value)
{
    json_string(value, strlen(value));
}

/* The whole file as one string without its last newline. */
static void file(const char *name, const char *path)
{
    key(name);
    long length = read_file(path, text, sizeof text);
    if (length < 0) {
        fputs("null", stdout);
        return;
    }
    if (length > 0 && text[length - 1] == '\n')
        length--;
    json_string(text, (size_t)length);
}

/* The file's lines as an array. */
static void lines(const char *name, const char *path)
{
    key(name);
    if (read_file(path, text, sizeof text) < 0) {
        fputs("null", stdout);
        return;
    }
    putchar('[');
    char *state, *line = strtok_r(text, "\n", &state);
    for (int n = 0; line != NULL; line = strtok_r(NULL, "\n", &state), n++) {
        fputs(n ? ",\n    " : "\n    ", stdout);
        string(line);
    }
    putchar(']');
}

static void link_target(const char *name, const char *path)
{
    char target[4096];
    key(name);
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        fputs("null", stdout);
    else
        json_string(target, (size_t)length);
}

static void strings(const char *name, char **list)
{
    key(name);
    putchar('[');
    for (int n = 0; list[n] != NULL; n++) {
        fputs(n ? ", " : "", stdout);
        string(list[n]);
    }
    putchar(']');
}

/* /proc/self/status: every field, by its own name. */
static void status(void)
{
    key("status");
    if (read_file("/proc/self/status", text, sizeof text) < 0) {
        fputs("null", stdout);
        return;
    }
    putchar('{');
    char *state, *line = strtok_r(text, "\n", &state);
    for (int n = 0; line != NULL; line = strtok_r(NULL, "\n", &state)) {
        char *value = strchr(line, ':');
        if (value == NULL)
            continue;
        *value++ = '\0';
        value += strspn(value, " \t");
        size_t length = strlen(value);
        while (length > 0 && (value[length - 1] == ' ' || value[length - 1] == '\t'))
            length--;
        fputs(n++ ? ",\n    " : "\n    ", stdout);
        string(line);
        fputs(": ", stdout);
        json_string(value, length);
    }
    putchar('}');
}

/* Works without /proc: asks for each number. */
static void descriptors(void)
{
    key("fds");
    putchar('[');
    int count = 0;
    for (int fd = 0; fd < 1024; fd++) {
        int flags = fcntl(fd, F_GETFD);
        if (flags < 0)
            continue;
        char path[64], target[4096];
        snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(path, target, sizeof target);
        printf("%s\n    {\"fd\": %d, \"flags\": %d, \"target\": ", count++ ? "," : "", fd, fcntl(fd, F_GETFL));
        json_string(target, length < 0 ? 0 : (size_t)length);
        printf(", \"tty\": %s}", isatty(fd) ? "true" : "false");
    }
    putchar(']');
}

static void limits(void)
{
    static const struct {
        const char *name;
        int number;
    } all[] = {
        { "RLIMIT_CPU", 0 }, { "RLIMIT_FSIZE", 1 }, { "RLIMIT_DATA", 2 }, { "RLIMIT_STACK", 3 }, { "RLIMIT_CORE", 4 }, { "RLIMIT_RSS", 5 },
        { "RLIMIT_NPROC", 6 }, { "RLIMIT_NOFILE", 7 }, { "RLIMIT_MEMLOCK", 8 }, { "RLIMIT_AS", 9 }, { "RLIMIT_LOCKS", 10 },
        { "RLIMIT_SIGPENDING", 11 }, { "RLIMIT_MSGQUEUE", 12 }, { "RLIMIT_NICE", 13 }, { "RLIMIT_RTPRIO", 14 }, { "RLIMIT_RTTIME", 15 },
    };
    key("rlimits");
    putchar('{');
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct rlimit limit;
        getrlimit(all[i].number, &limit);
        printf("%s\n    \"%s\": [%llu, %llu]", i ? "," : "", all[i].name, (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
    }
    putchar('}');
}

static void namespaces(void)
{
    static const char *const names[] = { "cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts" };
    key("namespaces");
    putchar('{');
    int count = 0;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[64], target[64];
        snprintf(path, sizeof path, "/proc/self/ns/%s", names[i]);
        ssize_t length = readlink(path, target, sizeof target);
        if (length < 0)
            continue;
        printf("%s\"%s\": ", count++ ? ", " : "", names[i]);
        json_string(target, (size_t)length);
    }
    putchar('}');
}

static void terminal(void)
{
    struct winsize size;
    key("winsize");
    if (ioctl(0, TIOCGWINSZ, &size) == 0)
        printf("{\"rows\": %u, \"columns\": %u}", size.ws_row, size.ws_col);
    else
        fputs("null", stdout);
    key("controllingTty");
    int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
    fputs(fd >= 0 ? "true" : "false", stdout);
    if (fd >= 0)
        close(fd);
}

/* keyctl(KEYCTL_DESCRIBE, KEY_SPEC_SESSION_KEYRING): "type;uid;gid;permissions;description". */
static void keyring(void)
{
    char description[256];
    key("keyring");
    long length = syscall(SYS_keyctl, 6, -3, description, sizeof description, 0);
    if (length < 0)
        string(errno_name(errno));
    else
        string(description);
}

static void numbers(void)
{
    mode_t mask = umask(0);
    umask(mask);
    key("umask");
    printf("\"%04o\"", (unsigned)mask);
    key("ids");
    uid_t uid[3];
    gid_t gid[3];
    getresuid(&uid[0], &uid[1], &uid[2]);
    getresgid(&gid[0], &gid[1], &gid[2]);
    printf("{\"uid\": %u, \"euid\": %u, \"suid\": %u, \"gid\": %u, \"egid\": %u, \"sgid\": %u}", uid[0], uid[1], uid[2], gid[0], gid[1], gid[2]);
    key("groups");
    gid_t groups[1024];
    int count = getgroups(1024, groups);
    putchar('[');
    for (int i = 0; i < count; i++)
        printf("%s%u", i ? ", " : "", groups[i]);
    putchar(']');
    key("process");
    printf("{\"pid\": %d, \"ppid\": %d, \"pgid\": %d, \"sid\": %d}", getpid(), getppid(), getpgid(0), getsid(0));
    key("personality");
    printf("%ld", syscall(SYS_personality, 0xffffffffUL));
    key("scheduler");
    printf("{\"policy\": %ld, \"nice\": %d, \"ioprio\": %ld}", syscall(SYS_sched_getscheduler, 0), getpriority(PRIO_PROCESS, 0), syscall(SYS_ioprio_get, 1, 0));
    key("affinity");
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof set, &set);
    printf("%d", CPU_COUNT(&set));
}

void report(int argc, char **argv)
{
    struct utsname name;
    char cwd[4096];
    (void)argc;
    later = false;
    putchar('{');
    descriptors();
    numbers();
    strings("args", argv);
    strings("env", environ);
    key("cwd");
    string(getcwd(cwd, sizeof cwd) == NULL ? errno_name(errno) : cwd);
    uname(&name);
    key("hostname");
    string(name.nodename);
    key("domainname");
    string(name.domainname);
    limits();
    terminal();
    keyring();
    status();
    namespaces();
    lines("mounts", "/proc/self/mountinfo");
    lines("cgroup", "/proc/self/cgroup");
    lines("uidMap", "/proc/self/uid_map");
    lines("gidMap", "/proc/self/gid_map");
    file("setgroups", "/proc/self/setgroups");
    file("oomScoreAdj", "/proc/self/oom_score_adj");
    lines("timeOffsets", "/proc/self/timens_offsets");
    link_target("exe", "/proc/self/exe");
    link_target("root", "/proc/self/root");
    file("label", "/proc/self/attr/current");
    puts("\n}");
}
