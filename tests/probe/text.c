/* Names of errors and signals, JSON strings, small files. */
#define _GNU_SOURCE
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

struct name {
    int number;
    const char *text;
};

#define N(x) { x, #x }

static const struct name errors[] = {
    N(EPERM), N(ENOENT), N(ESRCH), N(EINTR), N(EIO), N(ENXIO), N(E2BIG), N(ENOEXEC), N(EBADF), N(ECHILD), N(EAGAIN), N(ENOMEM), N(EACCES),
    N(EFAULT), N(ENOTBLK), N(EBUSY), N(EEXIST), N(EXDEV), N(ENODEV), N(ENOTDIR), N(EISDIR), N(EINVAL), N(ENFILE), N(EMFILE), N(ENOTTY),
    N(ETXTBSY), N(EFBIG), N(ENOSPC), N(ESPIPE), N(EROFS), N(EMLINK), N(EPIPE), N(EDOM), N(ERANGE), N(EDEADLK), N(ENAMETOOLONG), N(ENOLCK),
    N(ENOSYS), N(ENOTEMPTY), N(ELOOP), N(ENODATA), N(EOVERFLOW), N(EUSERS), N(ENOTSOCK), N(EPROTONOSUPPORT), N(EOPNOTSUPP), N(EAFNOSUPPORT),
    N(EADDRINUSE), N(ECONNREFUSED), N(ETIMEDOUT), N(ESTALE), N(EDQUOT), N(ENOKEY), N(EKEYEXPIRED), N(EKEYREVOKED), N(ENOTSUP),
};

static const struct name signals[] = {
    N(SIGHUP), N(SIGINT), N(SIGQUIT), N(SIGILL), N(SIGTRAP), N(SIGABRT), N(SIGBUS), N(SIGFPE), N(SIGKILL), N(SIGUSR1), N(SIGSEGV), N(SIGUSR2),
    N(SIGPIPE), N(SIGALRM), N(SIGTERM), N(SIGCHLD), N(SIGCONT), N(SIGSTOP), N(SIGTSTP), N(SIGTTIN), N(SIGTTOU), N(SIGURG), N(SIGXCPU),
    N(SIGXFSZ), N(SIGVTALRM), N(SIGPROF), N(SIGWINCH), N(SIGIO), N(SIGPWR), N(SIGSYS),
};

const char *errno_name(int number)
{
    static char other[16];
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
        if (errors[i].number == number)
            return errors[i].text;
    snprintf(other, sizeof other, "E%d", number);
    return other;
}

const char *signal_name(int number)
{
    static char other[24];
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (signals[i].number == number)
            return signals[i].text;
    /* The kernel's SIGRTMIN is 32; C libraries keep the first ones for themselves. */
    snprintf(other, sizeof other, number >= 32 ? "SIGRTMIN+%d" : "SIG%d", number >= 32 ? number - 34 : number);
    return other;
}

int signal_number(const char *text)
{
    char *end;
    long number = strtol(text, &end, 10);
    if (end != text && *end == '\0')
        return (int)number;
    if (strncasecmp(text, "SIG", 3) == 0)
        text += 3;
    if (strncasecmp(text, "RTMIN+", 6) == 0)
        return 34 + atoi(text + 6);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        if (strcasecmp(signals[i].text + 3, text) == 0)
            return signals[i].number;
    return -1;
}

void json_string(const char *bytes, size_t length)
{
    putchar('"');
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        if (c == '"' || c == '\\')
            printf("\\%c", c);
        else if (c < 0x20 || c > 0x7e)
            printf("\\u%04x", c);
        else
            putchar(c);
    }
    putchar('"');
}

long read_file(const char *path, char *buffer, size_t size)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    size_t used = 0;
    while (used < size - 1) {
        ssize_t got = read(fd, buffer + used, size - 1 - used);
        if (got < 0) {
            int error = errno;
            close(fd);
            errno = error;
            return -1;
        }
        if (got == 0)
            break;
        used += (size_t)got;
    }
    buffer[used] = '\0';
    close(fd);
    return (long)used;
}
