/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relocation stub: from Xen's page tables to the image's first
 * instruction.
 *
 * machine_kexec_seal() copies this page to the first page of an image's
 * control area and fills in its arguments, descriptors and gates.  Nothing
 * in here has an absolute address, so the copy runs at two of them:
 *
 *   the alias             in Xen's tables and in the image's
 *   its machine address   in the image's tables, where virtual == machine
 *
 * Everything that the stub reads or writes from the CR3 load on is mapped by
 * the image's tables (invariant 4): this page and the next one, the plan, its
 * sources, its destinations.
 *
 * A CPU that is to be parked goes the same way, as far as its state depends
 * on memory of Xen's.
 */

        .file __FILE__

#include <asm/asm_defns.h>
#include <asm/machine_kexec.h>
#include <asm/msr-index.h>
#include <asm/page.h>
#include <asm/x86-defns.h>

/* Selectors of the hand-over contract; the GDTs are at the end. */
#define SEL_CODE        0x10
#define SEL_DATA        0x18

/* CR0 and CR4 as the contract has them. */
#define CR0_64BIT       (X86_CR0_PG | X86_CR0_ET | X86_CR0_NE | X86_CR0_PE)
#define CR0_32BIT       (X86_CR0_ET | X86_CR0_NE | X86_CR0_PE)
#define CR4_64BIT       X86_CR4_PAE

/* Values after a reset: Intel SDM vol. 3A, table 11-1. */
#define DR6_RESET       0xffff0ff0
#define DR7_RESET       0x00000400
#define MXCSR_RESET     0x00001f80
#define EFLAGS_RESET    X86_EFLAGS_MBS

/* In %rbp of a parked CPU: how the exception handlers know it. */
#define PARKED          0x004465686372617000

/* Registers of a 16550, from the port's base, and "transmitter empty". */
#define UART_THR        0
#define UART_LSR        5
#define UART_LSR_THRE   0x20

/* What is copied at a time. */
#define LINE_SHIFT      6
#define LINE_BYTES      (1 << LINE_SHIFT)
#define LINES_AHEAD     0x1000      /* Where what is read soon is. */

/* Tries before a UART that does not empty its transmitter is given up on. */
#define UART_TRIES      0x100000

/* A field of the arguments, which are in this page. */
#define ARG(field)      (kexec_stub_args + KEXEC_ARGS_ ## field)(%rip)

        .section .text.kexec, "ax", @progbits
        .balign PAGE_SIZE
        .code64

        .globl kexec_reloc, kexec_stub_args, kexec_stub_idt
        .globl kexec_stub_gdt64, kexec_stub_gdt32, kexec_stub_handlers

/*
 * In:    %edi: 0 to enter the image, 1 to park this CPU.
 *        Running at the alias, on tables of Xen's, with interrupts off and
 *        CR4.PCIDE and CR4.CET clear.
 * Out:   at identity_mapped, on the image's tables, %edi as it was, with
 *        %rbx = control area, %rbp = PARKED or 0, %rsi = stack.
 * Stack: Xen's.  Not used, and gone with the CR3 load.
 * IDT:   Xen's.  Gone with the CR3 load: an exception or an NMI from there
 *        until the lidt is a triple fault.  So all that can be done before the
 *        CR3 load, is.
 */
kexec_reloc:
        /* What is global in Xen's tables would outlive them. */
        mov     %cr4, %rax
        and     $~X86_CR4_PGE, %rax
        mov     %rax, %cr4

        mov     ARG(root), %rax
        mov     ARG(control), %rbx
        lea     identity_mapped - kexec_reloc(%rbx), %rdx
        lea     MACHINE_KEXEC_PARK_STACK(%rbx), %rsi
        mov     $PARKED, %rbp
        test    %edi, %edi
        jnz     1f
        lea     MACHINE_KEXEC_STACK_TOP(%rbx), %rsi
        xor     %ebp, %ebp
1:
        /* Both tables map this page at this address, so both map the jmp. */
        mov     %rax, %cr3
        jmp     *%rdx

