/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers that Xen's entry code saves: struct cpu_user_regs. */
#ifndef XEN_VMCORE_SAVED_H
#define XEN_VMCORE_SAVED_H

#include "notes.h"

/* xen/include/public/arch-x86/xen-x86_64.h */
enum {
    SAVED_R15, SAVED_R14, SAVED_R13, SAVED_R12, SAVED_RBP, SAVED_RBX,
    SAVED_R11, SAVED_R10, SAVED_R9, SAVED_R8, SAVED_RAX, SAVED_RCX,
    SAVED_RDX, SAVED_RSI, SAVED_RDI, SAVED_VECTOR, SAVED_RIP, SAVED_CS,
    SAVED_RFLAGS, SAVED_RSP, SAVED_SS,
    NR_SAVED,
};

struct saved {
    uint64_t words[NR_SAVED];
};

/* The general registers and RIP, in DWARF's order. */
void saved_regs(const struct saved *saved, uint64_t regs[NR_REGS]);

#endif /* XEN_VMCORE_SAVED_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
