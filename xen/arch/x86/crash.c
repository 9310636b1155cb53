/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping the machine in a crash.
 *
 * Other CPUs may be anywhere, so they are stopped by NMI.  They save their
 * registers and halt in Xen.  Devices are not stopped, so the IOMMU stays on,
 * with its faults masked: it keeps devices of domains other than dom0 from
 * writing to the crash area.
 */

#include <xen/console.h>
#include <xen/crash-notes.h>
#include <xen/iommu.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/pci.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/smp.h>

#include <asm/kexec_compat.h>
#include <asm/kexec_cpu.h>
#include <asm/kexec_quiesce.h>
#include <asm/machine_kexec.h>
#include <asm/nmi.h>
#include <asm/processor.h>

#if KEXEC_XEN >= 422
#include "hvm/svm/vmcb.h"
#else
#include <asm/hvm/svm/vmcb.h>
#endif

/* How long to wait for the CPUs that an NMI has been sent to. */
#define STOP_TIMEOUT_MS 1000
#define NMI_PERIOD_MS   250
/* How long then for those that took it: they may write their caches back. */
#define FLUSH_TIMEOUT_MS 10000

/* Has taken the NMI, and is not offline yet. */
static DEFINE_PER_CPU(bool, stopping);

/*
 * Other CPUs
 */

#ifdef CONFIG_HVM
/* svm/entry.S, behind the STGI that follows VMRUN. */
extern const char svm_stgi_label[];

/*
 * If an NMI with the frame @regs interrupted an HVM guest, the guest's
 * registers in *@copy; otherwise @regs.
 *
 * On Intel processors the NMI is an exit of the guest, and is handled with the
 * guest's registers except for the segments.  On AMD ones it ends VMRUN, but
 * is delivered at STGI: the frame is Xen's, and some of the guest's registers
 * are only in its VMCB.
 */
static const struct cpu_user_regs *hvm_regs(const struct cpu_user_regs *regs,
                                            struct cpu_user_regs *copy)
{
    struct vcpu *curr = current;
    struct segment_register seg;

    if ( !is_hvm_vcpu(curr) )
        return regs;

    *copy = *guest_cpu_user_regs();

    if ( IS_ENABLED(CONFIG_AMD_SVM) &&
         regs->rip == (unsigned long)svm_stgi_label )
    {
        const struct vmcb_struct *vmcb = curr->arch.hvm.svm.vmcb;

        copy->rax = vmcb->rax;
        copy->rip = vmcb->rip;
        copy->rsp = vmcb->rsp;
        copy->rflags = vmcb->rflags;
    }
    else if ( regs != guest_cpu_user_regs() )
        return regs;

    hvm_get_segment_register(curr, x86_seg_cs, &seg);
    copy->cs = seg.sel;
    hvm_get_segment_register(curr, x86_seg_ss, &seg);
    copy->ss = seg.sel;

    return copy;
}
#else
#define hvm_regs(regs, copy) (regs)
#endif

static void save_and_quiesce(const struct cpu_user_regs *regs)
{
    /* This CPU may hold a lock, or wait for one of a CPU that has stopped. */
    kexec_dying(NULL);
    kexec_expect_no_locks();

    /* If it was crashing as well, the frame of its fault says more. */
    crash_notes_save_cpu(smp_processor_id(), kexec_dying_regs() ?: regs);
    kexec_cpu_quiesce();
    kexec_cpu_reset_msrs();
    /* Before this CPU is offline, as the others do not wait afterwards. */
    kexec_cpu_flush_caches();
    kexec_stop_this_cpu();
}

/* A CPU that faults while it stops comes back here, and must not try again. */
static void noreturn save_and_stop(const struct cpu_user_regs *regs)
{
    static DEFINE_PER_CPU(bool, tried);

    /*
     * An NMI that arrives before this call runs crash_nmi(), which stops the
     * CPU.  Afterwards NMIs are ignored.
     */
    kexec_cpu_load_tables();

    this_cpu(stopping) = !this_cpu(tried);
    if ( !this_cpu(tried) )
    {
        this_cpu(tried) = true;
        save_and_quiesce(regs);
    }

    for ( ; ; )
        halt();
}

static int noreturn cf_check crash_nmi(const struct cpu_user_regs *regs,
                                       int cpu)
{
    struct cpu_user_regs __maybe_unused copy;       /* Without HVM. */

    save_and_stop(hvm_regs(regs, &copy));
}

/* NMIs may be blocked here.  If not, one must not interrupt this. */
void machine_crash_stop(void)
{
    local_irq_disable();
    save_and_stop(NULL);
}

static bool cf_check no_other_online(const void *unused)
{
    return !kexec_others_online();
}

static bool cf_check no_other_stopping(const void *unused)
{
    unsigned int cpu;

    for_each_online_cpu ( cpu )
        if ( cpu != smp_processor_id() && per_cpu(stopping, cpu) )
            return false;

    return true;
}

static void stop_others_by_nmi(void)
{
    unsigned int others = kexec_others_online(), ms = 0;

    /*
     * Another CPU that crashes may replace the callback in between, so send it
     * again to those that are still online.
     */
    do {
        set_nmi_callback(crash_nmi);
        smp_wmb();
        smp_send_nmi_allbutself();
        kexec_wait_for(no_other_online, NULL, NMI_PERIOD_MS);
        ms += NMI_PERIOD_MS;
    } while ( ms < STOP_TIMEOUT_MS && kexec_others_online() );
    kexec_wait_for(no_other_stopping, NULL, FLUSH_TIMEOUT_MS);

    /* One of them may have stopped with a lock held. */
    kexec_expect_no_locks();
    console_force_unlock();
    kexec_report_stopped(others);
}

/*
 * This CPU
 */

void machine_crash_shutdown(void)
{
    local_irq_disable();

    kexec_cpu_load_tables();
    stop_others_by_nmi();

    iommu_crash_shutdown();
    iommu_quiesce();

    kexec_stop_last_cpu();
    /* If this CPU crashed with the lock, it may have changed half the list. */
    kexec_quiesce_devices(!pcidevs_locked());
    kexec_drain_local_apic();
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
