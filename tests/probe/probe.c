/* probe ACTION [ARGUMENT...] [+ ACTION ...]
 *
 * Runs inside containers, static, and says what happens there. Actions run in order; each but `report`, `read`, `cat` and `tty` prints one
 * line, "ACTION FIRST-ARGUMENT: ok" (or a value, or the name of an errno). The exit status is 0 whatever they answer: the tests look at
 * the lines. `exit` and `kill` end it otherwise. `probe` alone lists the actions. */
#define _GNU_SOURCE
#include "probe.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *action;

void say(const char *subject, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    printf("%s %s: ", action, subject);
    vprintf(format, values);
    putchar('\n');
    va_end(values);
    fflush(stdout);
}

/* The answer of a call that gives -1 on failure. */
void answer(const char *subject, long result)
{
    say(subject, "%s", result < 0 ? errno_name(errno) : "ok");
}

static const char *argument(char **words, int count, int index, const char *absent)
{
    return index < count ? words[index] : absent;
}

static void do_open(char **w, int n)
{
    static const struct {
        const char *name;
        int flags;
    } modes[] = { { "r", O_RDONLY }, { "w", O_WRONLY }, { "rw", O_RDWR }, { "a", O_WRONLY | O_APPEND }, { "c", O_WRONLY | O_CREAT }, { "p", O_PATH } };
    const char *mode = argument(w, n, 1, "r");
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        if (strcmp(modes[i].name, mode) != 0)
            continue;
        int fd = open(w[0], modes[i].flags | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0644);
        answer(w[0], fd);
        if (fd >= 0)
            close(fd);
        return;
    }
    say(w[0], "unknown mode %s", mode);
}

/* Prints a JSON string, so that any content stays one line. */
static void do_read(char **w, int n)
{
    static char text[65536];
    (void)n;
    long length = read_file(w[0], text, sizeof text);
    if (length < 0) {
        answer(w[0], -1);
        return;
    }
    printf("%s %s: ", action, w[0]);
    json_string(text, (size_t)length);
    putchar('\n');
}

static void do_write(char **w, int n)
{
    const char *text = argument(w, n, 1, "x");
    int fd = open(w[0], O_WRONLY | O_CLOEXEC | O_NOCTTY | O_CREAT, 0644);
    if (fd < 0) {
        answer(w[0], -1);
        return;
    }
    answer(w[0], write(fd, text, strlen(text)));
    close(fd);
}

/* "type mode uid gid size", for devices "type mode uid gid major:minor". */
static void do_stat(char **w, int n)
{
    struct stat s;
    (void)n;
    if (lstat(w[0], &s) < 0) {
        answer(w[0], -1);
        return;
    }
    const char *type = S_ISREG(s.st_mode) ? "file" : S_ISDIR(s.st_mode) ? "dir" : S_ISLNK(s.st_mode) ? "link" : S_ISCHR(s.st_mode) ? "char" :
        S_ISBLK(s.st_mode) ? "block" : S_ISFIFO(s.st_mode) ? "fifo" : "socket";
    if (S_ISCHR(s.st_mode) || S_ISBLK(s.st_mode))
        say(w[0], "%s %04o %u %u %u:%u", type, s.st_mode & 07777, s.st_uid, s.st_gid, major(s.st_rdev), minor(s.st_rdev));
    else
        say(w[0], "%s %04o %u %u %lld", type, s.st_mode & 07777, s.st_uid, s.st_gid, (long long)s.st_size);
}

