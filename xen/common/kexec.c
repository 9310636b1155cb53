/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kexec hypercall: its commands, the slots that images are armed in, and
 * the triggers.
 *
 * There is a slot for each type of image.  A slot is empty, or armed with an
 * image that is complete; at most one operation at a time works on it:
 *
 *            load                    complete                 in place
 *   idle ----------> loading ----------------------> placing ----------> idle
 *     ^                 |  the image is armed, the      |   (crash images
 *     |                 |  old one becomes trash        |    only)
 *     |     unload,     |                               |
 *     +---- refused, ---+-------------------------------+
 *           abandoned
 *
 * What is armed changes by one pointer write, so that a crash finds an image
 * that runs to its entry at any time, or none (invariant 3).  Memory that is
 * not needed any more becomes trash of the slot, to be freed in bounded
 * stretches.
 *
 * An operation goes on over many hypercalls, each a continuation of the one
 * before.  Its state is in Xen; the guest holds nothing but a cookie, in the
 * bits of the command that no command uses.  Whoever issues the continuation,
 * on whichever vCPU, goes on with it.  If a new load or unload has come in
 * between, the cookie is stale, and the old operation ends with -EBUSY.
 *
 * Locking: kexec_lock protects who may work on a slot, and what is armed.  It
 * is never held across anything that takes time or another lock.  The CPU that
 * has claimed a slot owns all of it but the pointer to the armed image: an
 * exec freezes it under the lock, and a crash reads it without any.
 */

#include <xen/acpi.h>
#include <xen/console.h>
#include <xen/crash-notes.h>
#include <xen/domain.h>
#include <xen/elfstructs.h>
#include <xen/errno.h>
#include <xen/event.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/init.h>
#include <xen/kexec.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/smp.h>
#include <xen/spinlock.h>
#include <xen/watchdog.h>
#include <xen/xmalloc.h>
#include <xsm/xsm.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>
#endif

/* The command's own bits; those above are the cookie of a continuation. */
#define CMD_BITS        8
#define CMD_MASK        ((1U << CMD_BITS) - 1)

/* A cookie is a number that is never 0, with the slot in the lowest bit. */
#define COOKIE_NUMBERS  (1U << 23)

#define NR_SLOTS        2

struct kexec_slot {
    const char *name;
    struct kimage *armed;          /* What a trigger enters, or NULL. */

    bool busy;                     /* A CPU works on it right now. */
    uint32_t cookie;               /* Of the operation to go on with, or 0. */

    /* The operation: a load, the placing of what it armed, a freeing. */
    struct kimage_load *load;
    struct kexec_source *source;
    bool placing;
    struct kimage_place place;
    int result;                    /* What it will return. */

    struct kimage_extents trash;
};

static DEFINE_SPINLOCK(kexec_lock);
static struct kexec_slot slots[NR_SLOTS] = {
    [KEXEC_TYPE_DEFAULT] = { .name = "default" },
    [KEXEC_TYPE_CRASH] = { .name = "crash" },
};

/* Set when an image is about to be entered: the slots stay as they are. */
static bool __read_mostly frozen;

bool __read_mostly kexecing;

/*
 * Logging
 */

static const char *arch_name(uint16_t arch)
{
    return arch == EM_386 ? "32-bit" : "64-bit";
}

static const char *type_name(unsigned int type)
{
    return type < NR_SLOTS ? slots[type].name : "unknown";
}

static int log_refusal(unsigned int type, const struct kimage_refusal *why,
                       int rc)
{
    if ( why->segment >= 0 )
        printk("kexec: load %s: refused: segment %d: %s (%d)\n",
               type_name(type), why->segment, why->rule, rc);
    else
        printk("kexec: load %s: refused: %s (%d)\n",
               type_name(type), why->rule, rc);

    return rc;
}

static void log_loaded(const struct kexec_slot *slot, bool replaced)
{
    const struct kimage *image = slot->armed;

    printk("kexec: %s: %s: %u segments, %"PRIu64" bytes, entry %"PRIpaddr", %s\n",
           slot->name, replaced ? "replaced" : "loaded", image->nr_segments,
           image->buf_bytes, image->entry_maddr, arch_name(image->arch));
    printk("kexec: %s: %u records copy %"PRIu64" and zero %"PRIu64" bytes, %"PRIu64" in place\n",
           slot->name, image->plan.nr_records, image->plan.copy_bytes,
           image->plan.zero_bytes, image->in_place_bytes);
    if ( image->type == KEXEC_TYPE_CRASH )
        printk("kexec: %s: sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
               slot->name, image->digest);
}

