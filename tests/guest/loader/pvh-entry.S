/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entry as a PVH domain: 32-bit, paging off, at the pseudo-physical address
 * that the note says.  Makes the first GiB visible at 0 and at VIRT_BASE, of
 * which the lower 32 bits will do as well, and goes on there, in the mode of
 * this build.
 *
 * Symbols phys_* are of the linker script: addresses without VIRT_BASE.
 */
#include <public/elfnote.h>
#include "layout.h"

#define SEL_CODE64  0x08
#define SEL_CODE32  0x18

#define PTE         0x07            /* Present, writable, user. */
#define PTE_LARGE   0x87
#define CR0_PE_PG   0x80000001
#define CR4_PSE     0x10
#define CR4_PAE     0x20
#define CR4_OSFXSR  0x200
#define MSR_EFER    0xc0000080
#define EFER_LME    0x100

        .section .note.Xen, "a", @note
        .balign 4
        .long   4, 2f - 1f, XEN_ELFNOTE_PHYS32_ENTRY
        .asciz  "Xen"
1:      .long   phys_pvh_start
2:

        .text
        .code32
        .globl  pvh_start
/*
 * In:  %ebx = physical address of the start info.
 */
pvh_start:
        cld
        mov     $phys_pvh_tables, %edi

#ifdef __x86_64__
        /* Level 4, level 3 for 0, level 3 for VIRT_BASE, level 2 of both. */
        lea     0x1000 + PTE(%edi), %eax
        mov     %eax, (%edi)
        lea     0x2000 + PTE(%edi), %eax
        mov     %eax, 511 * 8(%edi)
        lea     0x3000 + PTE(%edi), %eax
        mov     %eax, 0x1000(%edi)
        mov     %eax, 0x1000 + 2 * 8(%edi)
        mov     %eax, 0x2000 + 510 * 8(%edi)
        mov     $PTE_LARGE, %eax
        xor     %ecx, %ecx
1:      mov     %eax, 0x3000(%edi, %ecx, 8)
        add     $0x200000, %eax
        inc     %ecx
        cmp     $512, %ecx
        jb      1b

        mov     $CR4_PAE | CR4_OSFXSR, %eax
        mov     %eax, %cr4
        mov     %edi, %cr3
        mov     $MSR_EFER, %ecx
        rdmsr
        or      $EFER_LME, %eax
        wrmsr
#else
        mov     $PTE_LARGE, %eax
        xor     %ecx, %ecx
1:      mov     %eax, (%edi, %ecx, 4)
        mov     %eax, (VIRT_BASE >> 22) * 4(%edi, %ecx, 4)
        add     $0x400000, %eax
        inc     %ecx
        cmp     $256, %ecx
        jb      1b

        mov     $CR4_PSE | CR4_OSFXSR, %eax
        mov     %eax, %cr4
        mov     %edi, %cr3
#endif
        mov     $CR0_PE_PG, %eax
        mov     %eax, %cr0

        lgdt    phys_pvh_gdtr
        ljmp    $0x08, $phys_pvh_paged

#ifdef __x86_64__
        .code64
#endif
        .globl  pvh_paged
pvh_paged:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
#ifdef __x86_64__
        mov     $1f, %rax
        jmp     *%rax
1:      mov     $pvh_stack_top, %rsp
        xor     %ebp, %ebp
        mov     %ebx, %edi
        call    pvh_main
#else
        mov     $1f, %eax
        jmp     *%eax
1:      mov     $pvh_stack_top, %esp
        xor     %ebp, %ebp
        sub     $12, %esp
        push    %ebx
        call    pvh_main
#endif
        ud2

#ifdef __x86_64__
/*
 * long hypercall_32(const void *call, unsigned int a1, unsigned int a2)
 *
 * Calls it as 32-bit code.  Code and stack are the same, by the lower 32 bits
 * of their addresses; upper halves of registers do not survive.
 */
        .globl  hypercall_32
hypercall_32:
        push    %rbx
        push    %rbp
        push    %r12
        push    %r13
        push    %r14
        push    %r15
        mov     %rsp, %r8
        mov     %esp, %esp
        push    %r8
        mov     %edi, %eax
        mov     %esi, %ebx
        mov     %edx, %ecx
        lea     2f(%rip), %rbp
        lea     1f(%rip), %rdx
        mov     %edx, %edx
        pushq   $SEL_CODE32
        push    %rdx
        lretq

        .code32
1:      call    *%eax
        push    $SEL_CODE64
        push    %ebp
        lret

        .code64
2:      pop     %rsp
        pop     %r15
        pop     %r14
        pop     %r13
        pop     %r12
        pop     %rbp
        pop     %rbx
        movslq  %eax, %rax
        ret
#endif

        .section .rodata, "a", @progbits
        .balign 8
pvh_gdt:
        .quad   0
#ifdef __x86_64__
        .quad   0x00af9b000000ffff
#else
        .quad   0x00cf9b000000ffff
#endif
        .quad   0x00cf93000000ffff
        .quad   0x00cf9b000000ffff      /* SEL_CODE32 */
        .globl  pvh_gdtr
pvh_gdtr:
        .word   4 * 8 - 1
        .long   phys_pvh_gdt
        .globl  pvh_gdt

        .bss
        .balign 4096
        .globl  pvh_tables
pvh_tables:
        .fill   4 * 4096
        .fill   32768
pvh_stack_top:
        .fill   16

        .section .note.GNU-stack, "", @progbits

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