static void do_readlink(char **w, int n)
{
    char target[4096];
    (void)n;
    ssize_t length = readlink(w[0], target, sizeof target - 1);
    if (length < 0) {
        answer(w[0], -1);
        return;
    }
    target[length] = '\0';
    say(w[0], "%s", target);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static void do_ls(char **w, int n)
{
    (void)n;
    DIR *directory = opendir(w[0]);
    if (directory == NULL) {
        answer(w[0], -1);
        return;
    }
    char *names[1024];
    size_t count = 0;
    for (struct dirent *entry; count < 1024 && (entry = readdir(directory)) != NULL;)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            names[count++] = strdup(entry->d_name);
    closedir(directory);
    qsort(names, count, sizeof *names, by_name);
    printf("%s %s:", action, w[0]);
    for (size_t i = 0; i < count; i++) {
        printf(" %s", names[i]);
        free(names[i]);
    }
    putchar('\n');
}

static void do_statfs(char **w, int n)
{
    struct statfs s;
    (void)n;
    if (statfs(w[0], &s) < 0)
        answer(w[0], -1);
    else
        say(w[0], "type %#lx blocks %llu bsize %lu", (unsigned long)s.f_type, (unsigned long long)s.f_blocks, (unsigned long)s.f_bsize);
}

static void do_mkdir(char **w, int n)
{
    (void)n;
    answer(w[0], mkdir(w[0], 0755));
}

static void do_unlink(char **w, int n)
{
    (void)n;
    answer(w[0], unlink(w[0]));
}

static void do_mknod(char **w, int n)
{
    mode_t type = *argument(w, n, 1, "c") == 'b' ? S_IFBLK : *argument(w, n, 1, "c") == 'p' ? S_IFIFO : S_IFCHR;
    dev_t device = makedev((unsigned)atoi(argument(w, n, 2, "1")), (unsigned)atoi(argument(w, n, 3, "3")));
    answer(w[0], mknod(w[0], type | 0600, device));
}

/* mount TARGET SOURCE TYPE FLAGS(number) [DATA]; "-" is an absent word. */
static void do_mount(char **w, int n)
{
    const char *source = argument(w, n, 1, "none"), *type = argument(w, n, 2, "-"), *data = argument(w, n, 4, "-");
    answer(w[0], mount(source, w[0], strcmp(type, "-") ? type : NULL, strtoul(argument(w, n, 3, "0"), NULL, 0), strcmp(data, "-") ? data : NULL));
}

static void do_umount(char **w, int n)
{
    (void)n;
    answer(w[0], umount2(w[0], MNT_DETACH));
}

static void do_unshare(char **w, int n)
{
    (void)n;
    answer(w[0], unshare((int)strtoul(w[0], NULL, 0)));
}

static void do_socket(char **w, int n)
{
    int fd = socket(atoi(w[0]), atoi(argument(w, n, 1, "1")), atoi(argument(w, n, 2, "0")));
    answer(w[0], fd);
    if (fd >= 0)
        close(fd);
}

static void do_syscall(char **w, int n)
{
    unsigned long a[6];
    for (int i = 0; i < 6; i++)
        a[i] = strtoul(argument(w, n, i + 1, "0"), NULL, 0);
    answer(w[0], syscall(strtol(w[0], NULL, 0), a[0], a[1], a[2], a[3], a[4], a[5]));
}

static void do_setuid(char **w, int n)
{
    (void)n;
    answer(w[0], setuid((uid_t)strtoul(w[0], NULL, 10)));
}

static void do_chdir(char **w, int n)
{
    (void)n;
    answer(w[0], chdir(w[0]));
}

static void do_exit(char **w, int n)
{
    exit(atoi(argument(w, n, 0, "0")));
}

static void do_kill(char **w, int n)
{
    fflush(stdout);
    kill(atoi(argument(w, n, 1, "0")) ? atoi(argument(w, n, 1, "0")) : getpid(), signal_number(w[0]));
    say(w[0], "survived");
}

static void do_sleep(char **w, int n)
{
    (void)n;
    double seconds = atof(w[0]);
    struct timespec left = { (time_t)seconds, (long)((seconds - (double)(time_t)seconds) * 1e9) };
    fflush(stdout);
    while (nanosleep(&left, &left) < 0 && errno == EINTR) { }
    say(w[0], "ok");
}

/* signals UNTIL [EXIT]: says "ready", then the name of each signal that comes; ends with status EXIT after UNTIL. */
static void do_signals(char **w, int n)
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, NULL);
    say(w[0], "ready");
    for (;;) {
        int number = sigwaitinfo(&all, NULL);
        if (number < 0)
            continue;
        say(signal_name(number), "received");
        if (number == signal_number(w[0]))
            exit(atoi(argument(w, n, 1, "0")));
    }
}

static void do_cat(char **w, int n)
{
    char buffer[65536];
    (void)w, (void)n;
    fflush(stdout);
    for (ssize_t got; (got = read(0, buffer, sizeof buffer)) > 0;)
        if (write(1, buffer, (size_t)got) < 0)
            return;
}

static void do_tty(char **w, int n)
{
    struct winsize size = { 0 };
    (void)w, (void)n;
    ioctl(0, TIOCGWINSZ, &size);
    const char *name = isatty(0) ? ttyname(0) : NULL;
    printf("tty: %d %d %d %ux%u %s\n", isatty(0), isatty(1), isatty(2), size.ws_row, size.ws_col, name ? name : "-");
    fflush(stdout);
}

static void do_connect(char **w, int n)
{
    const char *text = argument(w, n, 1, "x");
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    snprintf(address.sun_path, sizeof address.sun_path, "%s", w[0]);
    int fd = socket(AF_UNIX, *argument(w, n, 2, "s") == 'd' ? SOCK_DGRAM : SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof address) < 0)
        answer(w[0], -1);
    else
        answer(w[0], write(fd, text, strlen(text)));
    if (fd >= 0)
        close(fd);
}

/* Touches every page, so that the memory is really there. */
static void do_memory(char **w, int n)
{
    (void)n;
    size_t size = strtoul(w[0], NULL, 10) << 20;
    fflush(stdout);
    char *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    for (size_t i = 0; block != MAP_FAILED && i < size; i += 4096)
        block[i] = 1;
    answer(w[0], block == MAP_FAILED ? -1 : 0);
}

