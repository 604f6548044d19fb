/* Touches memory by the range instead of page by page. A job of a few milliseconds takes 250 page faults in the managed runtime; on a virtual machine a fault
 * may cost 10 us, MADV_POPULATE_* (Linux 5.14) 0.1 to 0.4 us a page (docs/adr/0003). Only hints: where one fails, the pages come one by one. */
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "prefault.h"

#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ 22
#define MADV_POPULATE_WRITE 23
#endif

#define PAGE ((uintptr_t)4096)
#define HEAP_SIZE ((intptr_t)128 << 10) /* the C library's heap, of which the start of the managed runtime uses most */
#define COMMIT_MAX ((size_t)256 << 10)  /* the collector commits 64 KiB at a time; what is larger are tables, mostly never touched */

extern const char __executable_start[], data_start[];

static void populate(uintptr_t from, uintptr_t to, int how) {
    from &= ~(PAGE - 1);
    to = (to + PAGE - 1) & ~(PAGE - 1);
    if (from < to)
        madvise((void *)from, to - from, how);
}

void prefault_program(void) {
    populate((uintptr_t)__executable_start, (uintptr_t)data_start, MADV_POPULATE_READ);
    free(malloc(1)); /* makes the heap */
    uintptr_t end = (uintptr_t)sbrk(0);
    populate(end - HEAP_SIZE, end, MADV_POPULATE_WRITE);
}

/* In the place of mprotect(2) for what is linked into the program (--wrap): the collector commits memory with it, and touches it all soon after. */
int __wrap_mprotect(void *address, size_t size, int protection) {
    int result = (int)syscall(SYS_mprotect, address, size, protection);
    if (result == 0 && (protection & PROT_WRITE) && size <= COMMIT_MAX)
        populate((uintptr_t)address, (uintptr_t)address + size, MADV_POPULATE_WRITE);
    return result;
}
