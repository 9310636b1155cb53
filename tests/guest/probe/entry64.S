/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 64-bit probe's first instructions.
 *
 * Entered by kexec with the state that is to be examined.  Until that state is
 * saved no instruction may change flags, use the stack, or assume anything but
 * that code and data of the image are where the entry point is: everything is
 * addressed relative to %rip.
 */
#include "state.h"

        .section .head, "ax", @progbits
        .globl  probe_head
probe_head:
        .long   0x45424f52              /* PROBE_MAGIC */
        .long   62                      /* EM_X86_64 */
        .long   probe_entry - probe_head
        .long   _file_end
        .long   _mem_end
        .long   _sum_from
        .long   _sum_to
        .long   0
        .quad   0                       /* facts_maddr: by the dom0 */
        .quad   0                       /* sum: by the dom0 */

        .text

/*
 * In:  the state under test.
 * Out: state[] filled in, the probe's own stack; DF clear.
 */
        .balign 16
        .globl  probe_entry
probe_entry:
        mov     %rax, STATE(ST_AX)(%rip)
        mov     %rdx, STATE(ST_DX)(%rip)
        rdtsc                           /* Two 32-bit halves; no flags. */
        mov     %eax, STATE(ST_TSC)(%rip)
        mov     %edx, STATE(ST_TSC) + 4(%rip)
        mov     %rcx, STATE(ST_CX)(%rip)
        mov     %rbx, STATE(ST_BX)(%rip)
        mov     %rsp, STATE(ST_SP)(%rip)
        mov     %rbp, STATE(ST_BP)(%rip)
        mov     %rsi, STATE(ST_SI)(%rip)
        mov     %rdi, STATE(ST_DI)(%rip)
        mov     %r8,  STATE(ST_R8 + 0)(%rip)
        mov     %r9,  STATE(ST_R8 + 1)(%rip)
        mov     %r10, STATE(ST_R8 + 2)(%rip)
        mov     %r11, STATE(ST_R8 + 3)(%rip)
        mov     %r12, STATE(ST_R8 + 4)(%rip)
        mov     %r13, STATE(ST_R8 + 5)(%rip)
        mov     %r14, STATE(ST_R8 + 6)(%rip)
        mov     %r15, STATE(ST_R8 + 7)(%rip)

        lea     probe_entry(%rip), %rax
        mov     %rax, STATE(ST_IP)(%rip)

        /* A selector read into a 32-bit register is zero-extended. */
        mov     %cs, %eax
        mov     %rax, STATE(ST_CS)(%rip)
        mov     %ds, %eax
        mov     %rax, STATE(ST_DS)(%rip)
        mov     %es, %eax
        mov     %rax, STATE(ST_ES)(%rip)
        mov     %ss, %eax
        mov     %rax, STATE(ST_SS)(%rip)
        mov     %fs, %eax
        mov     %rax, STATE(ST_FS)(%rip)
        mov     %gs, %eax
        mov     %rax, STATE(ST_GS)(%rip)

        sldt    %eax
        mov     %rax, STATE(ST_LDTR)(%rip)
        str     %eax
        mov     %rax, STATE(ST_TR)(%rip)
        sgdt    STATE(ST_GDTR)(%rip)
        sidt    STATE(ST_IDTR)(%rip)

        mov     %cr0, %rax
        mov     %rax, STATE(ST_CR0)(%rip)
        mov     %cr2, %rax
        mov     %rax, STATE(ST_CR2)(%rip)
        mov     %cr3, %rax
        mov     %rax, STATE(ST_CR3)(%rip)
        mov     %cr4, %rax
        mov     %rax, STATE(ST_CR4)(%rip)
        mov     %cr8, %rax
        mov     %rax, STATE(ST_CR8)(%rip)
        mov     %dr6, %rax
        mov     %rax, STATE(ST_DR6)(%rip)
        mov     %dr7, %rax
        mov     %rax, STATE(ST_DR7)(%rip)
        mov     %dr0, %rax
        mov     %rax, STATE(ST_DR0 + 0)(%rip)
        mov     %dr1, %rax
        mov     %rax, STATE(ST_DR0 + 1)(%rip)
        mov     %dr2, %rax
        mov     %rax, STATE(ST_DR0 + 2)(%rip)
        mov     %dr3, %rax
        mov     %rax, STATE(ST_DR0 + 3)(%rip)

        /*
         * Only now is memory read that the image does not own: the word that
         * a loader may take for a return address.
         */
        mov     (%rsp), %rax
        mov     %rax, STATE(ST_STACK)(%rip)

        /*
         * The flags, still those of the entry, go through two words in .data:
         * the stack proper is in bss, which is looked at first.
         */
        lea     STATE(ST_WORDS)(%rip), %rsp
        pushfq
        mov     (%rsp), %rax
        mov     %rax, STATE(ST_FLAGS)(%rip)

        /* bss is the tail of the segment: all of it has to be 0. */
        cld
        lea     _file_end(%rip), %rdi
        lea     _mem_end(%rip), %rcx
        sub     %rdi, %rcx
        xor     %eax, %eax
        repe    scasb
        je      1f
        inc     %rcx
        mov     %rcx, STATE(ST_TAIL)(%rip)
