/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of the calling CPU on its way out of Xen.  None of this takes
 * a lock or allocates.
 */
#ifndef ASM__X86__KEXEC_CPU_H
#define ASM__X86__KEXEC_CPU_H

/*
 * Load Xen's own GDT, which all of Xen's page tables map, and an IDT that
 * ignores NMIs, machine checks and interrupts, and uses no IST; from then on
 * events are delivered by it, not by FRED.  Interrupts are off.  No guest can
 * run on this CPU afterwards.
 */
void kexec_cpu_load_tables(void);

/*
 * Switch off breakpoints, CPUID faulting and masking, branch and processor
 * tracing and performance counters, and end a machine check in progress.
 * Exception handlers must work, for MSRs that do not exist.
 */
void kexec_cpu_quiesce(void);

/*
 * Reset the MSRs that Xen sets to the values of the contract.  Do not use
 * mappings whose memory type is one of PAT's entries 4 to 7 afterwards.
 */
void kexec_cpu_reset_msrs(void);

/*
 * Write back and invalidate the caches if the processor can encrypt memory and
 * does not keep encrypted and plain copies of a line coherent.
 */
void kexec_cpu_flush_caches(void);

#endif /* ASM__X86__KEXEC_CPU_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
