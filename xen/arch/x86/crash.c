/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stopping the other CPUs and quiescing the machine, on the way to an image.
 *
 *              reboot                         crash
 *   others     by IPI, parked in the image's  by NMI, halted in Xen, with
 *              control area, then INIT        their registers saved
 *   IOMMU      off                            left on, faults masked
 *   both       virtualisation extensions off, MSIs masked, I/O APICs and
 *              local APICs, HPET and 8254 as firmware left them
 *
 * Interrupts stay off on every CPU from here to the image, but for those that
 * drain_local_apic() lets go by.
 */

#include <xen/console.h>
#include <xen/crash-notes.h>
#include <xen/delay.h>
#include <xen/iommu.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/pci.h>
#include <xen/sched.h>
#include <xen/smp.h>

#include <asm/apic.h>
#include <asm/hpet.h>
#include <asm/hvm/svm/vmcb.h>
#include <asm/io_apic.h>
#include <asm/irq.h>
#include <asm/kexec_cpu.h>
#include <asm/machine_kexec.h>
#include <asm/msi.h>
#include <asm/msr.h>
#include <asm/nmi.h>
#include <asm/processor.h>
#include <asm/shared.h>
#include <asm/time.h>

/*
 * How long to wait for other CPUs, in milliseconds: to stop where an NMI finds
 * them, and to leave Xen, for which all may flush their caches at once.
 */
#define STOP_TIMEOUT_MS 1000
#define PARK_TIMEOUT_MS 10000

/* How long an INIT may take: Intel MP specification 1.4, B.4. */
#define INIT_DELAY_MS 10

/* The CPU that crashed; crash(8) looks it up by this name. */
unsigned int __read_mostly crashing_cpu = ~0U;

/* Set once the interrupt controllers are off, and CPUs may leave. */
static bool __read_mostly park_now;

/* Wait until @done(@arg) or the time is over. */
static void wait_for(bool (*done)(const void *arg), const void *arg,
                     unsigned int limit_ms)
{
    unsigned int ms;

    for ( ms = 0; ms < limit_ms && !done(arg); ms++ )
        mdelay(1);
}

/* Interrupts of devices, and what could turn them into others. */
static void quiesce_devices(void)
{
    /*
     * In a crash, the lock may be held by a CPU that has been stopped in the
     * middle of changing the list.
     */
    if ( pcidevs_trylock() )
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
 * A crash may come between CLGI and STGI, when INITs, NMIs and interrupts are
 * held back.  They would be for good: once SVM is off, nothing sets the global
 * interrupt flag any more (AMD APM vol. 2, section 15.17).
 */
static void set_global_interrupt_flag(void)
{
    uint64_t efer;

    rdmsrl(MSR_EFER, efer);
    if ( efer & EFER_SVME )
        asm volatile ( "stgi" ::: "memory" );
}

/*
 * This CPU's local APIC as firmware left it, and its extensions off.  A CPU
 * that crashes while it is brought up is not online yet, and has them on.  One
 * that was taken offline may have switched its APIC off.
 */
static void stop_this_cpu(void)
{
    if ( !cpu_online(smp_processor_id()) &&
         current_local_apic_mode() == APIC_MODE_DISABLED )
        return;

    set_global_interrupt_flag();
    __stop_this_cpu();
}

/* The same for the CPU that goes on, and still writes to its APIC. */
static void stop_last_cpu(void)
{
    stop_this_cpu();

    /* Not before: others would use the mode that this CPU's APIC is not in. */
    x2apic_enabled = current_local_apic_mode() == APIC_MODE_X2APIC;
}

/* Is one of 32 to 255 set in that register of a bit for each vector? */
static bool any_vector(unsigned int reg)
{
    unsigned int vector;

    for ( vector = MACHINE_KEXEC_NR_VECTORS; vector < X86_NR_VECTORS;
          vector += 32 )
        if ( apic_read(reg + vector / 32 * 0x10) )
            return true;

    return false;
}

/*
 * Interrupts that came while they were masked wait in the local APIC, for
 * whoever unmasks them first, and no register clears them.  With all their
 * sources off, take them here: by an IDT in which an interrupt does nothing,
 * one at a time, and as often as there are vectors.  One that is in service,
 * as a crash may be in its handler, holds others back and has to end first.
 *
 * It is the one place on the way out where interrupts are on.  No code of
 * Xen's runs by it, but its handlers of exceptions.
 */
static void drain_local_apic(void)
{
    unsigned int budget;

    if ( current_local_apic_mode() == APIC_MODE_DISABLED )
        return;

    apic_write(APIC_TASKPRI, 0);

    /* A reset value as well: I/O APICs are told of each EOI. */
    apic_write(APIC_SPIV, apic_read(APIC_SPIV) & ~APIC_SPIV_DIRECTED_EOI);

    for ( budget = 2 * X86_NR_VECTORS; budget; budget-- )
    {
        if ( any_vector(APIC_ISR) )
            ack_APIC_irq();
        else if ( any_vector(APIC_IRR) )
            asm volatile ( "sti; nop; cli" ::: "memory" );
        else
            break;
    }
}

/* This CPU may not be online, if it crashed while it was brought up. */
static unsigned int others_online(void)
{
    return num_online_cpus() - !!cpu_online(smp_processor_id());
}

static bool cf_check no_other_online(const void *unused)
{
    return !others_online();
}

static void report_stopped(unsigned int others)
{
    cpumask_t *left = this_cpu(scratch_cpumask);

    if ( no_other_online(NULL) )
    {
        printk("kexec: stopped %u other CPUs, %u are offline\n", others,
               num_present_cpus() - others - 1);
        return;
    }

    cpumask_andnot(left, &cpu_online_map, cpumask_of(smp_processor_id()));
    printk("kexec: CPUs {%*pbl} do not answer, going on without them\n",
           CPUMASK_PR(left));
}

/*
 * Reboot
 */

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

    return machine_kexec_nr_parked(parked->machine) == parked->wanted;
}

