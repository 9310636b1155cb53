/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * void stub_run(void *code, void *control, void *stack, uint64_t regs[17]);
 *
 * Jump to @code, the plan's part of a stub that has been copied to @control,
 * with %rsp = @stack.  The stub goes on to the image's entry, which is
 * stub_entered: the general registers that it finds go to @regs, in the order
 * rax rbx rcx rdx rsi rdi rbp r8 ... r15, flags, the word at 0(%rsp).
 */
        .text
        .globl stub_run, stub_entered
stub_run:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rcx, stub_regs(%rip)
        mov     %rsp, stub_rsp(%rip)
        mov     %rdi, %rax
        mov     %rsi, %rbx
        mov     %rdx, %rsp

        /* What the stub must not take for granted. */
        mov     $-1, %rcx
        mov     $-1, %r15
        mov     $-1, %rbp
        std
        jmp     *%rax

stub_entered:
        xchg    %rax, stub_rax(%rip)
        mov     stub_regs(%rip), %rax
        mov     %rbx, 8(%rax)
        mov     %rcx, 16(%rax)
        mov     %rdx, 24(%rax)
        mov     %rsi, 32(%rax)
        mov     %rdi, 40(%rax)
        mov     %rbp, 48(%rax)
        mov     %r8, 56(%rax)
        mov     %r9, 64(%rax)
        mov     %r10, 72(%rax)
        mov     %r11, 80(%rax)
        mov     %r12, 88(%rax)
        mov     %r13, 96(%rax)
        mov     %r14, 104(%rax)
        mov     %r15, 112(%rax)
        mov     stub_rax(%rip), %rcx
        mov     %rcx, 0(%rax)
        mov     (%rsp), %rcx
        mov     %rcx, 128(%rax)
        mov     stub_rsp(%rip), %rsp
        pushfq
        pop     %rcx
        mov     %rcx, 120(%rax)
        cld
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        ret

        .bss
stub_rsp:       .skip 8
stub_regs:      .skip 8
stub_rax:       .skip 8

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
