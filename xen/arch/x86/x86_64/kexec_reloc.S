/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The relocation stub: from Xen's page tables to the image's first
 * instruction.
 *
 * machine_kexec_seal() copies this page to the first page of an image's
 * control area and fills in its arguments and gates.  It is position
 * independent, for the copy runs at two addresses:
 *
 *   the alias             in Xen's tables and in the image's
 *   its machine address   in the image's tables, where virtual == machine
 *
 * The image's tables map everything that the stub uses from the CR3 load on
 * (invariant 4): this page and the next one, the plan, its sources and its
 * destinations, and the registers of a UART in memory.
 *
 * A CPU that parks goes the same way until nothing it uses is Xen's.
 */

        .file __FILE__

#include <asm/asm_defns.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_stub.h>
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

/* In %rbp of a parked CPU, for the exception handlers to tell. */
#define PARKED          0x004465686372617000

/* What is copied at a time. */
#define LINE_SHIFT      6
#define LINE_BYTES      (1 << LINE_SHIFT)
#define LINES_AHEAD     0x1000      /* The distance of the prefetch. */

/* Polls before the stub gives up a UART that does not get ready. */
#define UART_TRIES      0x100000

/* A field of the arguments, which are in this page. */
#define ARG(field)      (kexec_stub_args + KEXEC_ARGS_ ## field)(%rip)

        .section .text.kexec, "ax", @progbits
        .code64

/*
 * In:    %edi: 0 to enter the image, 1 to park this CPU.
 *        Running at the alias, on tables of Xen's, with interrupts off and
 *        CR4.PCIDE and CR4.CET clear.
 * Out:   at identity_mapped, on the image's tables, %edi as it was, with
 *        %rbx = control area, %rbp = PARKED or 0, %rsi = stack.
 * Stack: Xen's.  Not used, and not mapped after the CR3 load.
 * IDT:   Xen's.  Not mapped after the CR3 load: an exception or an NMI from
 *        there until the lidt is a triple fault.  So everything that can be
 *        done before the CR3 load is.
 */
FUNC(kexec_reloc, PAGE_SIZE)
        /* Global entries of Xen's tables would survive the CR3 load. */
        mov     %cr4, %rax
        and     $~X86_CR4_PGE, %rax
        mov     %rax, %cr4

        mov     ARG(root), %rax
        mov     ARG(control), %rbx
        lea     identity_mapped - kexec_reloc(%rbx), %rdx
        lea     KEXEC_STUB_PARK_STACK(%rbx), %rsi
        mov     $PARKED, %rbp
        test    %edi, %edi
        jnz     1f
        lea     KEXEC_STUB_STACK_TOP(%rbx), %rsi
        xor     %ebp, %ebp
1:
        /* Both tables map this page at this address, so both map the jmp. */
        mov     %rax, %cr3
        jmp     *%rdx
END(kexec_reloc)

/*
 * In:    %edi, %rbx, %rbp, %rsi as above.  Virtual == machine.
 * Out:   at run_plan, or parked.  Descriptor tables, segments, control and
 *        debug registers and FPU as the contract has them for 64-bit images.
 * Stack: from here on the control area's second page.
 * IDT:   the stub's, from the lidt on.  A handler returns from an NMI to the
 *        stub's code segment only: until the iretq, an NMI is still fatal.
 *
 * Parked CPUs share a stack.  Only a stray NMI or machine check uses it, and
 * goes to parked without reading it.  So they must not execute the iretq, and
 * keep a CS whose descriptor is cached.
 *
 * If an NMI handler has led here, the iretq also unblocks NMIs (Intel SDM
 * vol. 3A, section 7.7.1).
 */
FUNC_LOCAL(identity_mapped)
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

        /* Loading FS and GS also sets their bases to 0. */
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

        mov     $DR7_RESET, %eax        /* First: disables breakpoints. */
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
        jmp     park
END(identity_mapped)

/*
 * All other CPUs wait for INIT here: in the image's control area, which no
 * copy overwrites (invariant 9).  From parked on, they use neither stack nor
 * data.
 */
FUNC_LOCAL(park)
        lock incl ARG(nr_parked)
parked:
        cli
        hlt
        jmp     parked
END(park)

