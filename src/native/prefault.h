#ifndef OCIRUN_PREFAULT_H
#define OCIRUN_PREFAULT_H

#include <stdbool.h>
#include <time.h>

/* What a page fault costs here: 0.2 us on bare metal, 1 us on one virtual machine, 10 us on another (docs/adr/0003). Only where it is dear, pages are better
 * populated by the range, needed or not. One fault says it, give or take an interrupt, after which either answer is right and one is slower. */
static inline bool faults_are_dear(void) {
    enum { DEAR_NS = 4000 };
    static char pages[2 * 4096]; /* one of them is shared with nothing */
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before); /* the first call finds the vDSO */
    clock_gettime(CLOCK_MONOTONIC, &before);
    *(volatile char *)(pages + 4096) = 1;
    clock_gettime(CLOCK_MONOTONIC, &after);
    return after.tv_sec != before.tv_sec || after.tv_nsec - before.tv_nsec > DEAR_NS;
}

/* Maps the program's code and constants, and the C library's heap. */
void prefault_program(void);

#endif