/*
 * Claiming a slot
 */

/*
 * Become the one who works on @slot; with a @cookie, to go on with its
 * operation.
 */
static int slot_claim(struct kexec_slot *slot, uint32_t cookie)
{
    int rc = 0;

    spin_lock(&kexec_lock);
    if ( frozen || slot->busy || (cookie && slot->cookie != cookie) )
        rc = -EBUSY;
    else
        slot->busy = true;
    spin_unlock(&kexec_lock);

    return rc;
}

static void slot_release(struct kexec_slot *slot, uint32_t cookie)
{
    spin_lock(&kexec_lock);
    slot->cookie = cookie;
    slot->busy = false;
    spin_unlock(&kexec_lock);
}

/*
 * No slot changes any more, and no operation goes on: @slot's image is about
 * to be entered.  Whoever works on a slot right now does not delay it.
 */
static int slots_freeze(const struct kexec_slot *slot, struct kimage **image)
{
    int rc = 0;

    spin_lock(&kexec_lock);
    *image = slot->armed;
    if ( frozen )
        rc = -EBUSY;
    else if ( !*image )
        rc = -ENOENT;
    else
        frozen = true;
    spin_unlock(&kexec_lock);

    return rc;
}

static void slots_thaw(void)
{
    spin_lock(&kexec_lock);
    frozen = false;
    spin_unlock(&kexec_lock);
}

static uint32_t new_cookie(const struct kexec_slot *slot)
{
    static unsigned int number;
    uint32_t n;

    spin_lock(&kexec_lock);
    if ( ++number == COOKIE_NUMBERS )
        number = 1;
    n = number;
    spin_unlock(&kexec_lock);

    return (n << 1) | (slot - slots);
}

/*
 * Operations on a claimed slot
 */

void kexec_source_free(struct kexec_source *source)
{
    if ( source && source->free )
        source->free(source);
    xfree(source);
}

static void end_load(struct kexec_slot *slot)
{
    kexec_source_free(slot->source);
    slot->source = NULL;
    slot->load = NULL;
}

/* What is unfinished will not be finished.  What is armed stays. */
static void abandon_operation(struct kexec_slot *slot)
{
    if ( slot->load )
    {
        printk("kexec: %s: unfinished load abandoned\n", slot->name);
        kimage_load_abandon(slot->load, &slot->trash);
        end_load(slot);
    }

    slot->placing = false;
    slot->result = 0;
}

/*
 * From here on a trigger enters @image; NULL: nothing.  -EBUSY: one has come
 * that enters what was armed before.  @replaced tells if something was.
 */
static int arm(struct kexec_slot *slot, struct kimage *image, bool *replaced)
{
    struct kimage *old;

    /* The image is complete before the pointer, and freed after it. */
    smp_wmb();

    spin_lock(&kexec_lock);
    old = slot->armed;
    if ( frozen )
    {
        spin_unlock(&kexec_lock);
        return -EBUSY;
    }
    write_atomic(&slot->armed, image);
    spin_unlock(&kexec_lock);

    *replaced = old;
    if ( old )
        kimage_free(old, &slot->trash);

    return 0;
}

static struct maddr_range crash_area(void)
{
    return (struct maddr_range){
        .start = kexec_crash_area.start,
        .end = kexec_crash_area.start + kexec_crash_area.size,
    };
}

/*
 * The crash area is writable for Xen while an image is being placed in it,
 * and at no other time.
 */
static void protect_crash_area(bool read_only)
{
    int rc = machine_kexec_protect(crash_area(), read_only);

    if ( rc )
        printk(XENLOG_WARNING "kexec: the crash area cannot be made %s (%d)\n",
               read_only ? "read-only" : "writable", rc);
}

static int place_step(struct kexec_slot *slot)
{
    int rc = kimage_place_step(slot->armed, &slot->place, &slot->trash);

    if ( rc != -ERESTART )
    {
        slot->placing = false;
        protect_crash_area(true);
    }

    return -ERESTART;
}

static int load_step(struct kexec_slot *slot)
{
    struct kimage_refusal why;
    int rc = kimage_load_step(slot->load, &why);

    if ( rc == -ERESTART )
        return rc;

    if ( rc )
    {
        slot->result = log_refusal(slot - slots, &why, rc);
        kimage_load_abandon(slot->load, &slot->trash);
    }
    else
    {
        struct kimage *image = kimage_load_end(slot->load);
        bool replaced;

        slot->result = arm(slot, image, &replaced);
        if ( slot->result )
            kimage_free(image, &slot->trash);
        else
        {
            log_loaded(slot, replaced);
            slot->placing = image->type == KEXEC_TYPE_CRASH;
            slot->place = (struct kimage_place){};
            if ( slot->placing )
                protect_crash_area(false);
        }
    }

    end_load(slot);

    return -ERESTART;
}