/*
 * In:    %rbx = control area.  The contract's state of a 64-bit image, except
 *        for general registers and flags.
 * Out:   at enter_64bit or enter_32bit, with the whole plan carried out.
 * Clobb: all but %rbx, %rsp.
 *
 * Plan pages, sources and destinations are disjoint and identity mapped.
 * Images are larger than caches, so whole cache lines are written by
 * non-temporal stores, which do not read them first.  Every 64-bit processor
 * has such stores of integer registers, and they work with SSE off.
 */
FUNC_LOCAL(run_plan)
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

        /* Copy up to the destination's first whole line, or to its end. */
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
         * Non-temporal stores are weakly ordered.  And they have written code:
         * serialise before it is fetched (Intel SDM vol. 3A, section 10.1.3).
         */
        sfence
        mov     %rbx, %r8
        xor     %eax, %eax
        cpuid
        mov     %r8, %rbx

        testl   $KEXEC_STUB_32BIT, ARG(flags)
        jnz     enter_32bit
        jmp     enter_64bit
END(run_plan)

/*
 * In:    the contract's state, except for general registers, flags and
 *        0(%rsp).
 * Out:   the image.
 *
 * The word at the stack pointer is 0.  kexec-tools' purgatory takes any other
 * for a return address, and adds kexec_jump_back_entry= to the command line.
 */
FUNC_LOCAL(enter_64bit)
        movq    $0, (%rsp)
        xor     %eax, %eax
        xor     %ebx, %ebx
        xor     %ecx, %ecx
        xor     %edx, %edx
        mov     ARG(arg), %rsi
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
END(enter_64bit)

/*
 * In:    as enter_64bit, with %rbx = control area, below 4 GiB.
 * Out:   at compat_mode: 32-bit code, still with paging.
 * IDT:   the 64-bit one.  From the lgdt on, the selector of its gates is not
 *        64-bit code any more: an exception or an NMI is a triple fault until
 *        the image has loaded an IDT of its own.
 */
FUNC_LOCAL(enter_32bit)
        /* 0(%esp) at the entry, and below it the address for the ret. */
        mov     ARG(entry), %rax
        movq    $0, (%rsp)
        sub     $4, %rsp
        mov     %eax, (%rsp)

        pushq   $SEL_CODE
        lea     compat_mode(%rip), %rax
        push    %rax
        lgdt    ARG(gdtr32)
        lretq
END(enter_32bit)

        .code32
/*
 * In:    %ebx = control area, 0(%esp) = the image's entry.  Compatibility mode
 *        on the identity map.  The data segments are still those of the other
 *        GDT, whose descriptor is the same.
 * Out:   the image, with paging off.
 */
FUNC_LOCAL(compat_mode)
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
END(compat_mode)

/*
 * The handlers that the gates lead to: one for each exception vector, 16 bytes
 * apart.
 *
 * Out:   at fault, with the vector and an error code on the stack; at nmi,
 *        with neither.
 */
FUNC(kexec_stub_handlers, 16)
        vector = 0
        .rept   KEXEC_STUB_NR_VECTORS
        .balign 16
        .if     vector == X86_EXC_NMI
        jmp     nmi
        .else
        .if     !((KEXEC_STUB_ERROR_CODES >> vector) & 1)
        pushq   $0
        .endif
        pushq   $vector
        jmp     fault
        .endif
        vector = vector + 1
        .endr
END(kexec_stub_handlers)

/*
 * Ignore an NMI.  A parked CPU does not return from it: another one may have
 * overwritten the frame.
 *
 * Out:   where it came from, or at parked.
 */
FUNC_LOCAL(nmi)
        push    %rax
        mov     $PARKED, %rax
        cmp     %rax, %rbp
        pop     %rax
        je      parked
        iretq
END(nmi)

/* Print a text and a number.  Clobbers %rax, %rcx, %rdx, %rsi, %rdi, %r8. */
        .macro  say text, value
        lea     \text(%rip), %rsi
        call    print_text
        mov     \value, %rax
        call    print_hex
        .endm

/*
 * An exception in the stub, or in an image that has not loaded an IDT of its
 * own: report it on the serial port, and reset.
 *
 * In:    0(%rsp) vector, 8 error code, 16 %rip.
 * Out:   does not return.
 */
