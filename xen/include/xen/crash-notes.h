/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a crash leaves for the reader of the dump: ELF notes in memory whose
 * addresses dom0 learns, through the hypercall, before any crash.
 */
#ifndef XEN_CRASH_NOTES_H
#define XEN_CRASH_NOTES_H

#include <xen/elfcore.h>
#include <xen/maddr-range.h>

struct cpu_user_regs;

/* Bytes of the vmcoreinfo note, header included: a page of its own. */
#define VMCOREINFO_BYTES 4096

/*
 * Where the notes of @cpu are.  Without a crash area, or memory for them, they
 * are a header of zeroes, which ends a list of notes.  -ERANGE: there can be
 * no such CPU.
 */
int crash_notes_cpu_range(unsigned int cpu, struct maddr_range *range);

/* Where the vmcoreinfo note is; complete since boot. */
struct maddr_range crash_notes_vmcoreinfo_range(void);

/*
 * Write the registers of @cpu to its notes; only the first time.  On that
 * CPU, for control registers are read.  @regs are general registers at the
 * time that matters, or NULL for those of the caller.
 */
void crash_notes_save_cpu(unsigned int cpu, const struct cpu_user_regs *regs);

/* Write the note about Xen itself.  Once, by the CPU that crashed. */
void crash_notes_save_xen(void);

/* Add a line to vmcoreinfo. */
void vmcoreinfo_append(const char *fmt, ...)
    __attribute__((__format__(__printf__, 1, 2)));

/* Add the architecture's lines. */
void arch_vmcoreinfo(void);

/* Add where the console ring is, and the table of symbols. */
void console_vmcoreinfo(void);
void symbols_vmcoreinfo(void);

/* Fill in the architecture's part of the note about Xen. */
void arch_crash_xen_info(crash_xen_info_t *info);

/* Overwrite what @regs knows in the registers of a note. */
void arch_crash_user_regs(ELF_Gregset *note, const struct cpu_user_regs *regs);

#define VMCOREINFO_SYMBOL(name) VMCOREINFO_SYMBOL_ALIAS(name, name)
#define VMCOREINFO_SYMBOL_ALIAS(alias, name) \
    vmcoreinfo_append("SYMBOL(%s)=%lx\n", #alias, (unsigned long)&(name))
#define VMCOREINFO_SIZE(type) \
    vmcoreinfo_append("SIZE(%s)=%zu\n", #type, sizeof(struct type))
#define VMCOREINFO_NUMBER(name) \
    vmcoreinfo_append("NUMBER(%s)=%ld\n", #name, (long)(name))
/* The reader's @field may be a member of a member here. */
#define VMCOREINFO_OFFSET(type, field, member) \
    vmcoreinfo_append("OFFSET(%s.%s)=%zu\n", #type, #field, \
                      offsetof(struct type, member))

#endif /* XEN_CRASH_NOTES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
