/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the domain without privileges runs: each command of the hypercall once,
 * the results into the page behind this one, then nothing any more.  Copied,
 * so it runs wherever it is put, at the start of a page.
 */
#define __ASSEMBLY__
#include <public/xen.h>
#include "domu.h"

#define RESULTS     4096
#define ARGUMENT    (4096 + 1024)

#ifdef __x86_64__
        .section .rodata, "a", @progbits
        .globl  domu_code, domu_code_end
domu_code:
        lea     domu_code(%rip), %rbx
        xor     %r12d, %r12d
1:      mov     $__HYPERVISOR_kexec_op, %eax
        mov     %r12, %rdi
        lea     ARGUMENT(%rbx), %rsi
        syscall
        mov     %rax, RESULTS(%rbx, %r12, 8)
        inc     %r12
        cmp     $DOMU_COMMANDS, %r12
        jb      1b
        movq    $1, RESULTS(%rbx, %r12, 8)
2:      mov     $__HYPERVISOR_sched_op, %eax
        mov     $1, %edi                /* SCHEDOP_block */
        syscall
        jmp     2b
domu_code_end:

/*
 * As an HVM domain: busy for ever, with registers as known_reg() has them for
 * CPU 1.
 */
        .globl  domu_spin_code, domu_spin_end
domu_spin_code:
        nr = 0
        .irp    reg, r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, \
                     rcx, rdx, rsi, rdi
        mov     $0xc0de000000010000 + nr, %\reg
        nr = nr + 1
        .endr
        movq    $1, RESULTS
        jmp     .
domu_spin_end:

#endif /* __x86_64__ */

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