/*
 * An INIT leaves a CPU in a state in which it fetches nothing at all, the
 * offline ones included, which halt somewhere in Xen.  The bootstrap
 * processor would run the firmware's reset code instead: only from there can
 * all others be sent one.
 */
static void init_other_cpus(void)
{
    uint64_t base;

    rdmsrl(MSR_APIC_BASE, base);
    if ( !(base & APIC_BASE_BSP) )
        return;

    apic_icr_write(APIC_DEST_ALLBUT | APIC_INT_ASSERT | APIC_DM_INIT, 0);

    /* It must be out before this CPU's APIC is switched off. */
    apic_wait_icr_idle();
    mdelay(INIT_DELAY_MS);
}

/* With translation off, interrupts must not be in remappable format. */
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

void machine_kexec_shutdown(const struct machine_kexec *machine)
{
    struct parked parked = {
        .machine = machine,
        .wanted = num_online_cpus() - 1,
    };

    /* No other CPU may be stopped with it: quiesce_devices() needs it. */
    pcidevs_lock();

    /*
     * The others wait with interrupts off until the controllers are: an
     * interrupt for a CPU that is gone is a receive error on all others.
     */
    if ( parked.wanted )
        smp_call_function(park_this_cpu, (void *)machine, 0);
    local_irq_disable();
    kexec_cpu_load_tables();

    /* In this order: without remapping, what an MSI says is something else. */
    quiesce_devices();
    iommu_off();

    ACCESS_ONCE(park_now) = true;
    wait_for(all_parked, &parked, PARK_TIMEOUT_MS);
    if ( all_parked(&parked) )
        report_stopped(parked.wanted);
    else
        printk("kexec: %u of %u other CPUs have not left Xen, going on\n",
               parked.wanted - machine_kexec_nr_parked(machine),
               parked.wanted);

    init_other_cpus();
    stop_last_cpu();

    /*
     * For this CPU's APIC, which has just been stopped: virtual wire mode, and
     * now without remapping.
     */
    disable_IO_APIC();
    drain_local_apic();
}

/*
 * Crash
 */

#ifdef CONFIG_HVM
/* svm/entry.S, behind the STGI that follows VMRUN. */
extern const char svm_stgi_label[];

