/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry of the dom0, from one source for 64-bit and 32-bit PAE.
 */
#include <public/elfnote.h>
#include "layout.h"

#ifdef __x86_64__
#define WORD    .quad
#else
#define WORD    .long
#endif

#define NOTE(type, value...) \
        .balign 4; \
        .long   4, 2f - 1f, type; \
        .asciz  "Xen"; \
1:      value; \
2:

        .section .note.Xen, "a", @note
        NOTE(XEN_ELFNOTE_GUEST_OS, .asciz "tiny dom0")
        NOTE(XEN_ELFNOTE_GUEST_VERSION, .asciz "1")
        NOTE(XEN_ELFNOTE_XEN_VERSION, .asciz "xen-3.0")
        NOTE(XEN_ELFNOTE_LOADER, .asciz "generic")
        NOTE(XEN_ELFNOTE_VIRT_BASE, WORD VIRT_BASE)
        NOTE(XEN_ELFNOTE_PADDR_OFFSET, WORD 0)
        NOTE(XEN_ELFNOTE_ENTRY, WORD start)
        NOTE(XEN_ELFNOTE_HYPERCALL_PAGE, WORD hypercall_page)
#ifndef __x86_64__
        NOTE(XEN_ELFNOTE_PAE_MODE, .asciz "yes")
#endif
        .balign 4

        .section .text.page, "ax", @progbits
        .balign 4096
        .globl  hypercall_page
hypercall_page:
        .fill   4096, 1, 0xcc

        .text
        .globl  start
/*
 * In:  the boot tables and stack that Xen built, start_info in %rsi or %esi.
 */
start:
        cld
#ifdef __x86_64__
        lea     boot_stack_top(%rip), %rsp
        xor     %ebp, %ebp
        mov     %rsi, %rdi
        call    common_main
#else
        mov     $boot_stack_top, %esp
        xor     %ebp, %ebp
        sub     $12, %esp
        push    %esi
        call    common_main
#endif
        ud2

        .globl  vcpu_start
/*
 * In:  another vCPU, on the stack that vcpu_up() gave it.
 */
vcpu_start:
        cld
        xor     %ebp, %ebp
        call    vcpu_main
        ud2

        .bss
        .balign 16
        .fill   32768
boot_stack_top:
        .fill   16

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
