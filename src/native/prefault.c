/* Touches memory by the range instead of page by page. A job of a few milliseconds takes 250 page faults in the managed runtime; on a virtual machine a fault
 * may cost 10 us, MADV_POPULATE_* (Linux 5.14) 0.1 to 0.4 us a page (docs/adr/0003). Only hints: where one fails, the pages come one by one. */
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include "kernel.h"
#include "prefault.h"

#define HEAP_SIZE ((intptr_t)128 << 10) /* the C library's heap, of which the start of the managed runtime uses most */
#define COMMIT_MAX ((size_t)256 << 10)  /* the collector commits 64 KiB at a time; what is larger are tables, mostly never touched */

#define HOT_CODE (512 << 10)            /* of hot-methods.txt: the compiler puts them first */
#define NATIVE_DATA (16 << 10)          /* of the runtime and the C library: the end of .data */
#define MANAGED_STATICS (96 << 10)      /* static fields and the cells of interface calls: the compiler puts them before its settings */

static bool s_dear; /* faults */

extern const char _edata[], _end[];
extern const char __executable_start[] __attribute__((weak)), data_start[] __attribute__((weak)); /* a program has them, the library for the JIT has not */
extern const char __start___managedcode[] __attribute__((weak));
extern const char __stop___managedcode[] __attribute__((weak));
extern const char g_compilerEmbeddedSettingsBlob[] __attribute__((weak)); /* not there under the JIT */

static void populate(uintptr_t from, uintptr_t to, int how) {
    from &= ~(PAGE - 1);
    to = (to + PAGE - 1) & ~(PAGE - 1);
    if (from < to)
        syscall(SYS_madvise, from, to - from, how);
}

/* Where the tables for unwinding begin, the end of the constants: they are not read before something goes wrong. */
static uintptr_t constants_end(void) {
    const ElfW(Phdr) *header = (const ElfW(Phdr) *)getauxval(AT_PHDR);
    for (unsigned long left = getauxval(AT_PHNUM); left > 0; left--, header++)
        if (header->p_type == PT_GNU_EH_FRAME && header->p_vaddr > (uintptr_t)__executable_start && header->p_vaddr < (uintptr_t)data_start)
            return header->p_vaddr;
    return (uintptr_t)data_start;
}

/* Written are some 30 pages of the 500 of .data, most of them in two places; the others are only mapped. */
void prefault_program(void) {
    s_dear = data_start && faults_are_dear();
    if (!s_dear)
        return;
    bool published = __start___managedcode && __stop___managedcode;
    uintptr_t start = (uintptr_t)__executable_start;
    populate(start, published ? (uintptr_t)__start___managedcode + HOT_CODE : start, MADV_POPULATE_READ);
    populate(published ? (uintptr_t)__stop___managedcode : start, constants_end(), MADV_POPULATE_READ);
    populate((uintptr_t)data_start, (uintptr_t)_edata, MADV_POPULATE_READ);
    populate((uintptr_t)_edata - NATIVE_DATA, (uintptr_t)_end, MADV_POPULATE_WRITE);
    if (g_compilerEmbeddedSettingsBlob)
        populate((uintptr_t)g_compilerEmbeddedSettingsBlob - MANAGED_STATICS, (uintptr_t)g_compilerEmbeddedSettingsBlob, MADV_POPULATE_WRITE);
    free(malloc(1)); /* makes the heap */
    uintptr_t end = (uintptr_t)sbrk(0);
    populate(end - HEAP_SIZE, end, MADV_POPULATE_WRITE);
}

/* In the place of mprotect(2) for what is linked into the program (--wrap): the collector commits memory with it, and touches it all soon after. */
int __wrap_mprotect(void *address, size_t size, int protection) {
    int result = (int)syscall(SYS_mprotect, address, size, protection);
    if (s_dear && result == 0 && (protection & PROT_WRITE) && size <= COMMIT_MAX)
        populate((uintptr_t)address, (uintptr_t)address + size, MADV_POPULATE_WRITE);
    return result;
}
