/* The stage's executable inside the library. */
    .section .rodata
    .balign 16
stage_begin:
    .incbin STAGE_PATH
stage_end:
    .balign 8
stage_size:
    .quad stage_end - stage_begin

    .text
    .globl ocirun_stage_image
    .type ocirun_stage_image, %function
ocirun_stage_image:
#if defined(__x86_64__)
    mov stage_size(%rip), %rax
    mov %rax, (%rdi)
    lea stage_begin(%rip), %rax
    ret
#elif defined(__aarch64__)
    adrp x1, stage_size
    ldr x1, [x1, :lo12:stage_size]
    str x1, [x0]
    adrp x0, stage_begin
    add x0, x0, :lo12:stage_begin
    ret
#endif
    .size ocirun_stage_image, . - ocirun_stage_image
    .section .note.GNU-stack,"",%progbits
