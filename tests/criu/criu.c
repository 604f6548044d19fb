/* A criu that does nothing: it speaks the protocol of "criu swrk", and fails as CRIU_MODE says, so that what comes after a failure can be tested where the real one cannot work. */
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

enum { NOTIFY = 6, FEATURE_CHECK = 9, VERSION = 10 };

static int s_socket;

static void say(const void *message, size_t length) {
    if (write(s_socket, message, length) != (ssize_t)length)
        exit(3);
}

static void say_version(int major, int minor) {
    const uint8_t text[] = {0x08, VERSION, 0x10, 1, 0x52, 4, 0x08, (uint8_t)major, 0x10, (uint8_t)minor};
    say(text, sizeof text);
}

static void say_failure(uint8_t type, const char *words) {
    uint8_t text[256] = {0x08, type, 0x10, 0, 0x4a, (uint8_t)strlen(words)};
    memcpy(text + 6, words, strlen(words));
    say(text, 6 + strlen(words));
}

/* The answer's notify_success. */
static int tell(const char *script) {
    uint8_t text[256] = {0x08, NOTIFY, 0x10, 1, 0x2a, (uint8_t)(strlen(script) + 4), 0x0a, (uint8_t)strlen(script)}, answer[64];
    memcpy(text + 8, script, strlen(script));
    text[8 + strlen(script)] = 0x10;
    text[9 + strlen(script)] = 1; /* pid 1: one that is there and that nobody may end by mistake, as it is not our child */
    say(text, 10 + strlen(script));
    return recv(s_socket, answer, sizeof answer, 0) == 4 && answer[3];
}

/* What it has open, a line each. */
static void record_descriptors(const char *path) {
    char link[32], target[256];
    FILE *file = fopen(path, "we");
    for (int fd = 0; file && fd < 1024; fd++) {
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        ssize_t length = readlink(link, target, sizeof target - 1);
        if (length > 0 && fd != fileno(file))
            fprintf(file, "%d %.*s\n", fd, (int)length, target);
    }
    if (file)
        fclose(file);
}

/* What it was told, for the test to look at. */
static void record(const char *path, const void *request, size_t length) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (file < 0 || write(file, request, length) != (ssize_t)length)
        exit(4);
    close(file);
}

int main(int argc, char **argv) {
    static uint8_t request[65536];
    const char *mode = getenv("CRIU_MODE") ? getenv("CRIU_MODE") : "fail", *path = getenv("CRIU_RECORD");
    if (argc != 3 || strcmp(argv[1], "swrk") != 0)
        return 2;
    s_socket = atoi(argv[2]);
    ssize_t length = recv(s_socket, request, sizeof request, 0);
    if (length < 2 || request[0] != 0x08)
        return 2;
    if (request[1] == VERSION) {
        say_version(strcmp(mode, "old") == 0 ? 3 : 4, strcmp(mode, "old") == 0 ? 14 : 2);
        return 0;
    }
    if (request[1] == FEATURE_CHECK) {
        say("\x08\x09\x10\x01\x42\x04\x08\x01\x10\x01", 10); /* all of them */
        return 0;
    }
    if (path && strcmp(mode, "descriptors") == 0)
        record_descriptors(path);
    else if (path)
        record(path, request, (size_t)length);
    if (strcmp(mode, "die") == 0) {
        fprintf(stderr, "no such kernel\n");
        abort();
    }
    if (strcmp(mode, "garbage") == 0) {
        say("\xff\xff\xff", 3);
        return 0;
    }
    if (strcmp(mode, "hooks") == 0 && tell("setup-namespaces"))
        say_failure(request[1], "Error (fake): the hooks were to fail");
    say_failure(request[1], "Error (fake): out of ideas");
    return 1;
}
