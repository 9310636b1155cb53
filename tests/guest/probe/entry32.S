/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 32-bit probe's first instructions.
 *
 * There is no addressing relative to %eip here, so the address of the image
 * has to be taken from a call; the contract grants a stack of 1 KiB for it.
 * Flags and registers are pushed first, in an order that leaves them intact.
 */
#include "state.h"

#define MULTIBOOT_HEADER_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS        0x00010000   /* Addresses are in the header. */
#define MULTIBOOT_LOAD         0x00100000

        .section .head, "ax", @progbits
        .globl  probe_head
probe_head:
        .long   0x45424f52              /* PROBE_MAGIC */
        .long   3                       /* EM_386 */
        .long   probe_entry - probe_head
        .long   _file_end
        .long   _mem_end
        .long   _sum_from
        .long   _sum_to
        .long   0
        .quad   0                       /* facts_maddr: by the dom0 */
        .quad   0                       /* sum: by the dom0 */

/* Started by firmware, the probe says in what mode that left the devices. */
        .balign 4
multiboot_header:
        .long   MULTIBOOT_HEADER_MAGIC
        .long   MULTIBOOT_FLAGS
        .long   -(MULTIBOOT_HEADER_MAGIC + MULTIBOOT_FLAGS)
        .long   multiboot_header - probe_head + MULTIBOOT_LOAD
        .long   MULTIBOOT_LOAD
        .long   _file_end + MULTIBOOT_LOAD
        .long   _mem_end + MULTIBOOT_LOAD
        .long   multiboot_entry - probe_head + MULTIBOOT_LOAD

        .text

/* QEMU promises no stack: use the tail of bss until the common code does. */
multiboot_entry:
        mov     $stack_top + MULTIBOOT_LOAD, %esp

/*
 * In:  the state under test.
 * Out: state[] filled in, the probe's own stack; DF clear.
 */
        .balign 16
        .globl  probe_entry
probe_entry:
        pushfl
        pushal
        call    1f