/* A bounded stretch of whatever there is to do. */
static int slot_step(struct kexec_slot *slot)
{
    if ( slot->trash.last )
    {
        kimage_extents_free_some(&slot->trash);
        return -ERESTART;
    }

    if ( slot->load )
        return load_step(slot);

    if ( slot->placing )
        return place_step(slot);

    return slot->result;
}

/* Work on a claimed slot until it is done, or there is other work. */
static long slot_work(struct kexec_slot *slot, unsigned int cmd,
                      uint32_t cookie, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    int rc;

    while ( (rc = slot_step(slot)) == -ERESTART )
        if ( hypercall_preempt_check() )
        {
            if ( !cookie )
                cookie = new_cookie(slot);
            slot_release(slot, cookie);

            return hypercall_create_continuation(
                __HYPERVISOR_kexec_op, "lh",
                cmd | ((unsigned long)cookie << CMD_BITS), uarg);
        }

    slot_release(slot, 0);

    return rc;
}

/*
 * Commands
 */

/* The segments' buffers, in the memory of the domain that loads. */
struct guest_source {
    struct kexec_source base;
    const void *bufs[KIMAGE_MAX_SEGMENTS];
};

static int cf_check read_guest(const struct kimage_source *source,
                               unsigned int index, uint64_t offset, void *to,
                               size_t len)
{
    const struct guest_source *guest =
        container_of(source, const struct guest_source, base.source);
    XEN_GUEST_HANDLE_PARAM(void) buf =
        guest_handle_from_ptr(guest->bufs[index], void);

    return copy_from_guest_offset((uint8_t *)to, buf, offset, len) ? -EFAULT
                                                                   : 0;
}

/*
 * Native and compat arguments have the same layout, but for handles: those of
 * a compat guest are 32 bits of their field, and the other 32 say nothing.
 */
static void *handle_ptr(uint64_t handle, bool compat)
{
    return (void *)(unsigned long)(compat ? (uint32_t)handle : handle);
}

static int read_segments(const struct xen_kexec_load *load, bool compat,
                         struct kimage_request *req,
                         struct guest_source *guest)
{
    XEN_GUEST_HANDLE_PARAM(xen_kexec_segment_t) segments =
        guest_handle_from_ptr(handle_ptr(load->segments._pad, compat),
                              xen_kexec_segment_t);
    unsigned int i;

    for ( i = 0; i < load->nr_segments; i++ )
    {
        xen_kexec_segment_t seg;

        if ( copy_from_guest_offset(&seg, segments, i, 1) )
            return -EFAULT;

        guest->bufs[i] = handle_ptr(seg.buf._pad, compat);
        req->segments[i].has_buffer = guest->bufs[i];
        req->segments[i].buf_size = seg.buf_size;
        req->segments[i].dest_maddr = seg.dest_maddr;
        req->segments[i].dest_size = seg.dest_size;
    }

    return 0;
}

static int fetch_request(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                         struct kimage_request *req,
                         struct kexec_source **source,
                         struct kimage_refusal *why)
{
    struct guest_source *guest;
    xen_kexec_load_t load;

    *why = (struct kimage_refusal){ .segment = -1,
                                    .rule = "arguments are not readable" };

    if ( copy_from_guest(&load, uarg, 1) )
        return -EFAULT;

    req->type = load.type;
    req->arch = load.arch;
    req->entry_maddr = load.entry_maddr;
    req->nr_segments = load.nr_segments;

    /* The number is checked with everything else; here it bounds a loop. */
    if ( load.nr_segments > KIMAGE_MAX_SEGMENTS )
        load.nr_segments = 0;

    guest = xzalloc(struct guest_source);
    if ( !guest )
    {
        why->rule = "no memory";
        return -ENOMEM;
    }

    guest->base.source.read = read_guest;
    *source = &guest->base;

    return read_segments(&load, compat, req, guest);
}

