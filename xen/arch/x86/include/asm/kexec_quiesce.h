/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quiescing the machine on the way to an image: what a reboot and a crash have
 * in common.  All of this runs with interrupts off and allocates nothing.
 */
#ifndef ASM__X86__KEXEC_QUIESCE_H
#define ASM__X86__KEXEC_QUIESCE_H

#include <xen/types.h>

#ifdef CONFIG_KEXEC

/*
 * Channel 0 of the 8254 as firmware left it: record its mode before Xen sets
 * it, restore it on the way out.
 */
void pit_record(void);
void pit_restore(void);

/* Wait until @done(@arg), at most @limit_ms milliseconds. */
void kexec_wait_for(bool (*done)(const void *arg), const void *arg,
                    unsigned int limit_ms);

/*
 * Online CPUs besides this one.  This one may not be online: it may have
 * crashed while it came up.
 */
unsigned int kexec_others_online(void);

/* Log how many of @others CPUs have stopped, and which have not. */
void kexec_report_stopped(unsigned int others);

/*
 * Mask and disable what sends interrupts, on the CPU that goes on.  @msis:
 * walk the list of PCI devices, if no other CPU has its lock.
 */
void kexec_quiesce_devices(bool msis);

/*
 * Leave this CPU's local APIC as firmware left it, and switch virtualisation
 * off.  No other CPU may need an IPI of this one any more.
 */
void kexec_stop_this_cpu(void);

/* The same for the last CPU that runs, which still accesses its APIC. */
void kexec_stop_last_cpu(void);

/*
 * Take the interrupts that are pending in the local APIC.  Their sources are
 * off, and the IDT is that of kexec_cpu_load_tables().  Enables interrupts for
 * an instruction at a time.
 */
void kexec_drain_local_apic(void);

#else /* !CONFIG_KEXEC */

static inline void pit_record(void) {}

#endif

#endif /* ASM__X86__KEXEC_QUIESCE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