1:      pop     %ebx
#define REL(sym) (sym) - 1b(%ebx)

        /* pushal: edi, esi, ebp, esp, ebx, edx, ecx, eax upwards. */
        mov     28(%esp), %eax
        mov     %eax, REL(STATE(ST_AX))
        mov     24(%esp), %eax
        mov     %eax, REL(STATE(ST_CX))
        mov     20(%esp), %eax
        mov     %eax, REL(STATE(ST_DX))
        mov     16(%esp), %eax
        mov     %eax, REL(STATE(ST_BX))
        mov     8(%esp), %eax
        mov     %eax, REL(STATE(ST_BP))
        mov     4(%esp), %eax
        mov     %eax, REL(STATE(ST_SI))
        mov     (%esp), %eax
        mov     %eax, REL(STATE(ST_DI))
        mov     32(%esp), %eax
        mov     %eax, REL(STATE(ST_FLAGS))
        mov     36(%esp), %eax
        mov     %eax, REL(STATE(ST_STACK))
        lea     36(%esp), %eax
        mov     %eax, REL(STATE(ST_SP))
        lea     REL(probe_entry), %eax
        mov     %eax, REL(STATE(ST_IP))

        mov     %cs, %eax
        mov     %eax, REL(STATE(ST_CS))
        mov     %ds, %eax
        mov     %eax, REL(STATE(ST_DS))
        mov     %es, %eax
        mov     %eax, REL(STATE(ST_ES))
        mov     %ss, %eax
        mov     %eax, REL(STATE(ST_SS))
        mov     %fs, %eax
        mov     %eax, REL(STATE(ST_FS))
        mov     %gs, %eax
        mov     %eax, REL(STATE(ST_GS))

        sldt    %eax
        mov     %eax, REL(STATE(ST_LDTR))
        str     %eax
        mov     %eax, REL(STATE(ST_TR))
        sgdt    REL(STATE(ST_GDTR))
        sidt    REL(STATE(ST_IDTR))

        mov     %cr0, %eax
        mov     %eax, REL(STATE(ST_CR0))
        mov     %cr2, %eax
        mov     %eax, REL(STATE(ST_CR2))
        mov     %cr3, %eax
        mov     %eax, REL(STATE(ST_CR3))
        mov     %cr4, %eax
        mov     %eax, REL(STATE(ST_CR4))
        mov     %dr6, %eax
        mov     %eax, REL(STATE(ST_DR6))
        mov     %dr7, %eax
        mov     %eax, REL(STATE(ST_DR7))
        mov     %dr0, %eax
        mov     %eax, REL(STATE(ST_DR0 + 0))
        mov     %dr1, %eax
        mov     %eax, REL(STATE(ST_DR0 + 1))
        mov     %dr2, %eax
        mov     %eax, REL(STATE(ST_DR0 + 2))
        mov     %dr3, %eax
        mov     %eax, REL(STATE(ST_DR0 + 3))

        /*
         * What the segments are, whatever the descriptors say now: the same
         * word through each, one near 4 GiB, and a write.  The base of CS is
         * known from where the image was entered.  A limit that is too low
         * ends in a triple fault, which is a verdict as well.
         */
        .macro  through seg
        mov     \seg:REL(probe_head), %eax
        xor     %cs:REL(probe_head), %eax
        or      %eax, REL(STATE(ST_BASES))
        mov     \seg:0xfffffffc, %eax
        incl    \seg:REL(STATE(ST_WRITES))
        .endm
        through %ds
        through %es
        through %ss
        through %fs
        through %gs
        mov     %cs:0xfffffffc, %eax

        /* bss is the tail of the segment: all of it has to be 0. */
        cld
        lea     REL(_file_end), %edi
        lea     REL(_mem_end), %ecx
        sub     %edi, %ecx
        xor     %eax, %eax
        repe    scasb
        je      2f
        inc     %ecx
        mov     %ecx, REL(STATE(ST_TAIL))
2:
        lea     REL(stack_top), %esp
        and     $-16, %esp
        xor     %ebp, %ebp
        call    probe_main
        ud2

/* As in the 64-bit probe. */
        .balign 16
        .globl  vectors
vectors:
        vector = 0
        .rept   256
        .balign 16
        .if     (vector != 8) & ((vector < 10) | (vector > 14)) & \
                (vector != 17) & (vector != 21) & (vector != 29) & \
                (vector != 30)
        pushl   $0
        .endif
        pushl   $vector
        jmp     vector_common
        vector = vector + 1
        .endr

vector_common:
        pushal
        cld
        mov     %esp, %ebx
        mov     %esp, %eax
        and     $-16, %esp
        sub     $12, %esp
        push    %eax
        call    handle_vector
        mov     %ebx, %esp
        popal
        add     $8, %esp
        iretl

/* As in the 64-bit probe; paging is off, so nothing faults. */
        .globl  safe_read, safe_read_insn, safe_write, safe_write_insn
        .globl  safe_failed
safe_read:
safe_read_insn:
        mov     4(%esp), %eax
        mov     12(%esp), %ecx
        mov     (%eax), %edx
        mov     %edx, (%ecx)
        mov     4(%eax), %edx
        mov     %edx, 4(%ecx)
        mov     $1, %eax
        ret
safe_write:
        mov     4(%esp), %ecx
        mov     12(%esp), %eax
safe_write_insn:
        mov     %al, (%ecx)
        mov     $1, %eax
        ret
safe_failed:
        xor     %eax, %eax
        ret

        .globl  load_tables
load_tables:
        mov     4(%esp), %eax
        lgdt    (%eax)
        mov     8(%esp), %eax
        lidt    (%eax)
        mov     $SEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        pop     %eax
        pushl   $SEL_CODE
        push    %eax
        lretl

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
