#ifndef OCIRUN_PREFAULT_H
#define OCIRUN_PREFAULT_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define PAGE ((uintptr_t)4096)

/* What a page fault costs here: 0.2 us on bare metal, 1 us on one virtual machine, 10 us on another (docs/adr/0003). Only where it is dear, pages are better
 * populated by the range, needed or not. The quicker of two faults says it: an interrupt may have been in the other. */
static inline bool faults_are_dear(void) {
    enum { DEAR_NS = 4000 };
    static char pages[3 * PAGE]; /* two of them are shared with nothing */
    struct timespec before, after;
    long best = LONG_MAX;
    clock_gettime(CLOCK_MONOTONIC, &before); /* the first call finds the vDSO */
    for (int i = 1; i <= 2; i++) {
        clock_gettime(CLOCK_MONOTONIC, &before);
        *(volatile char *)(pages + (uintptr_t)i * PAGE) = 1;
        clock_gettime(CLOCK_MONOTONIC, &after);
        long took = (after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec;
        best = took < best ? took : best;
    }
    return best > DEAR_NS;
}

/* Maps the program's code and constants, and the C library's heap. */
void prefault_program(void);

#endif