1:
        lea     stack_top(%rip), %rsp
        and     $-16, %rsp
        xor     %ebp, %ebp
        call    probe_main
        ud2

/*
 * One entry for each vector, 16 bytes apart, that makes one frame of all:
 * vector and error code above the interrupted state.
 */
        .balign 16
        .globl  vectors
vectors:
        vector = 0
        .rept   256
        .balign 16
        .if     (vector != 8) & ((vector < 10) | (vector > 14)) & \
                (vector != 17) & (vector != 21) & (vector != 29) & \
                (vector != 30)
        pushq   $0
        .endif
        pushq   $vector
        jmp     vector_common
        vector = vector + 1
        .endr

/* In: the frame as above.  C sees it as struct frame. */
vector_common:
        push    %rax
        push    %rcx
        push    %rdx
        push    %rbx
        push    %rbp
        push    %rsi
        push    %rdi
        push    %r8
        push    %r9
        push    %r10
        push    %r11
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        cld
        mov     %rsp, %rdi
        mov     %rsp, %rbx
        and     $-16, %rsp
        call    handle_vector
        mov     %rbx, %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %r11
        pop     %r10
        pop     %r9
        pop     %r8
        pop     %rdi
        pop     %rsi
        pop     %rbp
        pop     %rbx
        pop     %rdx
        pop     %rcx
        pop     %rax
        add     $16, %rsp
        iretq

/*
 * bool safe_read(uint64_t maddr, uint64_t *value)
 * bool safe_write(uint64_t maddr, uint8_t value)
 *
 * A fault at *_insn makes handle_vector() continue at safe_failed.
 */
        .globl  safe_read, safe_read_insn, safe_write, safe_write_insn
        .globl  safe_failed
safe_read:
safe_read_insn:
        mov     (%rdi), %rax
        mov     %rax, (%rsi)
        mov     $1, %eax
        ret
safe_write:
        mov     %esi, %eax
safe_write_insn:
        mov     %al, (%rdi)
        mov     $1, %eax
        ret
safe_failed:
        xor     %eax, %eax
        ret

/*
 * void load_tables(const void *gdtr, const void *idtr)
 *
 * Both tables hold 64-bit code at SEL_CODE and data at SEL_DATA.
 */
        .globl  load_tables
load_tables:
        lgdt    (%rdi)
        lidt    (%rsi)
        mov     $SEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        pop     %rax
        pushq   $SEL_CODE
        push    %rax
        lretq

/*
 * void fault_handed_over(const void *gdtr, const void *idtr, bool page)
 *
 * Raises #UD, or #PF at an address that no identity map holds, on the tables
 * that were found at entry.
 */
        .globl  fault_handed_over
fault_handed_over:
        lgdt    (%rdi)
        lidt    (%rsi)
        mov     $FAULT_ADDRESS, %rax
        test    %edx, %edx
        jnz     1f
        ud2
1:      mov     (%rax), %rax
        ud2

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
