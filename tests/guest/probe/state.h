/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the entry code keeps what it found: indices into state[], an array of
 * 64-bit words in both modes, for assembly and C alike.
 */
#ifndef TESTS_GUEST_STATE_H
#define TESTS_GUEST_STATE_H

/* In the order of the register numbers of the instruction set. */
#define ST_AX       0
#define ST_CX       1
#define ST_DX       2
#define ST_BX       3
#define ST_SP       4
#define ST_BP       5
#define ST_SI       6
#define ST_DI       7
#define ST_R8       8
#define ST_GPRS     16
#define ST_FLAGS    16
#define ST_CR0      17
#define ST_CR2      18
#define ST_CR3      19
#define ST_CR4      20
#define ST_CR8      21
#define ST_DR6      22
#define ST_DR7      23
#define ST_CS       24
#define ST_DS       25
#define ST_ES       26
#define ST_SS       27
#define ST_FS       28
#define ST_GS       29
#define ST_LDTR     30
#define ST_TR       31
#define ST_GDTR     32      /* Limit at +0, base at +2; two words. */
#define ST_IDTR     34
#define ST_STACK    36      /* The word at 0(sp). */
#define ST_TAIL     37      /* Bytes of bss left when one was not 0. */
#define ST_IP       38      /* Where the image was entered. */
#define ST_DR0      39      /* To DR3: four words. */
#define ST_BASES    43      /* 32-bit: bits that differ through a segment. */
#define ST_WRITES   44      /* 32-bit: segments that could be written to. */
#define ST_TSC      45      /* Next to the first instruction. */
#define ST_WORDS    47      /* One word more, which the flags go through. */

#define STATE(nr)   (state + 8 * (nr))

/* The probe's own GDT. */
#define SEL_CODE    0x10
#define SEL_DATA    0x18

#define MULTIBOOT_ENTRY_MAGIC 0x2badb002

/* Canonical, and beyond the memory of any machine. */
#define FAULT_ADDRESS 0x7ff123456789

#endif /* TESTS_GUEST_STATE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
