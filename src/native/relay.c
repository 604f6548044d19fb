#include "relay.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

static bool empty(const struct relay_buffer *buffer) { return buffer->start == buffer->end; }

void relay_resize(const struct relay *relay) {
    struct winsize size;
    if (relay->tty >= 0 && relay->master >= 0 && ioctl(relay->tty, TIOCGWINSZ, &size) == 0 && (size.ws_row || size.ws_col))
        ioctl(relay->master, TIOCSWINSZ, &size);
}

/* The program's terminal does the line editing, so ours must not. It is put back by relay_close. */
void relay_open(struct relay *relay, int tty, int master) {
    *relay = (struct relay){.tty = tty, .master = master};
    if (master < 0)
        return;
    relay->input_open = relay->output_open = true;
    fcntl(master, F_SETFL, fcntl(master, F_GETFL) | O_NONBLOCK); /* nobody else has it */
    if (tty >= 0 && tcgetattr(tty, &relay->before) == 0) {
        struct termios raw = relay->before;
        cfmakeraw(&raw);
        relay->raw = tcsetattr(tty, TCSANOW, &raw) == 0;
    }
    relay_resize(relay);
}

/* A terminal has no half-closed state: the end of our input is typed, as a user would, twice after an unfinished line. */
static void end_input(struct relay *relay) {
    struct termios now;
    relay->input_open = false;
    if (tcgetattr(relay->master, &now) < 0 || !(now.c_lflag & ICANON) || !now.c_cc[VEOF])
        return;
    relay->eof_character = (char)now.c_cc[VEOF];
    relay->eof_left = relay->last_typed && relay->last_typed != '\n' ? 2 : 1;
}

/* Reads into an empty buffer: 1 when something came, 0 at the end, -1 when there is nothing now. */
static int fill(struct relay_buffer *buffer, int fd) {
    long got = read(fd, buffer->bytes, sizeof buffer->bytes);
    if (got < 0)
        return errno == EAGAIN || errno == EINTR ? -1 : 0; /* EIO: the other side of the terminal is closed */
    buffer->start = 0;
    buffer->end = (size_t)got;
    return got > 0;
}

/* Writes what the other end takes. False: it is gone, and so is what it was for. */
static bool drain(struct relay_buffer *buffer, int fd) {
    long sent = write(fd, buffer->bytes + buffer->start, buffer->end - buffer->start);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) {
        buffer->start = buffer->end = 0;
        return false;
    }
    if (sent > 0)
        buffer->start += (size_t)sent;
    return true;
}

/* In: our input or nothing, the master, our output when there is something for it. Returns how many. */
int relay_poll_set(struct relay *relay, struct pollfd polls[3]) {
    bool to_program = !empty(&relay->to_program) || relay->eof_left;
    polls[0] = (struct pollfd){relay->input_open && !to_program ? STDIN_FILENO : -1, POLLIN, 0};
    polls[1] = (struct pollfd){relay->master, 0, 0};
    if (relay->output_open && empty(&relay->to_us))
        polls[1].events |= POLLIN;
    if (to_program)
        polls[1].events |= POLLOUT;
    if (!polls[1].events)
        polls[1].fd = -1; /* a hang-up is reported unasked, again and again */
    polls[2] = (struct pollfd){empty(&relay->to_us) ? -1 : STDOUT_FILENO, POLLOUT, 0};
    return 3;
}

void relay_move(struct relay *relay, const struct pollfd polls[3]) {
    if (polls[0].revents) {
        int got = fill(&relay->to_program, STDIN_FILENO);
        if (got == 0)
            end_input(relay);
        else if (got > 0)
            relay->last_typed = relay->to_program.bytes[relay->to_program.end - 1];
    }
    if (polls[1].revents & POLLOUT) {
        if (!empty(&relay->to_program))
            drain(&relay->to_program, relay->master);
        else if (relay->eof_left && (write(relay->master, &relay->eof_character, 1) == 1 || errno != EAGAIN))
            relay->eof_left--;
    } else if (polls[1].revents & (POLLHUP | POLLERR)) { /* nobody reads what is typed */
        relay->to_program.start = relay->to_program.end;
        relay->eof_left = 0;
    }
    if ((polls[1].revents & (POLLIN | POLLHUP | POLLERR)) && (polls[1].events & POLLIN) && fill(&relay->to_us, relay->master) == 0)
        relay->output_open = false;
    if (polls[2].revents && !drain(&relay->to_us, STDOUT_FILENO))
        relay->output_open = false;
}

/* Flushes what we hold; once the program has ended, also what the terminal still holds. Then our terminal is as it was. */
void relay_close(struct relay *relay, bool ended) {
    if (relay->master < 0)
        return;
    do {
        while (!empty(&relay->to_us)) {
            struct pollfd out = {STDOUT_FILENO, POLLOUT, 0};
            if (poll(&out, 1, -1) > 0)
                drain(&relay->to_us, STDOUT_FILENO);
        }
    } while (ended && fill(&relay->to_us, relay->master) > 0);
    while (!ended && !empty(&relay->to_program)) {
        struct pollfd in = {relay->master, POLLOUT, 0};
        if (poll(&in, 1, 100) <= 0 || !drain(&relay->to_program, relay->master))
            break;
    }
    if (relay->raw)
        tcsetattr(relay->tty, TCSANOW, &relay->before);
    relay->raw = false;
}
