/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two triggers: dom0's command to exec, and a crash.
 *
 *   exec   freeze the slots, go on on CPU 0, verify the image if it has a
 *          digest, stop the machine, enter the image
 *   crash  become the one CPU that goes on, stop the machine, verify the image
 *          that is armed by then, enter it
 *
 * The crash path allocates nothing and never sleeps.  No lock can stop it: see
 * kexec-dying.c.
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
#include <xen/sched.h>
#include <xen/shutdown.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/watchdog.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>

CHECK_kexec_exec;
#endif

/* How long the operator can read why, before the machine is reset. */
#define GIVE_UP_DELAY_MS 5000

/* Quiesce what common code knows of. */
static void prepare_to_leave(void)
{
    kexecing = true;

    watchdog_disable();
    console_start_sync();
    spin_debug_disable();
    acpi_dmar_reinstate();
}

/* Do not run an image that something has written to, if there is a digest. */
static bool is_intact(const struct kimage *image)
{
    struct kimage_mismatch why;

    if ( !image->has_digest || kimage_verify(image, &why) )
        return true;

    printk("kexec: the %s image's %s not what was loaded, not entering it\n",
           image->type == KEXEC_TYPE_CRASH ? "crash" : "default", why.part);
    if ( why.expected )
    {
        printk("kexec: expected sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
               why.expected);
        printk("kexec: found    sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
               why.found);
    }

    return false;
}

/*
 * Exec
 */

static long cf_check reboot_into(void *image)
{
    const struct kimage *kimage = image;
    bool intact;

    /* Hashing keeps this CPU busy for as long as it takes. */
    watchdog_disable();
    intact = is_intact(kimage);
    watchdog_enable();
    if ( !intact )
    {
        kexec_thaw();
        return -EIO;
    }

    prepare_to_leave();
    printk("kexec: entering the default image at %"PRIpaddr"\n",
           kimage->entry_maddr);
    machine_reboot_shutdown(&kimage->machine);
    machine_kexec_jump(&kimage->machine);
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

    /* It has been unloaded meanwhile. */
    return -ENOENT;
}

long kexec_exec(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_exec_t exec;  /* The same for a compat guest: checked above. */
    long rc;

    if ( copy_from_guest(&exec, uarg, 1) )
        return -EFAULT;

    exec.type = kexec_slot_type(exec.type);
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
 * Crash
 */

/* No image can be entered, and the machine cannot go on: reset it. */
static void noreturn give_up(void)
{
    if ( opt_noreboot )
        machine_halt();

    machine_restart(GIVE_UP_DELAY_MS);
}

/*
 * The first CPU to crash goes on.  Any other one stops here, for no NMI may
 * reach it where it is.  If it is the first one again, the crash path itself
 * has crashed.
 */
static void win_crash(void)
{
    unsigned int cpu = smp_processor_id();
    unsigned int first = cmpxchg(&crashing_cpu, ~0U, cpu);

    if ( first == ~0U )
        return;

    if ( first != cpu )
        machine_crash_stop();

    printk("kexec: crashed again on the way to the crash image\n");
    give_up();
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

    /* All other CPUs have stopped.  One may have unloaded the image before. */
    image = kexec_armed_image(KEXEC_TYPE_CRASH);
    if ( !image )
        printk("kexec: the crash image is gone\n");
    else if ( is_intact(image) )
    {
        printk("kexec: entering the crash image at %"PRIpaddr"\n",
               image->entry_maddr);
        machine_kexec_jump(&image->machine);
    }

    give_up();
}

static void cf_check crash_key(unsigned char key)
{
    /* Readers of dumps know the first line. */
    printk("'%c' pressed -> triggering crashdump\n", key);
    kexec_crash(CRASHREASON_DEBUGKEY);
    printk("kexec: no crash image is loaded\n");
}

static int __init cf_check kexec_init(void)
{
    if ( kexec_crash_area.size )
        register_keyhandler('C', crash_key, "crash into the crash image", 0);

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
