/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping the machine for a reboot into an image.
 *
 * All CPUs answer, so they leave Xen: this one stops them by IPI, they park in
 * the image's control area, and an INIT makes them wait for firmware's way of
 * starting CPUs.  The IOMMU is switched off.
 */

#include <xen/delay.h>
#include <xen/iommu.h>
#include <xen/lib.h>
#include <xen/pci.h>
#include <xen/sched.h>
#include <xen/smp.h>

#include <asm/apic.h>
#include <asm/io_apic.h>
#include <asm/kexec_compat.h>
#include <asm/kexec_cpu.h>
#include <asm/kexec_quiesce.h>
#include <asm/machine_kexec.h>
#include <asm/msr.h>

/* All CPUs may have to write their caches back before they leave Xen. */
#define PARK_TIMEOUT_MS 10000

/* How long an INIT may take: Intel MP specification 1.4, B.4. */
#define INIT_DELAY_MS 10

/* The interrupt controllers are off: CPUs may leave Xen. */
static bool __read_mostly park_now;

static void cf_check park_this_cpu(void *data)
{
    local_irq_disable();

    while ( !ACCESS_ONCE(park_now) )
        cpu_relax();

    __stop_this_cpu();
    machine_kexec_park(data);
}

struct parked {
    const struct machine_kexec *machine;
    unsigned int wanted;
};

static bool cf_check all_parked(const void *arg)
{
    const struct parked *parked = arg;

    return machine_kexec_nr_parked(parked->machine) >= parked->wanted;
}

/*
 * After an INIT a CPU fetches nothing at all.  This includes the offline CPUs,
 * which halt somewhere in Xen.  The bootstrap processor would start to run
 * firmware's reset code instead, so only that one can send it to all others.
 */
static void init_other_cpus(void)
{
    uint64_t base;

    rdmsrl(MSR_APIC_BASE, base);
    if ( !(base & APIC_BASE_BSP) )
        return;

    apic_icr_write(APIC_DEST_ALLBUT | APIC_INT_ASSERT | APIC_DM_INIT, 0);

    /* This CPU's APIC has to send it before it is switched off. */
    apic_wait_icr_idle();
    mdelay(INIT_DELAY_MS);
}

/* Without translation, interrupts must not be in remappable format. */
static void iommu_off(void)
{
    iommu_quiesce();

    if ( iommu_enabled )
        iommu_vcall(iommu_get_ops(), crash_shutdown);

    iommu_enabled = false;
#ifndef iommu_intremap
    iommu_intremap = iommu_intremap_off;
#endif
}

void machine_reboot_shutdown(const struct machine_kexec *machine)
{
    struct parked parked = {
        .machine = machine,
        .wanted = num_online_cpus() - 1,
    };

    ASSERT(smp_processor_id() == 0);

    /*
     * Before the others stop, so that none of them holds it.  The lock is
     * recursive: kexec_quiesce_devices() takes it again.
     */
    pcidevs_lock();

    /*
     * Keep the other CPUs' APICs on until the interrupt controllers are off.
     * An interrupt for an APIC that is off is an error on all that are on.
     */
    if ( parked.wanted )
        smp_call_function(park_this_cpu, (void *)machine, 0);
    local_irq_disable();
    kexec_cpu_load_tables();

    /* Disable MSIs before remapping: they are in remappable format. */
    kexec_quiesce_devices(true);
    iommu_off();

    ACCESS_ONCE(park_now) = true;
    kexec_wait_for(all_parked, &parked, PARK_TIMEOUT_MS);
    if ( all_parked(&parked) )
        kexec_report_stopped(parked.wanted);
    else
        printk("kexec: %u of %u other CPUs have not left Xen, going on\n",
               parked.wanted - machine_kexec_nr_parked(machine),
               parked.wanted);

    init_other_cpus();
    kexec_stop_last_cpu();

    /* Again, now for virtual wire mode: the local APIC is as at boot. */
    disable_IO_APIC();
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
