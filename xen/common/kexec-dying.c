/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPUs that are crashing: the registers of the fault, and the locks and
 * devices that such a CPU does not wait for.
 *
 * A crash takes locks with the code that it calls: those of the console, the
 * I/O APICs, PCI.  Each of them may be held by a CPU that has stopped, or by
 * the crashing CPU itself.
 */

#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/time.h>

/* How long a dying CPU waits: for all locks together, and for all devices. */
#define PATIENCE SECONDS(1)

unsigned int __read_mostly crashing_cpu = ~0U;
bool __read_mostly kexecing;

struct dying {
    bool yes;
    bool alone;                         /* All other CPUs have stopped. */
    s_time_t patient_until;             /* 0 before the first wait. */
    const struct cpu_user_regs *regs;   /* On this CPU's stack, or NULL. */
};
static DEFINE_PER_CPU(struct dying, dying);

void kexec_dying(const struct cpu_user_regs *regs)
{
    struct dying *dying = &this_cpu(dying);

    /*
     * When its owner releases a lock that was broken, checks of debug builds
     * would fail: switch them off.
     */
    if ( !dying->yes )
        spin_debug_disable();
    dying->yes = true;

    /* A fault while the first one is reported is not the cause. */
    if ( !dying->regs )
        dying->regs = regs;
}

const struct cpu_user_regs *kexec_dying_regs(void)
{
    return this_cpu(dying).regs;
}

void kexec_expect_no_locks(void)
{
    this_cpu(dying).alone = true;
}

bool kexec_breaks_lock(void)
{
    struct dying *dying = &this_cpu(dying);

    if ( likely(!dying->yes) )
        return false;

    /* The clock of a CPU that is coming up may not run yet. */
    if ( dying->alone || !NOW() )
        return true;

    if ( !dying->patient_until )
        dying->patient_until = NOW() + PATIENCE;

    return NOW() >= dying->patient_until;
}

bool kexec_gives_up(s_time_t start)
{
    static bool __read_mostly stuck;

    if ( likely(!kexecing) )
        return false;

    if ( !NOW() || NOW() > start + PATIENCE )
        stuck = true;

    return stuck;
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