static long do_load(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uarg,
                    bool compat)
{
    struct kimage_request *req = xzalloc(struct kimage_request);
    struct kimage_refusal why = { .segment = -1, .rule = "no memory" };
    struct kexec_source *source = NULL;
    struct kimage_load *load;
    struct kexec_slot *slot;
    unsigned int type = ~0U;
    int rc = -ENOMEM;

    if ( req )
    {
        rc = cmd == KEXEC_CMD_kexec_load_v1
             ? kexec_v1_request(uarg, compat, req, &source, &why)
             : fetch_request(uarg, compat, req, &source, &why);
        req->crash_area = crash_area();
        if ( rc != -EFAULT )
            type = req->type;
    }

    if ( !rc )
        rc = kimage_load_begin(req, &source->source, &load, &why);
    xfree(req);

    if ( rc )
    {
        kexec_source_free(source);
        return log_refusal(type, &why, rc);
    }

    slot = &slots[type];
    rc = slot_claim(slot, 0);
    if ( rc )
    {
        struct kimage_extents nothing = {};

        /* Nothing has been taken from the heap yet. */
        kimage_load_abandon(load, &nothing);
        kexec_source_free(source);
        why = (struct kimage_refusal){
            .segment = -1,
            .rule = "another operation is at work",
        };
        return log_refusal(type, &why, rc);
    }

    abandon_operation(slot);
    slot->load = load;
    slot->source = source;

    return slot_work(slot, cmd, 0, uarg);
}

static long do_unload(unsigned int cmd, unsigned int type,
                      XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    struct kexec_slot *slot;
    bool loaded;
    int rc;

    if ( type >= NR_SLOTS )
        return -EINVAL;

    slot = &slots[type];
    rc = slot_claim(slot, 0);
    if ( rc )
        return rc;

    abandon_operation(slot);
    slot->result = arm(slot, NULL, &loaded);
    if ( !slot->result )
        printk("kexec: %s: %s\n", slot->name,
               loaded ? "unloaded" : "nothing to unload");

    return slot_work(slot, cmd, 0, uarg);
}

/* Go on with what was preempted. */
static long do_continue(unsigned int cmd, uint32_t cookie,
                        XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    struct kexec_slot *slot = &slots[cookie & 1];
    int rc = slot_claim(slot, cookie);

    return rc ?: slot_work(slot, cmd, cookie, uarg);
}

static long do_status(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_status_t status;

    if ( copy_from_guest(&status, uarg, 1) )
        return -EFAULT;

    if ( status.type >= NR_SLOTS )
        return -EINVAL;

    return !!read_atomic(&slots[status.type].armed);
}

static int get_range(xen_kexec_range_t *range)
{
    struct maddr_range found;
    int rc = 0;

    switch ( range->range )
    {
    case KEXEC_RANGE_MA_CRASH:
        found.start = kexec_crash_area.start;
        found.end = found.start + kexec_crash_area.size;
        break;

    case KEXEC_RANGE_MA_XEN:
        found.start = virt_to_maddr(_start);
        found.end = found.start + (_end - _start);
        break;

    case KEXEC_RANGE_MA_CPU:
        rc = crash_notes_cpu_range(range->nr, &found);
        break;

    case KEXEC_RANGE_MA_VMCOREINFO:
        found = crash_notes_vmcoreinfo_range();
        break;

    default:
        return -EINVAL;
    }

    range->start = found.start;
    range->size = maddr_range_size(found);

    return rc;
}

static long do_get_range(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_range_t range;
    int rc;

    if ( copy_from_guest(&range, uarg, 1) )
        return -EFAULT;

    rc = get_range(&range);
    if ( rc )
        return rc;

    return copy_to_guest(uarg, &range, 1) ? -EFAULT : 0;
}

#ifdef CONFIG_COMPAT
CHECK_kexec_exec;

static long do_get_range_compat(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_range_t range;
    compat_kexec_range_t compat;
    int rc;

    if ( copy_from_guest(&compat, uarg, 1) )
        return -EFAULT;

    XLAT_kexec_range(&range, &compat);

    rc = get_range(&range);
    if ( rc )
        return rc;

    /* A range that its fields cannot hold is no answer. */
    if ( (range.start | range.size) >> 32 )
        return -ERANGE;

    XLAT_kexec_range(&compat, &range);

    return copy_to_guest(uarg, &compat, 1) ? -EFAULT : 0;
}
#endif

/*
 * Triggers
 */

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
    int rc = slots_freeze(&slots[KEXEC_TYPE_DEFAULT], &image);

    if ( rc )
        return rc;

    rc = continue_hypercall_on_cpu(0, reboot_into, image);
    if ( rc )
        slots_thaw();

    return rc;
}

static long exec_crash(void)
{
    if ( !read_atomic(&slots[KEXEC_TYPE_CRASH].armed) )
        return -ENOENT;

    kexec_crash(CRASHREASON_KEXECCMD);

    /* It was armed, and could not be entered. */
    return -EIO;
}

