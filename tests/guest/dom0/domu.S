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

        .macro  make_calls_64 call:req
        lea     0f(%rip), %rbx
0:      and     $-4096, %rbx
        xor     %r12d, %r12d
1:      mov     $__HYPERVISOR_kexec_op, %eax
        mov     %r12, %rdi
        lea     ARGUMENT(%rbx), %rsi
        \call
        mov     %rax, RESULTS(%rbx, %r12, 8)
        inc     %r12
        cmp     $DOMU_COMMANDS, %r12
        jb      1b
        movq    $1, RESULTS(%rbx, %r12, 8)
2:      mov     $__HYPERVISOR_sched_op, %eax
        mov     $1, %edi                /* SCHEDOP_block */
        \call
        jmp     2b
        .endm

        .macro  make_calls_32 call:req
        call    0f
0:      pop     %ebp
        and     $-4096, %ebp
        xor     %edi, %edi
1:      mov     $__HYPERVISOR_kexec_op, %eax
        mov     %edi, %ebx
        lea     ARGUMENT(%ebp), %ecx
        \call
        mov     %eax, RESULTS(%ebp, %edi, 4)
        inc     %edi
        cmp     $DOMU_COMMANDS, %edi
        jb      1b
        movl    $1, RESULTS(%ebp, %edi, 4)
2:      mov     $__HYPERVISOR_sched_op, %eax
        mov     $1, %ebx                /* SCHEDOP_block */
        \call
        jmp     2b
        .endm

        .section .rodata, "a", @progbits
        .globl  domu_code, domu_code_end
domu_code:
#ifdef __x86_64__
        make_calls_64 syscall
#else
        make_calls_32 "int $0x82"
#endif
domu_code_end:

/* As an HVM domain, on the emulated AMD processor, in either mode. */
        .globl  domu_hvm64, domu_hvm64_end, domu_hvm32, domu_hvm32_end
#ifdef __x86_64__
domu_hvm64:
        make_calls_64 vmmcall
domu_hvm64_end:
        .code32
domu_hvm32:
        make_calls_32 vmmcall
domu_hvm32_end:
        .code64

/* Busy for ever, with registers as known_reg() has them for CPU 1. */
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
#endif

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
