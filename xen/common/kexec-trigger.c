/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entering what is armed: on dom0's command, or in a crash.
 *
 *   exec   the slots are frozen, CPU 0 takes over, machine_reboot_kexec()
 *   crash  one CPU goes on; the others are stopped, what is armed is looked at
 *          only then, verified, and entered by machine_crash_kexec()
 *
 * The crash path allocates nothing and sleeps nowhere.  Of the locks that it
 * takes with the code that it calls (console, I/O APICs, PCI), any may be held
 * by a CPU that will never give it back: see kexec_breaks_lock().
 */

#include <xen/acpi.h>
#include <xen/console.h>
#include <xen/crash-notes.h>
#include <xen/domain.h>
#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/init.h>
#include <xen/kexec.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/percpu.h>
#include <xen/sched.h>
#include <xen/shutdown.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/watchdog.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>

CHECK_kexec_exec;
#endif

bool __read_mostly kexecing;

/*
 * CPUs that end
 */

/* From the first wait for a lock on, until none is waited for any more. */
#define LOCK_PATIENCE SECONDS(1)

struct dying {
    bool yes;
    bool alone;                         /* All others have stopped. */
    s_time_t patient_until;             /* 0: nothing has been waited for. */
    const struct cpu_user_regs *regs;   /* On this CPU's stack, or NULL. */
};
static DEFINE_PER_CPU(struct dying, dying);

void kexec_dying(const struct cpu_user_regs *regs)
{
    struct dying *dying = &this_cpu(dying);

    dying->yes = true;

    /* A fault while the first one is being reported is not the cause. */
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

    /* The clock of a CPU that is being brought up may not run yet. */
    if ( dying->alone || !NOW() )
        return true;

    if ( !dying->patient_until )
        dying->patient_until = NOW() + LOCK_PATIENCE;

    return NOW() >= dying->patient_until;
}

/* What both ways out of Xen have in common. */
static void prepare_to_leave(void)
{
    kexecing = true;

    watchdog_disable();
    console_start_sync();
    spin_debug_disable();
    acpi_dmar_reinstate();
}

static long cf_check reboot_into(void *image)
{
    const struct kimage *kimage = image;

    prepare_to_leave();
    printk("kexec: entering the default image at %"PRIpaddr"\n",
           kimage->entry_maddr);
    machine_reboot_kexec(&kimage->machine);
}

static long exec_default(void)
{
    struct kimage *image;
    int rc = kexec_freeze(KEXEC_TYPE_DEFAULT, &image);

    if ( rc )
        return rc;

    rc = continue_hypercall_on_cpu(0, reboot_into, image);
    if ( rc )
        kexec_thaw();

    return rc;
}

static long exec_crash(void)
{
    if ( !kexec_armed_image(KEXEC_TYPE_CRASH) )
        return -ENOENT;

    kexec_crash(CRASHREASON_KEXECCMD);

    /* It has been unloaded in between. */
    return -ENOENT;
}

long kexec_exec(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_exec_t exec;  /* The same for a compat guest: checked above. */
    long rc;

    if ( copy_from_guest(&exec, uarg, 1) )
        return -EFAULT;

    switch ( exec.type )
    {
    case KEXEC_TYPE_DEFAULT:
        rc = exec_default();
        break;

    case KEXEC_TYPE_CRASH:
        rc = exec_crash();
        break;

    default:
        return -EINVAL;
    }

    if ( rc == -ENOENT )
        printk("kexec: exec %s: refused: nothing is loaded (%ld)\n",
               exec.type == KEXEC_TYPE_CRASH ? "crash" : "default", rc);

    return rc;
}

/*
 * There is no image that can be entered, and no way back: the other CPUs have
 * been stopped, or are about to be.
 */
static void noreturn give_up(void)
{
    if ( opt_noreboot )
        machine_halt();

    machine_restart(5000);
}

/*
 * One CPU goes on.  Another that crashes as well stops by itself, as it may be
 * where no NMI can stop it.  The one that has been here before crashed again
 * since.
 */
static void win_crash(void)
{
    static atomic_t winner = ATOMIC_INIT(-1);
    int cpu = smp_processor_id();
    int first = atomic_cmpxchg(&winner, -1, cpu);

    if ( first == -1 )
        return;

    if ( first != cpu )
        machine_crash_stop();

    printk("kexec: crashed again on the way to the crash image\n");
    give_up();
}

/* An image that something has written to is not worth the risk. */
static bool is_intact(const struct kimage *image)
{
    struct kimage_mismatch why;

    if ( kimage_verify(image, &why) )
        return true;

    printk("kexec: the crash image's %s not what was loaded, not entering it\n",
           why.part);
    printk("kexec: expected sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
           why.expected);
    printk("kexec: found    sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
           why.found);

    return false;
}

void kexec_crash(enum crash_reason reason)
{
    const struct kimage *image;

    keyhandler_crash_action(reason);

    if ( !kexec_armed_image(KEXEC_TYPE_CRASH) )
        return;

    local_irq_disable();
    kexec_dying(NULL);
    win_crash();

    prepare_to_leave();
    crash_notes_save_cpu(smp_processor_id(), kexec_dying_regs());
    machine_crash_shutdown();
    crash_notes_save_xen();

    /* Now that nobody else runs: it may have been unloaded meanwhile. */
    image = kexec_armed_image(KEXEC_TYPE_CRASH);
    if ( !image )
        printk("kexec: the crash image is gone\n");
    else if ( is_intact(image) )
    {
        printk("kexec: entering the crash image at %"PRIpaddr"\n",
               image->entry_maddr);
        machine_crash_kexec(&image->machine);
    }

    give_up();
}

static void cf_check crash_key(unsigned char key)
{
    printk("'%c' pressed -> triggering crashdump\n", key);
    kexec_crash(CRASHREASON_DEBUGKEY);
    printk(" * no crash kernel loaded!\n");
}

static int __init cf_check kexec_init(void)
{
    if ( kexec_crash_area.size )
        register_keyhandler('C', crash_key, "trigger a crashdump", 0);

    return 0;
}
__initcall(kexec_init);

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
