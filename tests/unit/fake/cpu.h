/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A processor: what CPUID says, and what has been written to its registers.
 */
#ifndef FAKE_CPU_H
#define FAKE_CPU_H

#include <shadow.h>

/* Nothing written, and a processor of that vendor without any feature. */
void cpu_reset(unsigned int vendor, unsigned int family);

/* Let CPUID answer for a leaf; others answer 0. */
void cpu_set_leaf(uint32_t leaf, uint32_t eax, uint32_t ebx, uint32_t ecx);

/* X86_FEATURE_* that boot_cpu_has() has, a bit for each. */
extern unsigned int cpu_features;

/* What was written, in its order. */
enum cpu_what {
    CPU_MSR, CPU_DEBUGREG, CPU_GDT, CPU_IDT, CPU_CR4, CPU_WBINVD,
    /* And besides, where fake/stop.c is: */
    CPU_STOPPED, APIC_ICR, APIC_IS_IDLE, DELAY_MS,
};
extern struct cpu_write {
    enum cpu_what what;
    uint32_t nr;                /* MSR, debug register, or which CPU. */
    uint64_t value;             /* Or the table's base. */
    uint16_t limit;
} cpu_writes[];
extern unsigned int nr_cpu_writes;

void cpu_take_down(struct cpu_write write);

/* In fake/stop.c: so long CPU 1 writes its caches back. */
extern unsigned int flush_ms;

/* The last write of that register, or NULL. */
const struct cpu_write *cpu_written(enum cpu_what what, uint32_t nr);

/* The MSR that can be read. */
extern struct cpu_msr {
    uint32_t nr;
    uint64_t value;
} cpu_msr;

/*
 * Enter a handler as the processor does, with a frame on the stack.  It has to
 * return there with all registers as they were.
 */
void cpu_interrupt(void (*handler)(void));

/* MSRs that raise #GP are written with wrmsr_safe() only. */
void cpu_forbid_msrs(uint32_t first, uint32_t last);

/*
 * Behind ctxt_switch_levelling(), leaving Xen does to a processor what a test
 * cannot do: it is the way out with CRASHED, unless this is set.
 */
extern bool cpu_stays;

#endif /* FAKE_CPU_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