/* Children until fork fails or the number is reached: how many there were, and why it ended. */
static void do_forks(char **w, int n)
{
    (void)n;
    int count = 0, error = 0, wanted = atoi(w[0]);
    pid_t children[4096];
    fflush(stdout);
    for (; count < wanted && count < 4096; count++) {
        children[count] = fork();
        if (children[count] == 0) {
            pause();
            _exit(0);
        }
        if (children[count] < 0) {
            error = errno;
            break;
        }
    }
    for (int i = 0; i < count; i++) {
        kill(children[i], SIGKILL);
        waitpid(children[i], NULL, 0);
    }
    say(w[0], "%d %s", count, error ? errno_name(error) : "ok");
}

/* A grandchild that outlives its parent: it becomes a child of the container's init. */
static void do_orphan(char **w, int n)
{
    (void)n;
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        if (fork() == 0)
            execl("/proc/self/exe", "probe", "sleep", w[0], (char *)NULL);
        _exit(0);
    }
    waitpid(child, NULL, 0);
    say(w[0], "ok");
}

static void do_report(char **w, int n)
{
    report(n, w);
    fflush(stdout);
}

static const struct {
    const char *name;
    void (*run)(char **words, int count);
    int least;
    const char *usage;
} actions[] = {
    { "report", do_report, 0, "[WORD...]: everything, as JSON" },
    { "open", do_open, 1, "PATH [r|w|rw|a|c|p]" },
    { "read", do_read, 1, "PATH: its content as a JSON string" },
    { "write", do_write, 1, "PATH [TEXT]" },
    { "stat", do_stat, 1, "PATH: type mode uid gid size|major:minor" },
    { "statfs", do_statfs, 1, "PATH" },
    { "readlink", do_readlink, 1, "PATH" },
    { "ls", do_ls, 1, "PATH" },
    { "mkdir", do_mkdir, 1, "PATH" },
    { "unlink", do_unlink, 1, "PATH" },
    { "mknod", do_mknod, 1, "PATH [c|b|p MAJOR MINOR]" },
    { "mount", do_mount, 1, "TARGET [SOURCE TYPE FLAGS DATA]" },
    { "umount", do_umount, 1, "TARGET" },
    { "unshare", do_unshare, 1, "FLAGS" },
    { "socket", do_socket, 1, "DOMAIN [TYPE PROTOCOL]" },
    { "syscall", do_syscall, 1, "NUMBER [ARGUMENT...]" },
    { "setuid", do_setuid, 1, "UID" },
    { "chdir", do_chdir, 1, "PATH" },
    { "exit", do_exit, 0, "[STATUS]" },
    { "kill", do_kill, 1, "SIGNAL [PID]: itself when no pid is given" },
    { "sleep", do_sleep, 1, "SECONDS" },
    { "signals", do_signals, 1, "UNTIL [STATUS]: prints each signal that comes" },
    { "cat", do_cat, 0, ": standard input to standard output" },
    { "tty", do_tty, 0, ": which of 0-2 are terminals, size, name" },
    { "connect", do_connect, 1, "PATH [TEXT s|d]" },
    { "memory", do_memory, 1, "MIB: allocates and touches" },
    { "forks", do_forks, 1, "COUNT" },
    { "orphan", do_orphan, 1, "SECONDS" },
    { "flip", do_flip, 3, "SECONDS A B: exchanges the two names all the time" },
    { "spy", do_spy, 1, "SECONDS: what can be reached of other processes" },
    { "breakout", do_breakout, 2, "SECONDS PATH: looks for a way to a file of the host in everything that can be reached of other processes" },
    { "harsh", do_harsh, 1, "PROGRAM...: no 0-2, SIGCHLD ignored, all signals blocked" },
    { "without", do_without, 3, "NUMBER ERRNO PROGRAM...: one system call refused" },
    { "int80", do_int80, 1, "NUMBER [ARGUMENT]: of the 32-bit ABI" },
    { "thread", do_thread, 1, "NUMBER [ARGUMENT...]: a system call of another thread" },
    { "ward", do_ward, 1, "NUMBER [ARGUMENT...]: a system call while SIGSYS is ignored and not, in turn" },
};

int main(int argc, char **argv)
{
    size_t known = sizeof actions / sizeof *actions;
    for (size_t i = 0; argc < 2 && i < known; i++)
        printf("probe %s %s\n", actions[i].name, actions[i].usage);
    for (int at = 1; at < argc;) {
        int end = at;
        while (end < argc && strcmp(argv[end], "+") != 0)
            end++;
        action = argv[at];
        size_t i = 0;
        while (i < known && strcmp(actions[i].name, action) != 0)
            i++;
        if (i == known || end - at - 1 < actions[i].least) {
            fprintf(stderr, "probe: %s: %s\n", action, i == known ? "unknown action" : "too few words");
            return 125;
        }
        char *saved = argv[end];
        argv[end] = NULL;
        actions[i].run(argv + at + 1, end - at - 1);
        argv[end] = saved;
        at = end + 1;
    }
    fflush(stdout);
    return 0;
}
