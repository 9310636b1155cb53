/* SPDX-License-Identifier: GPL-2.0-only */
/* What the notes of a dump say. */
#ifndef XEN_VMCORE_NOTES_H
#define XEN_VMCORE_NOTES_H

#include "vmcore.h"

/* Registers, by their numbers in DWARF (System V ABI for x86-64, 3.6.2). */
enum reg {
    REG_RAX, REG_RDX, REG_RCX, REG_RBX, REG_RSI, REG_RDI, REG_RBP, REG_RSP,
    REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15,
    REG_RIP,
    NR_REGS,
};

extern const char *const reg_names[NR_REGS];

struct cpu {
    uint64_t regs[NR_REGS];
    uint64_t rflags, cs, ss;
    bool has_control;
    uint64_t cr0, cr2, cr3, cr4;
};

/* A CPU that saved nothing has zeros: it was not up, or did not answer. */
bool cpu_has_registers(const struct cpu *cpu);

/* struct crash_xen_info, xen/include/xen/elfcore.h. */
struct xen_info {
    uint64_t major, minor;
    uint64_t extra_version, changeset, compiler, compile_date, compile_time;
    uint64_t tainted;
    uint64_t phys_start, p2m_frame_lists;
};

/* Lines "KEY=VALUE"; a copy, so that it ends with a 0. */
struct vmcoreinfo {
    struct text text;
};

struct notes {
    struct cpu *cpus;           /* By CPU number. */
    size_t nr_cpus;
    bool has_xen_info;
    struct xen_info xen_info;
    struct vmcoreinfo xen, dom0;
    bool damaged;               /* Some could not be read. */
};

void notes_read(struct vmcore *vmcore, struct notes *notes);
void notes_free(struct notes *notes);

/*
 * The value behind KEY=, to the end of the line; NULL, or how long it is in
 * @bytes.
 */
const char *vmcoreinfo_value(const struct vmcoreinfo *info, const char *key,
                             size_t *bytes);
/* SYMBOL(), SIZE(), OFFSET(), NUMBER() of a name; "a.b" for an offset. */
bool vmcoreinfo_number(const struct vmcoreinfo *info, const char *kind,
                       const char *name, uint64_t *value);

#endif /* XEN_VMCORE_NOTES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
