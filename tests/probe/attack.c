/* What an attacker, or an awkward caller, does: for the tests of races, of descriptors and of the processes around a container. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* flip SECONDS A B: exchanges two names as fast as it goes, until the time is over or it is killed. An even number of times. */
void do_flip(char **w, int n)
{
    double end = now() + atof(w[0]);
    (void)n;
    say(w[0], "ready");
    while (now() < end)
        for (int i = 0; i < 200; i++)
            if (syscall(SYS_renameat2, AT_FDCWD, w[1], AT_FDCWD, w[2], 2 /* RENAME_EXCHANGE */) < 0) {
                answer(w[1], -1);
                return;
            }
}

/* One try on one process: each line is something that worked. */
static void spy_on(const char *pid)
{
    static const char *const links[] = { "exe", "root", "cwd" };
    char path[300], target[512];
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        snprintf(path, sizeof path, "/proc/%s/%s", pid, links[i]);
        ssize_t length = readlink(path, target, sizeof target - 1);
        if (length < 0)
            continue;
        target[length] = '\0';
        say(links[i], "%s", target);
    }
    snprintf(path, sizeof path, "/proc/%s/fd", pid);
    DIR *fds = opendir(path);
    for (struct dirent *entry; fds != NULL && (entry = readdir(fds)) != NULL;)
        if (entry->d_name[0] != '.')
            say("fd", "%s of %s", entry->d_name, pid);
    if (fds != NULL)
        closedir(fds);
    snprintf(path, sizeof path, "/proc/%s/mem", pid);
    int memory = open(path, O_RDWR | O_CLOEXEC);
    if (memory >= 0) {
        say("mem", "opened");
        close(memory);
    }
    if (ptrace(PTRACE_SEIZE, atoi(pid), NULL, NULL) == 0)
        say("ptrace", "seized");
}

/* The process still has the name of a runtime, and is not what it will execute. */
static int stage_name(const char *pid, char name[32])
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%s/comm", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? -1 : read(fd, name, 31);
    if (fd >= 0)
        close(fd);
    if (length <= 0)
        return 0;
    name[length - 1] = '\0';
    return strcmp(name, "ocirun-init") == 0 || strncmp(name, "runc", 4) == 0 || strcmp(name, "crun") == 0 || strncmp(name, "exe", 3) == 0;
}

/* spy SECONDS: what this process can reach of the others in its pid namespace. Its last line says how many looks at one there were. */
void do_spy(char **w, int n)
{
    double end = now() + atof(w[0]);
    long looks = 0;
    char self[16];
    (void)n;
    snprintf(self, sizeof self, "%d", getpid());
    say(w[0], "ready");
    do {
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;)
            if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && strcmp(entry->d_name, self) != 0) {
                spy_on(entry->d_name);
                looks++;
            }
        if (processes != NULL)
            closedir(processes);
    } while (now() < end);
    say("looks", "%ld", looks);
}

/* A tracer of its own: what it has seized is free again when it exits. Seized after the program was executed is no crime. */
static void try_ptrace(const char *pid)
{
    pid_t child = fork();
    if (child == 0) {
        char name[32] = "";
        if (ptrace(PTRACE_SEIZE, atoi(pid), NULL, NULL) == 0 && stage_name(pid, name))
            say("ptrace", "seized %s", name);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, NULL, 0);
}

static void try_open(const char *pid, const char *below, const char *target)
{
    char path[600];
    snprintf(path, sizeof path, "/proc/%s/%s/../../../../../../../..%s", pid, below, target);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    say("out", "%s", path);
    close(fd);
}

/* breakout SECONDS PATH: CVE-2016-9962. PATH is a file that only the host has. Each line but the last is something that worked; the last says how often a process was met
 * that was not yet its program. */
