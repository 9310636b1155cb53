/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the domain without privileges runs: each command of the hypercall once,
 * the results into the page behind this one, then nothing any more.  Copied,
 * so it runs wherever it is put, at the start of a page.
 */
#define __ASSEMBLY__
#include <public/xen.h>

#define COMMANDS    8           /* The last one does not exist. */
#define RESULTS     4096
#define ARGUMENT    (4096 + 1024)

        .section .rodata, "a", @progbits
        .globl  domu_code, domu_code_end
domu_code:
#ifdef __x86_64__
        lea     domu_code(%rip), %rbx
        xor     %r12d, %r12d
1:      mov     $__HYPERVISOR_kexec_op, %eax
        mov     %r12, %rdi
        lea     ARGUMENT(%rbx), %rsi
        syscall
        mov     %rax, RESULTS(%rbx, %r12, 8)
        inc     %r12
        cmp     $COMMANDS, %r12
        jb      1b
        movq    $1, RESULTS(%rbx, %r12, 8)
2:      mov     $__HYPERVISOR_sched_op, %eax
        mov     $1, %edi                /* SCHEDOP_block */
        syscall
        jmp     2b
#else
        call    0f
0:      pop     %ebp
        sub     $0b - domu_code, %ebp
        xor     %edi, %edi
1:      mov     $__HYPERVISOR_kexec_op, %eax
        mov     %edi, %ebx
        lea     ARGUMENT(%ebp), %ecx
        int     $0x82
        mov     %eax, RESULTS(%ebp, %edi, 4)
        inc     %edi
        cmp     $COMMANDS, %edi
        jb      1b
        movl    $1, RESULTS(%ebp, %edi, 4)
2:      mov     $__HYPERVISOR_sched_op, %eax
        mov     $1, %ebx                /* SCHEDOP_block */
        int     $0x82
        jmp     2b
#endif
domu_code_end:

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
