/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The registers of one CPU on its way out of Xen.
 *
 * The stub resets the registers that every CPU has.  This file resets those
 * that depend on the processor, or that Xen or a guest has enabled.
 */

#include <xen/init.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/smp.h>

#include <asm/debugreg.h>
#include <asm/desc.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_cpu.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/system.h>
#include <asm/xstate.h>

/* Bits 32 to 34 of a gate: Intel SDM vol. 3A, 7.14.1. */
#define GATE_IST            (7UL << 32)

/* CPUID 0xa, EAX: Intel SDM vol. 3B, 21.2. */
#define PERFMON_LEAF        0xa
#define PERFMON_VERSION     0x000000ff
#define PERFMON_COUNTERS    0x0000ff00

/* Of P6 processors without that leaf: Intel SDM vol. 3B, 21.6.9. */
#define P6_COUNTERS         2

/* Counter configurations of NetBurst processors: Intel SDM vol. 4, 2.16. */
#define P4_COUNTERS         18

/*
 * AMD APM vol. 2, 13.2, and vol. 3, E.4: four counters; six with
 * CPUID 0x80000001 ECX[23]; with CPUID 0x80000022 EAX[0], as many as EBX[3:0]
 * says and a switch for all of them.
 */
#define K7_COUNTERS         4
#define EXTENDED_COUNTERS   6
#define CPUID1_PERFCTR_CORE (1U << 23)
#define AMD_PERFMON_LEAF    0x80000022U
#define AMD_PERFMON_V2      (1U << 0)
#define AMD_PERFMON_CORE    0xfU
#define MSR_AMD_PERF_GLOBAL 0xc0000301U

/* CPUID 0x8000001f, EAX: AMD APM vol. 3, E.4.17. */
#define ENCRYPTION_LEAF     0x8000001fU
#define ENCRYPTION_SME      (1U << 0)
#define ENCRYPTION_COHERENT (1U << 10)

/* kexec_mce.S */
void kexec_ignore_mce(void);

static idt_entry_t __ro_after_init idt[X86_IDT_VECTORS];

/*
 * No gate may use an IST stack on the way out.  A crash may come from a
 * handler that runs on one: an NMI would overwrite that stack, and as the
 * token of its shadow stack is busy, would become a double fault.  On AMD
 * processors TR is the guest's while an HVM vCPU is loaded.
 */
static int __init cf_check kexec_cpu_init(void)
{
    unsigned int vector;

    for ( vector = 0; vector < X86_IDT_VECTORS; vector++ )
    {
        bool ignored = vector == X86_EXC_NMI || vector == X86_EXC_MC ||
                       vector == X86_EXC_SPV || vector >= X86_EXC_NUM;

        /* #DE's is an interrupt gate of ring 0, which is all that is used. */
        idt[vector] = bsp_idt[ignored ? X86_EXC_DE : vector];
        idt[vector].a &= ~GATE_IST;
        if ( ignored )
            _update_gate_addr_lower(&idt[vector], vector == X86_EXC_MC
                                                  ? &kexec_ignore_mce
                                                  : &trap_nop);
    }

    return 0;
}
__initcall(kexec_cpu_init);

void kexec_cpu_load_tables(void)
{
    const struct desc_ptr gdtr = {
        .base = (unsigned long)(this_cpu(gdt) - FIRST_RESERVED_GDT_ENTRY),
        .limit = LAST_RESERVED_GDT_BYTE,
    };
    const struct desc_ptr idtr = {
        .base = (unsigned long)idt,
        .limit = sizeof(idt) - 1,
    };

    ASSERT(!local_irq_is_enabled());

    lgdt(&gdtr);
    lidt(&idtr);

    /*
     * With FRED, gates mean nothing: events would go to Xen's handlers, on
     * stacks that go with Xen.  Clearing the bit makes them use the IDT.
     */
    if ( read_cr4() & X86_CR4_FRED )
        write_cr4(read_cr4() & ~X86_CR4_FRED);
}

static void clear_msrs(unsigned int msr, unsigned int nr, unsigned int step)
{
    for ( ; nr; nr--, msr += step )
        wrmsr_safe(msr, 0);
}

/*
 * Write the reset value to the global control: all counters enabled.  Software
 * that does not know this MSR expects that.
 */