void do_breakout(char **w, int n)
{
    double end = now() + atof(w[0]);
    long met = 0;
    (void)n;
    say(w[0], "ready");
    fflush(stdout);
    do {
        DIR *processes = opendir("/proc");
        for (struct dirent *entry; processes != NULL && (entry = readdir(processes)) != NULL;) {
            char name[32], path[300];
            const char *pid = entry->d_name;
            if (*pid < '1' || *pid > '9' || atoi(pid) == getpid())
                continue;
            try_open(pid, "root", w[1]);
            try_open(pid, "cwd", w[1]);
            for (int fd = 0; fd < 32; fd++) {
                snprintf(path, sizeof path, "fd/%d", fd);
                try_open(pid, path, w[1]);
            }
            if (stage_name(pid, name)) {
                met++;
                try_ptrace(pid);
            }
        }
        if (processes != NULL)
            closedir(processes);
    } while (now() < end);
    say("met", "%ld", met);
}

static void execute(char **words)
{
    execvp(words[0], words);
    fprintf(stderr, "probe: %s: %s\n", words[0], strerror(errno));
    exit(126);
}

/* harsh PROGRAM...: with 0-2 closed, SIGCHLD ignored and every signal blocked, those of the C library too. */
void do_harsh(char **w, int n)
{
    uint64_t all = ~UINT64_C(0);
    (void)n;
    for (int fd = 0; fd < 3; fd++)
        close(fd);
    signal(SIGCHLD, SIG_IGN);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof all);
    execute(w);
}

/* without NUMBER ERRNO PROGRAM...: under a filter that refuses one system call, as an old container runtime around us would. */
void do_without(char **w, int n)
{
    if (n < 3)
        exit(125);
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)atoi(w[0]), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (uint32_t)atoi(w[1])),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = { sizeof code / sizeof *code, code };
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) < 0) {
        fprintf(stderr, "probe: seccomp: %s\n", strerror(errno));
        exit(125);
    }
    execute(w + 2);
}

/* int80 NUMBER [ARGUMENT]: a system call of the 32-bit ABI, without memory arguments. */
void do_int80(char **w, int n)
{
#ifdef __x86_64__
    long result, number = atol(w[0]), argument = n > 1 ? strtol(w[1], NULL, 0) : 0;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(number), "b"(argument), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
    errno = result < 0 ? (int)-result : 0;
    answer(w[0], result < 0 ? -1 : 0);
#else
    (void)n;
    say(w[0], "no such ABI");
#endif
}

/* A system call of another thread: the words of `syscall`. */
struct call {
    long number;
    unsigned long arguments[6];
    long result;
    int error;
};

static void parse_call(struct call *call, char **w, int n)
{
    memset(call, 0, sizeof *call);
    call->number = strtol(w[0], NULL, 0);
    for (int i = 0; i < 6 && i + 1 < n; i++)
        call->arguments[i] = strtoul(w[i + 1], NULL, 0);
}

static void *make_call(void *words)
{
    struct call *call = words;
    unsigned long *a = call->arguments;
    call->result = syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
    call->error = errno;
    return NULL;
}

/* thread NUMBER [ARGUMENT...]: not of the first thread of the process. */
void do_thread(char **w, int n)
{
    struct call call;
    pthread_t thread;
    parse_call(&call, w, n);
    int error = pthread_create(&thread, NULL, make_call, &call);
    if (error == 0)
        pthread_join(thread, NULL);
    errno = error ? error : call.error;
    answer(w[0], error ? -1 : call.result);
}

static void *toggle(void *nothing)
{
    for (;;) {
        signal(SIGSYS, SIG_IGN); /* forgets one that waits */
        signal(SIGSYS, SIG_DFL);
    }
    return nothing;
}

/* ward NUMBER [ARGUMENT...]: while another thread changes what SIGSYS does; the answer comes when a killer has had three seconds. */
void do_ward(char **w, int n)
{
    struct call call;
    struct timespec moment = { 0, 20000000 }, left = { 3, 0 };
    pthread_t thread;
    parse_call(&call, w, n);
    if ((errno = pthread_create(&thread, NULL, toggle, NULL)) != 0) {
        answer(w[0], -1);
        return;
    }
    nanosleep(&moment, NULL);
    make_call(&call);
    while (nanosleep(&left, &left) < 0 && errno == EINTR) { }
    errno = call.error;
    answer(w[0], call.result);
}