static long do_exec(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_exec_t exec;
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
               type_name(exec.type), rc);

    return rc;
}

/*
 * One CPU goes on, and any other that crashes as well waits to be stopped.
 * False: this CPU has been here before, so there is no going on.
 */
static bool win_crash(void)
{
    static atomic_t winner = ATOMIC_INIT(-1);
    int cpu = smp_processor_id();
    int first = atomic_cmpxchg(&winner, -1, cpu);

    if ( first == -1 )
        return true;

    if ( first == cpu )
    {
        printk("kexec: crashed again on the way to the crash image\n");
        return false;
    }

    for ( ; ; )
        cpu_relax();
}

/* An image that something has written to is not worth the risk. */
static bool is_intact(const struct kimage *image)
{
    uint8_t found[SHA2_256_DIGEST_SIZE];

    if ( kimage_verify(image, found) )
        return true;

    printk("kexec: the crash image is not what was loaded, not entering it\n");
    printk("kexec: expected sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
           image->digest);
    printk("kexec: found    sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
           found);

    return false;
}

void kexec_crash(enum crash_reason reason)
{
    const struct kimage *image;

    keyhandler_crash_action(reason);

    if ( !read_atomic(&slots[KEXEC_TYPE_CRASH].armed) || !win_crash() )
        return;

    prepare_to_leave();
    crash_notes_save_cpu(smp_processor_id(), NULL);
    machine_crash_shutdown();
    crash_notes_save_xen();

    /* Now that nobody else runs: it may have been unloaded meanwhile. */
    image = read_atomic(&slots[KEXEC_TYPE_CRASH].armed);
    if ( !image )
    {
        printk("kexec: the crash image is gone\n");
        return;
    }

    if ( !is_intact(image) )
        return;

    printk("kexec: entering the crash image at %"PRIpaddr"\n",
           image->entry_maddr);
    machine_crash_kexec(&image->machine);
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
 * Entry points
 */

static int fetch_unload_type(XEN_GUEST_HANDLE_PARAM(void) uarg,
                             unsigned int *type)
{
    xen_kexec_unload_t unload;

    if ( copy_from_guest(&unload, uarg, 1) )
        return -EFAULT;

    *type = unload.type;

    return 0;
}

static long kexec_op(unsigned long op, XEN_GUEST_HANDLE_PARAM(void) uarg,
                     bool compat)
{
    unsigned int cmd = op & CMD_MASK;
    uint32_t cookie = op >> CMD_BITS;
    unsigned int type;
    long rc = xsm_kexec(XSM_PRIV);

    if ( rc )
        return rc;

    /* No operation has such a number. */
    if ( op >> 32 )
        return -ENOSYS;

    switch ( cmd )
    {
    case KEXEC_CMD_kexec_load:
    case KEXEC_CMD_kexec_load_v1:
        return cookie ? do_continue(cmd, cookie, uarg)
                      : do_load(cmd, uarg, compat);

    case KEXEC_CMD_kexec_unload:
    case KEXEC_CMD_kexec_unload_v1:
        if ( cookie )
            return do_continue(cmd, cookie, uarg);

        rc = cmd == KEXEC_CMD_kexec_unload
             ? fetch_unload_type(uarg, &type)
             : kexec_v1_type(uarg, &type);
        return rc ?: do_unload(cmd, type, uarg);
    }

    if ( cookie )
        return -ENOSYS;

    switch ( cmd )
    {
    case KEXEC_CMD_kexec:
        return do_exec(uarg);

    case KEXEC_CMD_kexec_get_range:
#ifdef CONFIG_COMPAT
        if ( compat )
            return do_get_range_compat(uarg);
#endif
        return do_get_range(uarg);

    case KEXEC_CMD_kexec_status:
        return do_status(uarg);
    }

    return -ENOSYS;
}

long do_kexec_op(unsigned long op, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    return kexec_op(op, uarg, false);
}

#ifdef CONFIG_COMPAT
int compat_kexec_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    BUILD_BUG_ON(sizeof(compat_kexec_load_t) != sizeof(xen_kexec_load_t));
    BUILD_BUG_ON(sizeof(compat_kexec_segment_t) !=
                 sizeof(xen_kexec_segment_t));
    BUILD_BUG_ON(sizeof(compat_kexec_unload_t) != sizeof(xen_kexec_unload_t));
    BUILD_BUG_ON(sizeof(compat_kexec_status_t) != sizeof(xen_kexec_status_t));

    return kexec_op(op, uarg, true);
}
#endif

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
