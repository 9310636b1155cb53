/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What machine_kexec.c tells the relocation stub, kexec_reloc.S: where things
 * are in the control area, and the stub's arguments.
 */
#ifndef ASM__X86__KEXEC_STUB_H
#define ASM__X86__KEXEC_STUB_H

/* Stack pointer at the image's entry, from the start of the control area. */
#define KEXEC_STUB_STACK_TOP    0x1ff0
/* The same for a parked CPU, which needs a stack for a stray NMI only. */
#define KEXEC_STUB_PARK_STACK   0x1200

/*
 * Exception vectors, and those of them that push an error code: Intel SDM
 * vol. 3A, table 7-1, and AMD APM vol. 2, section 8.2, for 21, 29 and 30.
 */
#define KEXEC_STUB_NR_VECTORS   32
#define KEXEC_STUB_ERROR_CODES  0x60227d00

/* Bits of kexec_stub_args.flags. */
#define KEXEC_STUB_32BIT        0x1 /* Enter the image as 32-bit code. */

#ifndef __ASSEMBLER__

#include <xen/types.h>

/* A pseudo-descriptor, for lgdt and lidt in 64-bit mode. */
struct __packed kexec_stub_dtr {
    uint16_t limit;
    uint64_t base;
};

/* In the stub's copy, at its end. */
struct kexec_stub_args {
    uint64_t control_maddr;
    uint64_t root_maddr;
    uint64_t entry_maddr;
    uint64_t entry_arg;         /* RSI at a 64-bit entry. */
    uint64_t uart_base;         /* Of a 16550, for faults; 0 if none. */
    uint32_t uart_lsr;          /* Its line status register, from there. */
    uint32_t flags;             /* KEXEC_STUB_* */
    uint8_t uart_width;         /* Of accesses to memory; 0: an I/O port. */
    uint8_t uart_ready;         /* The LSR's bits if it takes a character. */
    struct kexec_stub_dtr gdtr64, gdtr32, idtr, idtr32;

    /*
     * From here on it changes after the image was sealed.  Parked CPUs dirty
     * the cache line of nr_parked; the last CPU takes it over with mxcsr.
     */
    uint64_t plan_maddr;        /* First page of the plan, 0 if none. */
    uint32_t nr_parked;         /* Parked CPUs, which count themselves. */
    uint32_t mxcsr;             /* Memory for the stub's ldmxcsr. */
};

#endif /* !__ASSEMBLER__ */

#endif /* ASM__X86__KEXEC_STUB_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