/*
 * The registers of an HVM guest that @regs, of an NMI, interrupted; or @regs.
 *
 * On Intel the NMI is one of the guest's exits, handled with its registers,
 * but for the segments.  On AMD it ends VMRUN, but is only taken at STGI: the
 * frame is Xen's, and some of the guest's registers are in its VMCB alone.
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

/* If it was crashing as well, the reason is of more interest than @regs. */
static void noreturn save_and_stop(const struct cpu_user_regs *regs)
{
    kexec_cpu_load_tables();

    /* It may hold a lock, or wait for one of a CPU that has stopped. */
    kexec_dying(NULL);
    kexec_expect_no_locks();

    crash_notes_save_cpu(smp_processor_id(), kexec_dying_regs() ?: regs);
    kexec_cpu_quiesce();
    kexec_cpu_reset_msrs();
    stop_this_cpu();
    kexec_cpu_flush_caches();

    for ( ; ; )
        halt();
}

static int noreturn cf_check crash_nmi(const struct cpu_user_regs *regs,
                                       int cpu)
{
    struct cpu_user_regs copy;

    save_and_stop(hvm_regs(regs, &copy));
}

/* It may be where no NMI reaches it; one that does must not interrupt this. */
void machine_crash_stop(void)
{
    local_irq_disable();
    save_and_stop(NULL);
}

/*
 * No handler of Xen's for machine checks must run any more on a CPU that has
 * been stopped: what it could tell, nobody is there to hear.
 */
static void ignore_machine_checks(void)
{
    unsigned int cpu;

    for ( cpu = 0; cpu < nr_cpu_ids; cpu++ )
        if ( idt_tables[cpu] )
            _update_gate_addr_lower(&idt_tables[cpu][X86_EXC_MC], &trap_nop);
}

static void stop_others_by_nmi(void)
{
    unsigned int others = others_online();

    set_nmi_callback(crash_nmi);
    smp_wmb();
    smp_send_nmi_allbutself();
    wait_for(no_other_online, NULL, STOP_TIMEOUT_MS);

    /* One of them may have been stopped with a lock in its hands. */
    kexec_expect_no_locks();
    console_force_unlock();
    report_stopped(others);
}

void machine_crash_shutdown(void)
{
    local_irq_disable();
    crashing_cpu = smp_processor_id();

    kexec_cpu_load_tables();
    ignore_machine_checks();
    stop_others_by_nmi();

    /* See docs/handover.md for why translation stays on. */
    iommu_crash_shutdown();
    iommu_quiesce();

    stop_last_cpu();
    quiesce_devices();
    drain_local_apic();
}

/*
 * Evidence
 */

void arch_crash_user_regs(ELF_Gregset *note, const struct cpu_user_regs *regs)
{
    note->r15 = regs->r15;
    note->r14 = regs->r14;
    note->r13 = regs->r13;
    note->r12 = regs->r12;
    note->rbp = regs->rbp;
    note->rbx = regs->rbx;
    note->r11 = regs->r11;
    note->r10 = regs->r10;
    note->r9 = regs->r9;
    note->r8 = regs->r8;
    note->rax = regs->rax;
    note->rcx = regs->rcx;
    note->rdx = regs->rdx;
    note->rsi = regs->rsi;
    note->rdi = regs->rdi;
    note->rip = regs->rip;
    note->cs = regs->cs;
    note->rflags = regs->rflags;
    note->rsp = regs->rsp;
    note->ss = regs->ss;
}

void arch_crash_xen_info(crash_xen_info_t *info)
{
    info->xen_phys_start = xen_phys_start;
    info->dom0_pfn_to_mfn_frame_list_list =
        hardware_domain ? arch_get_pfn_to_mfn_frame_list_list(hardware_domain)
                        : 0;
}

void arch_vmcoreinfo(void)
{
    VMCOREINFO_SYMBOL(dom_xen);
    VMCOREINFO_SYMBOL(dom_io);
    VMCOREINFO_SYMBOL_ALIAS(pgd_l4, idle_pg_table);

    /* Where Xen's image is mapped; xen_phys_start is where it is. */
    VMCOREINFO_NUMBER(XEN_VIRT_START);
    VMCOREINFO_SYMBOL(crashing_cpu);
    VMCOREINFO_NUMBER(STACK_SIZE);
    VMCOREINFO_SYMBOL(stack_base);
    VMCOREINFO_SIZE(cpu_info);
    VMCOREINFO_OFFSET(cpu_info, current_vcpu, current_vcpu);
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
