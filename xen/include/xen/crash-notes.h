/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF notes for the reader of a dump.  dom0 learns their addresses through the
 * hypercall, before any crash.
 */
#ifndef XEN__CRASH_NOTES_H
#define XEN__CRASH_NOTES_H

#include <xen/elfcore.h>
#include <xen/maddr-range.h>

struct cpu_user_regs;

/*
 * Where the notes of @cpu are.  Without a crash area, or without memory for
 * them, this is an empty list of notes.  -ERANGE: there is no such CPU.
 */
int crash_notes_cpu_range(unsigned int cpu, struct maddr_range *range);

/*
 * Write the registers of @cpu to its notes, on that CPU: the control
 * registers, and the general registers of @regs, or the caller's if it is
 * NULL.  Only the first call for a CPU writes.
 */
void crash_notes_save_cpu(unsigned int cpu, const struct cpu_user_regs *regs);

/* Write the note about Xen itself.  Once, by the CPU that crashed. */
void crash_notes_save_xen(void);

/* Fill in the architecture's part of the note about Xen. */
void arch_crash_xen_info(crash_xen_info_t *info);

/* Overwrite the registers of a note with those of @regs. */
void arch_crash_user_regs(ELF_Gregset *note, const struct cpu_user_regs *regs);

#endif /* XEN__CRASH_NOTES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
