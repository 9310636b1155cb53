/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A machine of two CPUs, for the shipped files that stop one: what a CPU does
 * is taken down by fake/cpu.c.
 */

#include <setjmp.h>

#include <asm/kexec_quiesce.h>

#include "cpu.h"
#include "xen.h"

bool iommu_enabled;

unsigned int flush_ms;

static nmi_callback_t *nmi_callback;
static jmp_buf halted;

/*
 * CPU 1 handles the NMI and halts, or writes its caches back, before this one
 * goes on.  It never returns from the NMI, so it gets no other one.
 */
void smp_send_nmi_allbutself(void)
{
    const struct cpu_user_regs regs = {};
    static bool nmis_blocked;

    if ( nmis_blocked )
        return;

    nmis_blocked = true;
    this_cpu_id = 1;
    if ( !setjmp(halted) )
        nmi_callback(&regs, 1);
    this_cpu_id = 0;
}

void halt(void)
{
    longjmp(halted, 1);
}

nmi_callback_t *set_nmi_callback(nmi_callback_t *callback)
{
    nmi_callback = callback;

    return NULL;
}

void __stop_this_cpu(void)
{
    cpu_take_down((struct cpu_write){ CPU_STOPPED, .nr = this_cpu_id });
}

void kexec_stop_this_cpu(void)
{
    if ( flush_ms )
        halt();

    __stop_this_cpu();
}

void kexec_stop_last_cpu(void)
{
    __stop_this_cpu();
}

unsigned int kexec_others_online(void)
{
    return !cpu_written(CPU_STOPPED, 1);
}

/* In a reboot there is no other one online, as none could run here. */
unsigned int num_online_cpus(void)
{
    return 1;
}

void apic_icr_write(uint32_t low, uint32_t dest)
{
    cpu_take_down((struct cpu_write){ APIC_ICR, .value = low });
}

void apic_wait_icr_idle(void)
{
    cpu_take_down((struct cpu_write){ APIC_IS_IDLE });
}

void mdelay(unsigned int ms)
{
    cpu_take_down((struct cpu_write){ DELAY_MS, .value = ms });
}

int smp_call_function(void (*fn)(void *data), void *data, int wait)
{
    abort();
}

bool pcidevs_locked(void)
{
    return false;
}

/* Until CPU 1 has written its caches back, and has stopped. */
void kexec_wait_for(bool (*done)(const void *arg), const void *arg,
                    unsigned int limit_ms)
{
    if ( !flush_ms || done(arg) )
        return;

    flush_ms -= min(flush_ms, limit_ms);
    if ( !flush_ms )
        cpu_take_down((struct cpu_write){ CPU_STOPPED, .nr = 1 });
}

/* What has no part in any order here. */
void kexec_report_stopped(unsigned int others) {}
void kexec_quiesce_devices(bool msis) {}
void kexec_drain_local_apic(void) {}
void cpu_relax(void) {}
void console_force_unlock(void) {}
void disable_IO_APIC(void) {}
void iommu_crash_shutdown(void) {}
void iommu_quiesce(void) {}
void pcidevs_lock(void) {}

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