static void stop_intel_counters(void)
{
    uint32_t eax = boot_cpu_data.cpuid_level >= PERFMON_LEAF
                   ? cpuid_eax(PERFMON_LEAF) : 0;
    unsigned int version = MASK_EXTR(eax, PERFMON_VERSION);

    if ( boot_cpu_data.x86 == 15 )
        clear_msrs(MSR_P4_BPU_CCCR0, P4_COUNTERS, 1);
    else if ( version )
    {
        unsigned int nr = MASK_EXTR(eax, PERFMON_COUNTERS);

        clear_msrs(MSR_P6_EVNTSEL(0), nr, 1);
        if ( version > 1 )
        {
            wrmsr_safe(MSR_CORE_PERF_FIXED_CTR_CTRL, 0);
            wrmsr_safe(MSR_CORE_PERF_GLOBAL_CTRL, (1UL << nr) - 1);
        }
    }
    else
        clear_msrs(MSR_P6_EVNTSEL(0), P6_COUNTERS, 1);

    if ( boot_cpu_has(X86_FEATURE_DS) )
        wrmsr_safe(MSR_IA32_PEBS_ENABLE, 0);
    if ( cpu_has_proc_trace )
        wrmsr_safe(MSR_RTIT_CTL, 0);
}

static void stop_amd_counters(void)
{
    unsigned int nr = EXTENDED_COUNTERS;
    bool global;

    /* These alias the first of the extended counters. */
    clear_msrs(MSR_K7_EVNTSEL0, K7_COUNTERS, 1);

    if ( !(cpuid_ecx(0x80000001U) & CPUID1_PERFCTR_CORE) )
        return;

    global = cpuid_eax(0x80000000U) >= AMD_PERFMON_LEAF &&
             (cpuid_eax(AMD_PERFMON_LEAF) & AMD_PERFMON_V2);
    if ( global )
        nr = MASK_EXTR(cpuid_ebx(AMD_PERFMON_LEAF), AMD_PERFMON_CORE);

    clear_msrs(MSR_AMD_FAM15H_EVNTSEL0, nr, 2);
    if ( global )
        wrmsr_safe(MSR_AMD_PERF_GLOBAL, (1UL << nr) - 1);
}

void kexec_cpu_quiesce(void)
{
    /* A guest's breakpoints stay enabled while Xen runs. */
    write_debugreg(7, 0UL);

    /*
     * Undo the guest's CPUID faulting and masking: the leaves that are read
     * below have to be the processor's.
     */
    ctxt_switch_levelling(NULL);

    wrmsr_safe(MSR_IA32_DEBUGCTLMSR, 0);

    /* While one machine check is in progress, another one is a shutdown. */
    wrmsr_safe(MSR_IA32_MCG_STATUS, 0);

    if ( boot_cpu_data.x86_vendor & (X86_VENDOR_AMD | X86_VENDOR_HYGON) )
        stop_amd_counters();
    else
        stop_intel_counters();
}

void kexec_cpu_reset_msrs(void)
{
    /*
     * They slow the image down, which may set them itself.  A CPU that crashes
     * before its microcode is loaded may lack the MSR.
     */
    if ( boot_cpu_has(X86_FEATURE_IBRSB) || boot_cpu_has(X86_FEATURE_IBRS) )
        wrmsr_safe(MSR_SPEC_CTRL, 0);

    /* The last guest's class of service may use only a part of the cache. */
    if ( boot_cpu_has(X86_FEATURE_PQE) )
        wrmsr_safe(MSR_IA32_PSR_ASSOC, 0);

    if ( cpu_has_xsave )
        asm volatile ( "xsetbv" :: "a" (X86_XCR0_X87), "c" (0), "d" (0) );
    if ( cpu_has_xsaves )
        wrmsr_safe(MSR_IA32_XSS, 0);

    wrmsrl(MSR_IA32_CR_PAT, MSR_IA32_CR_PAT_RESET);
}

void kexec_cpu_flush_caches(void)
{
    uint32_t eax = cpuid_eax(0x80000000U) >= ENCRYPTION_LEAF
                   ? cpuid_eax(ENCRYPTION_LEAF) : 0;

    if ( (eax & ENCRYPTION_SME) && !(eax & ENCRYPTION_COHERENT) )
        wbinvd();
}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
