/* The smallest program: ends with status 0 and makes no other system call, so that a filter or a limit that stops it has hit the runtime. */
__attribute__((noreturn)) void _start(void)
{
#if defined(__x86_64__)
    __asm__ volatile("syscall" : : "a"(231L), "D"(0L)); /* exit_group */
#elif defined(__aarch64__)
    register long status __asm__("x0") = 0, number __asm__("x8") = 94;
    __asm__ volatile("svc 0" : : "r"(status), "r"(number));
#endif
    __builtin_unreachable();
}