FUNC_LOCAL(fault)
        mov     $PARKED, %rax
        cmp     %rax, %rbp
        je      parked

        say     text_vector, 0(%rsp)
        say     text_error, 8(%rsp)
        say     text_rip, 16(%rsp)
        say     text_cr2, %cr2
        lea     text_end(%rip), %rsi
        call    print_text

        /* Reset: by keyboard controller, by chipset, by triple fault. */
        mov     $0xfe, %al
        out     %al, $0x64
        mov     $0xcf9, %edx
        mov     $0x02, %al              /* Hard reset, */
        out     %al, %dx
        mov     $0x06, %al              /* now. */
        out     %al, %dx
        lidt    ARG(idtr32)
        ud2
END(fault)

/* In: %rsi = text, ends with a 0.  Clobbers %rax, %rcx, %rdx, %rsi. */
FUNC_LOCAL(print_text)
        mov     (%rsi), %al
        inc     %rsi
        test    %al, %al
        jz      1f
        call    print_char
        jmp     print_text
1:      ret
END(print_text)

/* In: %rax = number, for 16 digits.  Clobbers %rax, %rcx, %rdx, %rdi, %r8. */
FUNC_LOCAL(print_hex)
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
END(print_hex)

/*
 * In: %al = character.  Clobbers %rax, %rcx, %rdx.
 *
 * A UART that does not get ready gets no more characters.  Nor does one whose
 * registers cannot be accessed: an image may have left the tables that map
 * them, and the fault leads here again.
 */
FUNC_LOCAL(print_char)
        movzbl  %al, %ecx
        xor     %edx, %edx
        xchg    %rdx, ARG(uart_base)
        test    %rdx, %rdx
        jz      10f
        push    %rdi
        mov     $UART_TRIES, %edi

        /* A width of 0 is an I/O port. */
        mov     ARG(uart_lsr), %eax
        add     %rax, %rdx
1:      cmpb    $1, ARG(uart_width)
        jb      2f
        je      3f
        mov     (%rdx), %eax
        jmp     4f
2:      in      %dx, %al
        jmp     4f
3:      mov     (%rdx), %al
4:      not     %al
        test    %al, ARG(uart_ready)
        jz      5f
        dec     %edi
        jnz     1b
        jmp     9f

        /* The register to write to is the first. */
5:      mov     ARG(uart_lsr), %eax
        sub     %rax, %rdx
        cmpb    $1, ARG(uart_width)
        mov     %ecx, %eax
        jb      6f
        je      7f
        mov     %eax, (%rdx)
        jmp     8f
6:      out     %al, %dx
        jmp     8f
7:      mov     %al, (%rdx)
8:      mov     %rdx, ARG(uart_base)

9:      pop     %rdi
10:     ret
END(print_char)

text_vector:    .asciz "\r\nkexec: fault on the way to the image: vector "
text_error:     .asciz " error "
text_rip:       .asciz " rip "
text_cr2:       .asciz " cr2 "
text_end:       .asciz "\r\n"

/*
 * The descriptors of the contract, at 0x10 and 0x18: flat, present, ring 0.
 * They are marked as accessed, so that the processor does not write to them.
 */
DATA(kexec_stub_gdt64, 16)
        .quad   0
        .quad   0
        .quad   0x00af9b000000ffff      /* 0x10: 64-bit code. */
        .quad   0x00cf93000000ffff      /* 0x18: data. */
END(kexec_stub_gdt64)

DATA(kexec_stub_gdt32, 16)
        .quad   0
        .quad   0
        .quad   0x00cf9b000000ffff      /* 0x10: 32-bit code, 4 GiB. */
        .quad   0x00cf93000000ffff      /* 0x18: data, 4 GiB. */
END(kexec_stub_gdt32)

/* machine_kexec_seal() fills in these two. */
DATA(kexec_stub_idt, 16)
        .skip   KEXEC_STUB_NR_VECTORS * 16
END(kexec_stub_idt)

DATA(kexec_stub_args, 16)
        .skip   KEXEC_ARGS_sizeof
END(kexec_stub_args)

/*
 * Local variables:
 * mode: asm
 * indent-tabs-mode: nil
 * End:
 */