/*
 * In:    %edi, %rbx, %rbp, %rsi as above.  Virtual == machine.
 * Out:   at run_plan, or parked.  Descriptor tables, segments, control and
 *        debug registers and FPU as the contract has them for 64-bit images.
 * Stack: from here on the control area's second page.
 * IDT:   the stub's, from the lidt on.  A handler returns from an NMI to the
 *        stub's code segment only: until the iretq, an NMI is still fatal.
 *
 * Parked CPUs share a stack, which only a stray NMI or machine check would
 * use, to end up at parked.  So they must not use it for an iretq, and keep a
 * CS whose descriptor is cached.
 *
 * The iretq is also what ends the blocking of NMIs if the way here began in an
 * NMI handler (Intel SDM vol. 3A, section 7.7.1).
 */
identity_mapped:
        mov     %rsi, %rsp
        lgdt    ARG(gdtr64)
        lidt    ARG(idtr)
        test    %edi, %edi
        jnz     1f

        mov     $SEL_DATA, %eax
        lea     1f(%rip), %rcx
        push    %rax
        push    %rsi
        pushq   $EFLAGS_RESET
        pushq   $SEL_CODE
        push    %rcx
        iretq
1:
        xor     %eax, %eax
        lldt    %ax
        mov     %rax, %cr8

        /* Loading a selector loads a base as well: FS and GS get theirs. */
        mov     $SEL_DATA, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     $MSR_SHADOW_GS_BASE, %ecx
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr

        /* TS and EM clear, so that the FPU can be reset; WP clear. */
        mov     $CR0_64BIT, %eax
        mov     %rax, %cr0
        fninit
        movl    $MXCSR_RESET, ARG(mxcsr)
        ldmxcsr ARG(mxcsr)              /* Needs CR4.OSFXSR: before CR4. */
        mov     $CR4_64BIT, %eax
        mov     %rax, %cr4

        /* No entry of the image's tables has NX set: NXE can go. */
        mov     $MSR_EFER, %ecx
        mov     $(EFER_LME | EFER_LMA), %eax
        xor     %edx, %edx
        wrmsr

        mov     $DR7_RESET, %eax        /* First, so that nothing triggers. */
        mov     %rax, %dr7
        mov     $DR6_RESET, %eax
        mov     %rax, %dr6
        xor     %eax, %eax
        mov     %rax, %dr0
        mov     %rax, %dr1
        mov     %rax, %dr2
        mov     %rax, %dr3

        test    %edi, %edi
        jz      run_plan

/*
 * Where all other CPUs wait for INIT: in the image's control area, which no
 * copy overwrites (invariant 9).  Needs no stack, no data, and no interrupt.
 */
park:
        lock incl ARG(nr_parked)
parked:
        cli
        hlt
        jmp     parked

/*
 * In:    %rbx = control area.  Contract state, but for general registers,
 *        flags, and, for 32-bit images, all that differs there.
 * Out:   at enter_64bit or enter_32bit; every record of the plan executed.
 * Clobb: all but %rbx, %rsp.
 *
 * Plan pages, records, sources and destinations are disjoint and identity
 * mapped.  Whole cache lines are copied by stores that do not read them
 * first: what is copied is too much for any cache.  They are integer stores,
 * for SSE is off, which every 64-bit processor has.  docs/performance.md has
 * what string instructions do instead.
 */
run_plan:
        cld
        mov     ARG(plan), %r8

next_page:
        test    %r8, %r8
        jz      plan_done
        mov     KEXEC_PLAN_nr_records(%r8), %r9
        lea     KEXEC_PLAN_records(%r8), %r10
        mov     KEXEC_PLAN_next(%r8), %r8

next_record:
        test    %r9, %r9
        jz      next_page
        dec     %r9
        mov     KEXEC_RECORD_dest(%r10), %rdi
        mov     KEXEC_RECORD_src(%r10), %rsi
        mov     KEXEC_RECORD_bytes(%r10), %rcx
        add     $KEXEC_RECORD_sizeof, %r10
        cmp     $KEXEC_PLAN_ZERO, %rsi
        je      zero_record

        /* Up to the destination's first whole line, or to its end. */
        mov     %rcx, %rdx
        mov     %edi, %ecx
        neg     %ecx
        and     $(LINE_BYTES - 1), %ecx
        cmp     %rdx, %rcx
        cmova   %rdx, %rcx
        sub     %rcx, %rdx
        rep movsb

        mov     %rdx, %rcx
        shr     $LINE_SHIFT, %rcx
        jz      2f
