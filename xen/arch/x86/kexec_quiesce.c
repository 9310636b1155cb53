/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Quiescing the machine on the way to an image: what a reboot
 * (kexec_reboot.c) and a crash (crash.c) have in common.
 */

#include <xen/delay.h>
#include <xen/lib.h>
#include <xen/pci.h>
#include <xen/sched.h>
#include <xen/smp.h>

#include <asm/apic.h>
#include <asm/hpet.h>
#include <asm/io_apic.h>
#include <asm/irq.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_quiesce.h>
#include <asm/msi.h>
#include <asm/msr.h>
#include <asm/processor.h>
#include <asm/time.h>

void kexec_wait_for(bool (*done)(const void *arg), const void *arg,
                    unsigned int limit_ms)
{
    unsigned int ms;

    for ( ms = 0; ms < limit_ms && !done(arg); ms++ )
        mdelay(1);
}

unsigned int kexec_others_online(void)
{
    return num_online_cpus() - !!cpu_online(smp_processor_id());
}

void kexec_report_stopped(unsigned int others)
{
    cpumask_t *left = this_cpu(scratch_cpumask);

    if ( !kexec_others_online() )
    {
        printk("kexec: stopped %u other CPUs, %u are offline\n", others,
               num_present_cpus() - others - 1);
        return;
    }

    cpumask_andnot(left, &cpu_online_map, cpumask_of(smp_processor_id()));
    printk("kexec: CPUs {%*pbl} do not answer, going on without them\n",
           CPUMASK_PR(left));
}

void kexec_quiesce_devices(bool msis)
{
    /* A CPU that a crash has stopped may have been changing the list. */
    if ( msis && pcidevs_trylock() )
    {
        pci_disable_msi_all();
        pcidevs_unlock();
    }
    else
        printk("kexec: the list of PCI devices is in use: MSIs stay enabled\n");

    mask_8259A();
    disable_IO_APIC();
    hpet_disable();
    pit_restore();
}

/*
 * Between CLGI and STGI, INITs, NMIs and interrupts are held back, and a crash
 * may come there.  Set the global interrupt flag while this is possible: with
 * SVM off, nothing can (AMD APM vol. 2, section 15.17).
 */
static void set_global_interrupt_flag(void)
{
    uint64_t efer;

    rdmsrl(MSR_EFER, efer);
    if ( efer & EFER_SVME )
        asm volatile ( "stgi" ::: "memory" );
}

/*
 * A CPU that crashed while it came up is not online yet, and has its APIC and
 * its virtualisation extensions on.  One that was taken offline may have
 * switched its APIC off.
 */
void kexec_stop_this_cpu(void)
{
    if ( !cpu_online(smp_processor_id()) &&
         current_local_apic_mode() == APIC_MODE_DISABLED )
        return;

    set_global_interrupt_flag();
    __stop_this_cpu();
}

void kexec_stop_last_cpu(void)
{
    kexec_stop_this_cpu();

    /*
     * All CPUs share this variable.  If it changed earlier, a CPU that still
     * runs would access its APIC in the wrong mode.
     */
    x2apic_enabled = current_local_apic_mode() == APIC_MODE_X2APIC;
}

/* Is a vector set in @reg, a bitmap?  Those of exceptions are reserved. */
static bool any_vector(unsigned int reg)
{
    unsigned int vector;

    for ( vector = X86_EXC_NUM; vector < X86_IDT_VECTORS; vector += 32 )
        if ( apic_read(reg + vector / 32 * 0x10) )
            return true;

    return false;
}

/*
 * The APIC has no register that clears its IRR.  Enable interrupts, so that
 * those pending are delivered, to gates that return at once.  If the crash
 * came in an interrupt's handler, that one is in service, and blocks others:
 * end it first.
 */
void kexec_drain_local_apic(void)
{
    unsigned int budget;

    if ( current_local_apic_mode() == APIC_MODE_DISABLED )
        return;

    apic_write(APIC_TASKPRI, 0);

    /* Broadcast EOIs, as after a reset: I/O APICs see the ones below. */
    apic_write(APIC_SPIV, apic_read(APIC_SPIV) & ~APIC_SPIV_DIRECTED_EOI);

    for ( budget = 2 * X86_IDT_VECTORS; budget; budget-- )
    {
        if ( any_vector(APIC_ISR) )
            ack_APIC_irq();
        else if ( any_vector(APIC_IRR) )
            asm volatile ( "sti; nop; cli" ::: "memory" );
        else
            break;
    }
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
