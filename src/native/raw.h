/* System calls without the C library: between clone and execve the child shares our memory, errno and lazy binding included. */
#ifndef OCIRUN_RAW_H
#define OCIRUN_RAW_H

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#if defined(__x86_64__)
static inline long raw_call(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}

/* clone3; the child runs function(argument) on the stack of args and ends with its result. */
static inline long raw_clone3(void *args, long size, int (*function)(void *), void *argument) {
    register void *r8 __asm__("r8") = argument;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jnz 1f\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "mov %%r8, %%rdi\n\t"
                     "call *%%rdx\n\t"
                     "mov %%eax, %%edi\n\t"
                     "mov $60, %%eax\n\t"
                     "syscall\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"(435L), "D"(args), "S"(size), "d"(function), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}

/* clone of a process that shares our memory and goes on in our place, on this very stack: we end at once, and touch neither any more. */
static inline long raw_replace(unsigned long flags) {
    register long r10 __asm__("r10") = 0;
    register long r8 __asm__("r8") = 0;
    long result;
    __asm__ volatile("syscall\n\t"
                     "test %%rax, %%rax\n\t"
                     "jle 1f\n\t"
                     "xor %%edi, %%edi\n\t"
                     "mov $60, %%eax\n\t"
                     "syscall\n\t"
                     "1:"
                     : "=a"(result)
                     : "a"(56L), "D"(flags), "S"(0L), "d"(0L), "r"(r10), "r"(r8)
                     : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
static inline long raw_call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}

static inline long raw_clone3(void *args, long size, int (*function)(void *), void *argument) {
    register long x8 __asm__("x8") = 435;
    register void *x0 __asm__("x0") = args;
    register long x1 __asm__("x1") = size;
    register int (*x9)(void *) __asm__("x9") = function;
    register void *x10 __asm__("x10") = argument;
    __asm__ volatile("svc #0\n\t"
                     "cbnz x0, 1f\n\t"
                     "mov x29, xzr\n\t"
                     "mov x0, x10\n\t"
                     "blr x9\n\t"
                     "mov x8, #93\n\t"
                     "svc #0\n\t"
                     "1:"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x9), "r"(x10)
                     : "x30", "memory");
    return (long)x0;
}

static inline long raw_replace(unsigned long flags) {
    register long x8 __asm__("x8") = 220;
    register unsigned long x0 __asm__("x0") = flags;
    register long x1 __asm__("x1") = 0;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    __asm__ volatile("svc #0\n\t"
                     "cmp x0, #0\n\t"
                     "b.le 1f\n\t"
                     "mov x0, #0\n\t"
                     "mov x8, #93\n\t"
                     "svc #0\n\t"
                     "1:"
                     : "+r"(x0), "+r"(x8)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4)
                     : "memory", "cc");
    return (long)x0;
}
#else
#error "no system call stub for this architecture"
#endif

/* clone3 of a child that has all signals blocked: it shares our memory, so that no handler of ours may run in it. */
static inline long raw_clone3_masked(void *args, long size, int (*function)(void *), void *argument) {
    uint64_t all = ~0ull, old;
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&all, (long)&old, sizeof all, 0);
    long pid = raw_clone3(args, size, function, argument);
    raw_call(SYS_rt_sigprocmask, SIG_SETMASK, (long)&old, 0, sizeof old, 0);
    return pid;
}

static inline void raw_reap(long pid) {
    while (raw_call(SYS_wait4, pid, 0, __WALL, 0, 0) == -EINTR)
        ;
}

#endif
