/* The probe: a static program that the integration tests run inside containers. */
#ifndef PROBE_H
#define PROBE_H

#include <stddef.h>

/* report.c: everything that can only be seen from inside, as one JSON object on standard output. */
void report(int argc, char **argv);

/* probe.c: one line of an answer. */
__attribute__((format(printf, 2, 3))) void say(const char *subject, const char *format, ...);
/* The answer of a call that gives -1 on failure. */
void answer(const char *subject, long result);

/* attack.c */
void do_flip(char **words, int count);
void do_spy(char **words, int count);
void do_breakout(char **words, int count);
void do_harsh(char **words, int count);
void do_without(char **words, int count);
void do_int80(char **words, int count);
void do_thread(char **words, int count);
void do_ward(char **words, int count);

/* text.c */
const char *errno_name(int number);
const char *signal_name(int number);
/* A decimal number, "SIGTERM", "TERM" or "RTMIN+1"; -1: none. */
int signal_number(const char *text);
/* As a JSON string with quotes; bytes that are not printable ASCII become \u00XX. */
void json_string(const char *bytes, size_t length);
/* The file's first bytes (size - 1 at most, NUL-terminated), or -1 with errno. */
long read_file(const char *path, char *buffer, size_t size);

#endif
