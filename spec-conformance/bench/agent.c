/* The stop-watch of the benchmark.
 *
 * Reads commands from standard input, one a line, words separated by tabs, and answers each with one line. It is a program of its own, and small,
 * because the peak memory that the kernel reports for a child begins with that of its parent: under a managed driver every runtime
 * would seem to need 60 MB.
 *
 *   run PROGRAM ARGUMENT...   starts it (posix_spawn), waits: "NANOSECONDS PEAK_KIB STATUS"
 *   reap PIDFILE              waits for the container whose init became our child: "0 PEAK_KIB STATUS"
 *   peak PIDFILE              peak memory of that process so far: "0 PEAK_KIB 0"
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000000LL + t.tv_nsec;
}

static int code(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static pid_t pid_of(const char *file)
{
    char text[32] = "";
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, text, sizeof text - 1) < 1)
        text[0] = '\0';
    if (fd >= 0)
        close(fd);
    return (pid_t)atoi(text);
}

static void run(char **words)
{
    static char *environment[] = { "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", NULL };
    posix_spawn_file_actions_t actions;
    struct rusage usage;
    pid_t pid;
    int status = 0;

    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    long long start = now();
    int error = posix_spawn(&pid, words[0], &actions, NULL, words, environment);
    if (error == 0)
        while (wait4(pid, &status, 0, &usage) < 0 && errno == EINTR) { }
    long long end = now();
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0)
        printf("0 0 127\n");
    else
        printf("%lld %ld %d\n", end - start, usage.ru_maxrss, code(status));
}

static void reap(const char *file)
{
    struct rusage usage;
    int status = 0;
    pid_t pid = pid_of(file), got;
    while ((got = wait4(pid, &status, 0, &usage)) < 0 && errno == EINTR) { }
    printf("0 %ld %d\n", got < 0 ? 0 : usage.ru_maxrss, got < 0 ? 127 : code(status));
}

static void peak(const char *file)
{
    char path[64], line[256];
    long kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", pid_of(file));
    FILE *status = fopen(path, "re");
    while (status != NULL && fgets(line, sizeof line, status) != NULL)
        if (sscanf(line, "VmHWM: %ld", &kib) == 1)
            break;
    if (status != NULL)
        fclose(status);
    printf("0 %ld 0\n", kib);
}

int main(void)
{
    static char line[1 << 16], *words[256];
    prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    while (fgets(line, sizeof line, stdin) != NULL) {
        int count = 0;
        line[strcspn(line, "\n")] = '\0';
        for (char *state, *word = strtok_r(line, "\t", &state); word != NULL && count < 255; word = strtok_r(NULL, "\t", &state))
            words[count++] = word;
        words[count] = NULL;
        if (count < 2)
            printf("0 0 126\n");
        else if (strcmp(words[0], "run") == 0)
            run(words + 1);
        else if (strcmp(words[0], "reap") == 0)
            reap(words[1]);
        else
            peak(words[1]);
        fflush(stdout);
    }
    return 0;
}