1:      prefetcht0 LINES_AHEAD(%rsi)
        .irp    offset, 0, 32
        mov     \offset + 0(%rsi), %rax
        mov     \offset + 8(%rsi), %r11
        mov     \offset + 16(%rsi), %r12
        mov     \offset + 24(%rsi), %r13
        movnti  %rax, \offset + 0(%rdi)
        movnti  %r11, \offset + 8(%rdi)
        movnti  %r12, \offset + 16(%rdi)
        movnti  %r13, \offset + 24(%rdi)
        .endr
        add     $LINE_BYTES, %rsi
        add     $LINE_BYTES, %rdi
        dec     %rcx
        jnz     1b
2:
        mov     %edx, %ecx
        and     $(LINE_BYTES - 1), %ecx
        rep movsb
        jmp     next_record

zero_record:
        xor     %eax, %eax
        mov     %ecx, %edx
        shr     $3, %rcx
        rep stosq
        mov     %edx, %ecx
        and     $7, %ecx
        rep stosb
        jmp     next_record

plan_done:
        /*
         * The stores above are not ordered with those of the image, and the
         * code that they wrote must not be fetched before: serialise, as Intel
         * SDM vol. 3A, section 10.1.3, asks for modified code.
         */
        sfence
        mov     %rbx, %r8
        xor     %eax, %eax
        cpuid
        mov     %r8, %rbx

        testl   $KEXEC_STUB_32BIT, ARG(flags)
        jnz     enter_32bit

/*
 * In:    the contract's state, but for general registers, flags and 0(%rsp).
 * Out:   the image.
 *
 * The word at 0(%rsp) is no return address: kexec-tools' purgatory would make
 * a kexec_jump_back_entry= of any that is not 0.
 */
enter_64bit:
        movq    $0, (%rsp)
        xor     %eax, %eax
        xor     %ebx, %ebx
        xor     %ecx, %ecx
        xor     %edx, %edx
        xor     %esi, %esi
        xor     %edi, %edi
        xor     %ebp, %ebp
        xor     %r8d, %r8d
        xor     %r9d, %r9d
        xor     %r10d, %r10d
        xor     %r11d, %r11d
        xor     %r12d, %r12d
        xor     %r13d, %r13d
        xor     %r14d, %r14d
        xor     %r15d, %r15d
        pushq   $EFLAGS_RESET
        popfq
        jmp     *ARG(entry)

/*
 * In:    as enter_64bit, with %rbx = control area, below 4 GiB.
 * Out:   at compat_mode: 32-bit code, still with paging.
 * IDT:   the 64-bit one.  Its gates lead to SEL_CODE, which is no 64-bit code
 *        from the lgdt on: an exception or an NMI is a triple fault from here
 *        to the image's own IDT.
 */
enter_32bit:
        /* 0(%esp) at entry, and below it where to go. */
        mov     ARG(entry), %rax
        movq    $0, (%rsp)
        sub     $4, %rsp
        mov     %eax, (%rsp)

        pushq   $SEL_CODE
        lea     compat_mode(%rip), %rax
        push    %rax
        lgdt    ARG(gdtr32)
        lretq

        .code32
/*
 * In:    %ebx = control area, %esp = slot with the image's entry.
 *        Compatibility mode on the identity map.  The data segments are those
 *        that the other GDT has at the same place.
 * Out:   the image, paging off.
 */
compat_mode:
        /* Leaving long mode: Intel SDM vol. 3A, section 11.8.5.4. */
        mov     $CR0_32BIT, %eax
        mov     %eax, %cr0
        lidt    (kexec_stub_args - kexec_reloc + KEXEC_ARGS_idtr32)(%ebx)
        mov     $MSR_EFER, %ecx
        xor     %eax, %eax
        xor     %edx, %edx
        wrmsr
        mov     %eax, %cr4
        mov     %eax, %cr3

        xor     %eax, %eax
        xor     %ebx, %ebx
        xor     %ecx, %ecx
        xor     %edx, %edx
        xor     %esi, %esi
        xor     %edi, %edi
        xor     %ebp, %ebp
        pushl   $EFLAGS_RESET
        popfl
        ret
        .code64

/*
 * One entry for each exception vector, 16 bytes apart, for the gates that
 * machine_kexec_seal() writes.
 *
 * Out:   at fault, with the vector and an error code on the stack; at nmi,
 *        with neither.
 */
        .balign 16
