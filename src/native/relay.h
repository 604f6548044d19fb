/* The terminal of a foreground run: bytes between our own standard streams and the master of the program's pseudo terminal. */
#ifndef OCIRUN_RELAY_H
#define OCIRUN_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <termios.h>

#define RELAY_BUFFER 4096 /* PIPE_BUF: a pipe that polls writable takes as much without blocking */

struct relay_buffer {
    char bytes[RELAY_BUFFER];
    size_t start, end;
};

struct relay {
    int tty;    /* the terminal whose size counts; -1: none */
    int master; /* -1: no relay */
    bool raw;   /* tty was switched to raw mode */
    bool input_open, output_open;
    int eof_left; /* end-of-file characters still to be typed */
    char eof_character;
    char last_typed;
    struct termios before;
    struct relay_buffer to_program, to_us;
};

void relay_open(struct relay *relay, int tty, int master);
void relay_resize(const struct relay *relay);
int relay_poll_set(struct relay *relay, struct pollfd polls[3]);
void relay_move(struct relay *relay, const struct pollfd polls[3]);
void relay_close(struct relay *relay, bool ended);

#endif
