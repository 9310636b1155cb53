/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of one CPU on its way out of Xen.  All of this is for the
 * calling CPU, takes no lock and allocates nothing.
 */
#ifndef X86_KEXEC_CPU_H
#define X86_KEXEC_CPU_H

/*
 * Load Xen's own GDT, which every page table of Xen's maps, and an IDT that
 * ignores NMIs, machine checks and interrupts, and uses no IST.  Interrupts
 * off.  For good: no guest can run on this CPU afterwards.
 */
void kexec_cpu_load_tables(void);

/*
 * Switch off what acts by itself: breakpoints, CPUID faulting and masking,
 * branch and processor tracing, performance counters; and end a machine check
 * in progress.  Exceptions must reach handlers, for MSRs that may be missing.
 */
void kexec_cpu_quiesce(void);

/*
 * Give the MSRs that Xen sets the values that the contract promises.  Xen's
 * mappings with a memory type of PAT entries 4 to 7 must not be used any more.
 */
void kexec_cpu_reset_msrs(void);

/*
 * Write back and invalidate the caches where the processor can encrypt memory
 * and does not keep encrypted and plain copies of a line coherent.
 */
void kexec_cpu_flush_caches(void);

#endif /* X86_KEXEC_CPU_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
