/* first-calls ADDRESSES OUTPUT PROGRAM ARGUMENT...: runs the program and adds to OUTPUT which of the addresses (hexadecimal, ascending, one a line; function
 * entries of a program that is not moved about in memory) it gets to, in the order in which it first does. Exits as the program does.
 *
 * Each address gets a breakpoint that goes away when it is hit. Children that share the program's memory must not get there: ocirun's run native code only.
 * x86-64. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#define BREAKPOINT 0xcc

static unsigned long *s_at;
static uint8_t *s_was;
static size_t s_count;
static int s_memory;
static FILE *s_output;

static void die(const char *what)
{
    perror(what);
    exit(99);
}

static void read_addresses(const char *name)
{
    FILE *file = fopen(name, "re");
    unsigned long address;
    size_t room = 0;
    if (!file)
        die(name);
    while (fscanf(file, "%lx", &address) == 1) {
        if (s_count == room && !(s_at = realloc(s_at, (room = 2 * room + 4096) * sizeof *s_at)))
            die("realloc");
        s_at[s_count++] = address;
    }
    fclose(file);
    if (!(s_was = malloc(s_count + 1)))
        die("malloc");
}

static void set_breakpoints(pid_t program)
{
    const uint8_t breakpoint = BREAKPOINT;
    char name[64];
    snprintf(name, sizeof name, "/proc/%d/mem", program);
    if ((s_memory = open(name, O_RDWR | O_CLOEXEC)) < 0)
        die(name);
    for (size_t i = 0; i < s_count; i++)
        if (pread(s_memory, s_was + i, 1, (off_t)s_at[i]) != 1 || pwrite(s_memory, &breakpoint, 1, (off_t)s_at[i]) != 1)
            die("cannot set a breakpoint: are these addresses of this program?");
}

static int compare(const void *a, const void *b)
{
    unsigned long x = *(const unsigned long *)a, y = *(const unsigned long *)b;
    return x < y ? -1 : x > y;
}

/* Whether the trap is one of our breakpoints. Takes it away, unless another thread has, and lets the thread go on there. */
static int at_breakpoint(pid_t thread)
{
    struct user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread, 0, &registers) < 0)
        return 0;
    unsigned long address = --registers.rip;
    const unsigned long *found = bsearch(&address, s_at, s_count, sizeof *s_at, compare);
    uint8_t now = 0;
    if (!found)
        return 0;
    if (pread(s_memory, &now, 1, (off_t)address) == 1 && now == BREAKPOINT) {
        if (pwrite(s_memory, s_was + (found - s_at), 1, (off_t)address) != 1)
            die("cannot take a breakpoint away");
        fprintf(s_output, "%lx\n", address);
    }
    return ptrace(PTRACE_SETREGS, thread, 0, &registers) == 0;
}

/* What to pass on to a thread that stopped. */
static int signal_of(pid_t thread, pid_t program, int status)
{
    int number = WSTOPSIG(status);
    if (number == SIGTRAP && (status >> 16 || at_breakpoint(thread)))
        return 0; /* ours, or the news of a new thread */
    return number == SIGSTOP && thread != program ? 0 : number; /* a new thread starts with one */
}

int main(int argc, char **argv)
{
    int status;
    if (argc < 4 || !(s_output = fopen(argv[2], "ae")))
        die("usage: first-calls ADDRESSES OUTPUT PROGRAM ARGUMENT...");
    read_addresses(argv[1]);
    pid_t program = fork();
    if (program == 0) {
        ptrace(PTRACE_TRACEME, 0, 0, 0);
        execv(argv[3], argv + 3);
        _exit(127);
    }
    if (program < 0 || waitpid(program, &status, 0) != program || !WIFSTOPPED(status))
        die(argv[3]);
    if (ptrace(PTRACE_SETOPTIONS, program, 0, PTRACE_O_TRACECLONE | PTRACE_O_EXITKILL) < 0)
        die("ptrace");
    set_breakpoints(program);
    ptrace(PTRACE_CONT, program, 0, 0);
    for (pid_t thread; (thread = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR;) {
        if (thread > 0 && WIFSTOPPED(status))
            ptrace(PTRACE_CONT, thread, 0, signal_of(thread, program, status));
        else if (thread == program)
            return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    die("waitpid");
}