kexec_stub_handlers:
        vector = 0
        .rept   MACHINE_KEXEC_NR_VECTORS
        .balign 16
        .if     vector == X86_EXC_NMI
        jmp     nmi
        .else
        .if     !((MACHINE_KEXEC_ERROR_CODES >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        jmp     fault
        .endif
        vector = vector + 1
        .endr

/*
 * An NMI is nothing to stop for.  A parked CPU does not return from it: what
 * is on its stack may be another CPU's by now.
 *
 * Out:   where it came from, or at parked.
 */
nmi:
        push    %rax
        mov     $PARKED, %rax
        cmp     %rax, %rbp
        pop     %rax
        je      parked
        iretq

/* Print a text and a number.  Clobbers %rax, %rcx, %rdx, %rsi, %rdi, %r8. */
        .macro  say text, value
        lea     \text(%rip), %rsi
        call    print_text
        mov     \value, %rax
        call    print_hex
        .endm

/*
 * An exception after the CR3 load, in the stub or in an image that has not
 * loaded an IDT of its own: say what it was on the serial port, and reset.
 *
 * In:    0(%rsp) vector, 8 error code, 16 %rip.
 * Out:   does not return.
 */
fault:
        mov     $PARKED, %rax
        cmp     %rax, %rbp
        je      parked

        say     text_vector, 0(%rsp)
        say     text_error, 8(%rsp)
        say     text_rip, 16(%rsp)
        say     text_cr2, %cr2
        lea     text_end(%rip), %rsi
        call    print_text

/* The keyboard controller, the chipset, and then a triple fault. */
reset:
        mov     $0xfe, %al
        out     %al, $0x64
        mov     $0xcf9, %edx
        mov     $0x02, %al              /* Hard reset, */
        out     %al, %dx
        mov     $0x06, %al              /* now. */
        out     %al, %dx
        lidt    ARG(idtr32)
        ud2

/* In: %rsi = text, ends with a 0.  Clobbers %rax, %rcx, %rdx, %rsi. */
print_text:
        mov     (%rsi), %al
        inc     %rsi
        test    %al, %al
        jz      1f
        call    print_char
        jmp     print_text
1:      ret

/* In: %rax = number, for 16 digits.  Clobbers %rax, %rcx, %rdx, %rdi, %r8. */
print_hex:
        mov     %rax, %r8
        mov     $16, %edi
1:      rol     $4, %r8
        mov     %r8d, %eax
        and     $0xf, %eax
        add     $'0', %al
        cmp     $'9', %al
        jbe     2f
        add     $('a' - '9' - 1), %al
2:      call    print_char
        dec     %edi
        jnz     1b
        ret

/* In: %al = character.  Clobbers %rax, %rcx, %rdx. */
print_char:
        mov     %eax, %ecx
        movzwl  ARG(serial_port), %edx
        test    %edx, %edx
        jz      3f
        push    %rdi
        mov     $UART_TRIES, %edi
        add     $UART_LSR, %edx
1:      in      %dx, %al
        test    $UART_LSR_THRE, %al
        jnz     2f
        dec     %edi
        jnz     1b
2:      sub     $(UART_LSR - UART_THR), %edx
        mov     %ecx, %eax
        out     %al, %dx
        pop     %rdi
3:      ret

text_vector:    .asciz "\r\nkexec: fault on the way to the image: vector "
text_error:     .asciz " error "
text_rip:       .asciz " rip "
text_cr2:       .asciz " cr2 "
text_end:       .asciz "\r\n"

/*
 * The descriptors of the contract, at 0x10 and 0x18: flat, present, ring 0,
 * already accessed, so that the processor does not write to them.
 */
        .balign 16
kexec_stub_gdt64:
        .quad   0
        .quad   0
        .quad   0x00af9b000000ffff      /* 0x10: 64-bit code. */
        .quad   0x00cf93000000ffff      /* 0x18: data. */

kexec_stub_gdt32:
        .quad   0
        .quad   0
        .quad   0x00cf9b000000ffff      /* 0x10: 32-bit code, 4 GiB. */
        .quad   0x00cf93000000ffff      /* 0x18: data, 4 GiB. */

/* Filled in when an image is sealed. */
        .balign 16
kexec_stub_idt:
        .skip   MACHINE_KEXEC_NR_VECTORS * 16

        .balign 16
kexec_stub_args:
        .skip   KEXEC_ARGS_sizeof

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
