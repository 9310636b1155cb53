/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kexec hypercall: its commands, and the slots that images are armed in.
 *
 * There is a slot for each type of image.  A slot is empty, or armed with an
 * image that is complete; at most one operation at a time works on it:
 *
 *            load              complete               in place
 *   idle ----------> loading ------------> finishing ----------> idle
 *     |               |   ^                 ^     |
 *     |               |   |      load       |     |
 *     |               |   +-----------------|-----+
 *     |               |  refused, abandoned |
 *     |               +---------------------+
 *     |                        unload       |
 *     +-------------------------------------+
 *
 * When a load is complete, its image is armed, and the old one becomes trash.
 * Finishing frees trash, and then places the crash image that is armed, if it
 * is not in its place.  A load may come in between: when it is refused, the
 * placing of what is still armed goes on.
 *
 * A crash image is loaded straight into the crash area if the slot is empty,
 * and is in place when it is armed.  Otherwise it is built beside the one that
 * is armed, and has to be placed.  In the end what Xen has of it in other
 * memory is made read-only, like the area; that goes on whatever operation
 * comes next, as long as the image is armed.
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
 * between, the cookie is stale, and the old operation ends: with 0 if it had
 * succeeded and was finishing, which the new one has taken over, or else with
 * -EBUSY.
 *
 * Locking: kexec_lock protects who may work on a slot, and what is armed.  It
 * is never held across anything that takes time or another lock.  The CPU that
 * has claimed a slot owns all of it but the pointer to the armed image: an
 * exec freezes it under the lock, and a crash reads it without any.
 */

#include <xen/errno.h>
#include <xen/event.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/init.h>
#include <xen/kexec.h>
#include <xen/keyhandler.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/time.h>
#include <xen/xmalloc.h>
#include <xen/elfstructs.h> /* Needs types. */
#include <xsm/xsm.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>
#endif

/* The command's own bits; those above are the cookie of a continuation. */
#define CMD_BITS        8
#define CMD_MASK        ((1U << CMD_BITS) - 1)

/*
 * A cookie is the slot, whether the operation has succeeded and is finishing,
 * and a number that is never 0.
 */
#define COOKIE_SLOT     1U
#define COOKIE_DONE     2U
#define COOKIE_SHIFT    2
#define COOKIE_NUMBERS  (1U << 22)

#define NR_SLOTS        2

struct kexec_slot {
    const char *name;
    struct kimage *armed;          /* What a trigger enters, or NULL. */

    bool busy;                     /* A CPU works on it right now. */
    uint32_t cookie;               /* Of the operation to go on with, or 0. */

    /* The operation. */
    struct kimage_request *req;    /* While it is read; then the load. */
    struct kimage_load *load;
    struct kexec_source *source;
    int result;                    /* What it will return. */

    /* What is armed, on its way to its place. */
    bool placing;
    struct kimage_place place;
    bool area_open;                /* The crash area is writable for it. */

    bool protect;                  /* There may be some of what is armed. */

    struct kimage_extents trash;

    struct kexec_stretches stretches;
};

static DEFINE_SPINLOCK(kexec_lock);
static struct kexec_slot slots[NR_SLOTS] = {
    [KEXEC_TYPE_DEFAULT] = { .name = "default" },
    [KEXEC_TYPE_CRASH] = { .name = "crash" },
};

/* That of the last cookie. */
static unsigned int cookie_number;

/* Set when an image is about to be entered: the slots stay as they are. */
static bool __read_mostly frozen;

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
               slot->name, image->digest.bytes);
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

/* Whoever works on a slot right now does not delay it. */
int kexec_freeze(unsigned int type, struct kimage **image)
{
    int rc = 0;

    spin_lock(&kexec_lock);
    *image = slots[type].armed;
    if ( frozen )
        rc = -EBUSY;
    else if ( !*image )
        rc = -ENOENT;
    else
        frozen = true;
    spin_unlock(&kexec_lock);

    return rc;
}

void kexec_thaw(void)
{
    spin_lock(&kexec_lock);
    frozen = false;
    spin_unlock(&kexec_lock);
}

struct kimage *kexec_armed_image(unsigned int type)
{
    return read_atomic(&slots[type].armed);
}

static uint32_t new_cookie(const struct kexec_slot *slot)
{
    uint32_t n;

    spin_lock(&kexec_lock);
    if ( ++cookie_number == COOKIE_NUMBERS )
        cookie_number = 1;
    n = cookie_number;
    spin_unlock(&kexec_lock);

    return (n << COOKIE_SHIFT) | (slot - slots);
}

/* The cookie for what there is to do now of the operation with @cookie. */
static uint32_t next_cookie(const struct kexec_slot *slot, uint32_t cookie)
{
    if ( !cookie )
        cookie = new_cookie(slot);

    return slot->source || slot->result ? cookie : cookie | COOKIE_DONE;
}

/* What the operation with a @cookie that is stale returns. */
static int stale_result(uint32_t cookie)
{
    unsigned int n = cookie >> COOKIE_SHIFT;

    /* Bits that no cookie has had say nothing. */
    if ( !n || n > read_atomic(&cookie_number) )
        return -EBUSY;

    return cookie & COOKIE_DONE ? 0 : -EBUSY;
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

/*
 * The crash area is writable for Xen while an image is being loaded into it,
 * or placed, and at no other time.
 */
static bool protect_crash_area(bool read_only)
{
    int rc = machine_kexec_protect(kexec_crash_range(), read_only);

    if ( rc )
        printk(XENLOG_WARNING "kexec: the crash area cannot be made %s (%d)\n",
               read_only ? "read-only" : "writable", rc);

    return !rc;
}

static void open_crash_area(struct kexec_slot *slot)
{
    slot->area_open = protect_crash_area(false);

    /* It may have got half way. */
    if ( !slot->area_open )
        protect_crash_area(true);
}

static void close_crash_area(struct kexec_slot *slot)
{
    if ( slot->area_open )
        protect_crash_area(true);
    slot->area_open = false;
}

/* Nobody else can arm anything in a slot that is claimed. */
static void begin_load(struct kexec_slot *slot)
{
    if ( slot != &slots[KEXEC_TYPE_CRASH] || slot->armed )
        return;

    open_crash_area(slot);
    if ( slot->area_open )
        kimage_load_directly(slot->load);
}

static void end_load(struct kexec_slot *slot)
{
    close_crash_area(slot);
    XFREE(slot->req);
    kexec_source_free(slot->source);
    slot->source = NULL;
    slot->load = NULL;
}

/* If what is armed cannot be placed, a crash runs its plan just as well. */
static void go_on_placing(struct kexec_slot *slot)
{
    open_crash_area(slot);
    slot->placing = slot->area_open;
}

static void begin_placing(struct kexec_slot *slot)
{
    slot->place = (struct kimage_place){};
    go_on_placing(slot);
}

static int place_step(struct kexec_slot *slot)
{
    int rc;

    if ( !slot->area_open )
    {
        go_on_placing(slot);
        return -ERESTART;
    }

    rc = kimage_place_step(slot->armed, &slot->place, &slot->trash);
    if ( rc == -ERESTART )
        return rc;

    if ( rc )
        printk(XENLOG_WARNING
               "kexec: %s: what was placed is not what was loaded: a crash copies it again (%d)\n",
               slot->name, rc);
    slot->placing = false;
    close_crash_area(slot);

    return -ERESTART;
}

/* A crash enters what is armed all the same, if it cannot be protected. */
static int protect_step(struct kexec_slot *slot)
{
    int rc = slot->armed ? kimage_protect_step(slot->armed) : 0;

    if ( rc == -ERESTART )
        return rc;

    if ( rc )
        printk(XENLOG_WARNING
               "kexec: %s: control pages cannot be made read-only (%d)\n",
               slot->name, rc);
    slot->protect = false;

    return -ERESTART;
}

/*
 * An unfinished load will not be finished.  What is armed stays, and its
 * placing waits.
 */
static void abandon_operation(struct kexec_slot *slot)
{
    if ( slot->source )
    {
        printk("kexec: %s: unfinished load abandoned\n", slot->name);
        if ( slot->load )
            kimage_load_abandon(slot->load, &slot->trash);
        end_load(slot);
    }

    close_crash_area(slot);
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

    slot->placing = false;
    *replaced = old;
    if ( old )
        kimage_free(old, &slot->trash);

    return 0;
}

static int fetch_step(struct kexec_slot *slot)
{
    struct kimage_refusal why;
    int rc = slot->source->fetch(slot->source, slot->req, &why);

    if ( rc == -ERESTART )
        return rc;

    if ( !rc )
        rc = kimage_load_begin(slot->req, &slot->source->source, &slot->load,
                               &why);
    XFREE(slot->req);
    if ( rc )
    {
        slot->result = log_refusal(slot - slots, &why, rc);
        end_load(slot);
    }
    else
        begin_load(slot);

    return -ERESTART;
}

static void arm_loaded(struct kexec_slot *slot, struct kimage *image)
{
    bool replaced;

    slot->result = arm(slot, image, &replaced);
    if ( slot->result )
    {
        kimage_free(image, &slot->trash);
        return;
    }

    log_loaded(slot, replaced);
    if ( image->type != KEXEC_TYPE_CRASH )
        return;

    slot->protect = true;
    if ( image->plan.first_maddr )
        begin_placing(slot);
}

static int load_step(struct kexec_slot *slot)
{
    struct kimage_refusal why;
    int rc = kimage_load_step(slot->load, &why);

    if ( rc == -ERESTART )
        return rc;

    if ( rc )
    {
        /* Into an empty slot it would take a few pages only. */
        if ( rc == -ENOMEM && slot->armed && slot == &slots[KEXEC_TYPE_CRASH] )
            why.rule = "no memory beside the armed image: unload it first";
        slot->result = log_refusal(slot - slots, &why, rc);
        kimage_load_abandon(slot->load, &slot->trash);
        end_load(slot);
    }
    else
    {
        struct kimage *image = kimage_load_end(slot->load);

        end_load(slot);
        arm_loaded(slot, image);
    }

    return -ERESTART;
}

/* What the next step is, for kexec_stretch_end(). */
static unsigned int slot_work_kind(const struct kexec_slot *slot)
{
    if ( slot->trash.last )
        return KEXEC_WORK_FREE;

    if ( slot->req )
        return KEXEC_WORK_ARGUMENTS;

    if ( slot->load )
        return kimage_load_stage(slot->load);

    if ( slot->placing )
        return KEXEC_WORK_PLACE;

    return slot->protect ? KEXEC_WORK_PROTECT : KEXEC_WORK_FREE;
}

/* A bounded stretch of whatever there is to do. */
static int slot_step(struct kexec_slot *slot)
{
    if ( slot->trash.last )
    {
        kimage_extents_free_some(&slot->trash);
        return -ERESTART;
    }

    if ( slot->req )
        return fetch_step(slot);

    if ( slot->load )
        return load_step(slot);

    if ( slot->placing )
        return place_step(slot);

    if ( slot->protect )
        return protect_step(slot);

    return slot->result;
}

/*
 * Work on a claimed slot until it is done, or there is other work.  The
 * hypercall began at @begin.
 */
static long slot_work(struct kexec_slot *slot, unsigned int cmd,
                      uint32_t cookie, XEN_GUEST_HANDLE_PARAM(void) uarg,
                      s_time_t begin)
{
    unsigned int kind = cookie ? slot_work_kind(slot) : KEXEC_WORK_ARGUMENTS;
    int rc;

    for ( ; ; kind = slot_work_kind(slot) )
    {
        rc = slot_step(slot);
        begin = kexec_stretch_end(&slot->stretches, kind, begin);
        if ( rc != -ERESTART )
            break;

        if ( hypercall_preempt_check() )
        {
            cookie = next_cookie(slot, cookie);
            slot_release(slot, cookie);

            return hypercall_create_continuation(
                __HYPERVISOR_kexec_op, "lh",
                cmd | ((unsigned long)cookie << CMD_BITS), uarg);
        }
    }

    slot_release(slot, 0);

    return rc;
}

/*
 * Commands
 */

static long do_load(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uarg,
                    bool compat)
{
    s_time_t begin = NOW();
    struct kimage_request *req = xzalloc(struct kimage_request);
    struct kimage_refusal why = { .segment = -1, .rule = "no memory" };
    struct kexec_source *source = NULL;
    struct kimage_load *load = NULL;
    struct kexec_slot *slot;
    unsigned int type = ~0U;
    int rc = -ENOMEM;

    if ( req )
    {
        rc = cmd == KEXEC_CMD_kexec_load_v1
             ? kexec_v1_request(uarg, compat, req, &source, &why)
             : kexec_request(uarg, compat, req, &source, &why);
        req->crash_area = kexec_crash_range();
        if ( rc != -EFAULT )
            type = req->type;
    }

    if ( !rc && !source->fetch )
    {
        rc = kimage_load_begin(req, &source->source, &load, &why);
        XFREE(req);
    }

    if ( rc )
    {
        xfree(req);
        kexec_source_free(source);
        return log_refusal(type, &why, rc);
    }

    slot = &slots[type];
    rc = slot_claim(slot, 0);
    if ( rc )
    {
        struct kimage_extents nothing = {};

        /* Nothing has been taken from the heap yet. */
        if ( load )
            kimage_load_abandon(load, &nothing);
        xfree(req);
        kexec_source_free(source);
        why = (struct kimage_refusal){
            .segment = -1,
            .rule = "another operation is at work",
        };
        return log_refusal(type, &why, rc);
    }

    abandon_operation(slot);
    slot->req = req;
    slot->load = load;
    slot->source = source;
    if ( load )
        begin_load(slot);

    return slot_work(slot, cmd, 0, uarg, begin);
}

static long do_unload(unsigned int cmd, unsigned int type,
                      XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    s_time_t begin = NOW();
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

    return slot_work(slot, cmd, 0, uarg, begin);
}

static int fetch_unload_type(XEN_GUEST_HANDLE_PARAM(void) uarg,
                             unsigned int *type)
{
    xen_kexec_unload_t unload;

    if ( copy_from_guest(&unload, uarg, 1) )
        return -EFAULT;

    *type = unload.type;

    return 0;
}

/* Go on with what was preempted. */
static long do_continue(unsigned int cmd, uint32_t cookie,
                        XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    s_time_t begin = NOW();
    struct kexec_slot *slot = &slots[cookie & COOKIE_SLOT];

    if ( slot_claim(slot, cookie) )
        return stale_result(cookie);

    return slot_work(slot, cmd, cookie, uarg, begin);
}

static long do_status(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_status_t status;

    if ( copy_from_guest(&status, uarg, 1) )
        return -EFAULT;

    if ( status.type >= NR_SLOTS )
        return -EINVAL;

    return !!kexec_armed_image(status.type);
}

/*
 * Entry points
 */

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
        return -EOPNOTSUPP;

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
        return -EOPNOTSUPP;

    switch ( cmd )
    {
    case KEXEC_CMD_kexec:
        return kexec_exec(uarg);

    case KEXEC_CMD_kexec_get_range:
        return kexec_get_range(uarg, compat);

    case KEXEC_CMD_kexec_status:
        return do_status(uarg);
    }

    return -EOPNOTSUPP;
}

long do_kexec_op(unsigned long op, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    return kexec_op(op, uarg, false);
}

#ifdef CONFIG_COMPAT
int compat_kexec_op(unsigned int op, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    BUILD_BUG_ON(sizeof(compat_kexec_unload_t) != sizeof(xen_kexec_unload_t));
    BUILD_BUG_ON(sizeof(compat_kexec_status_t) != sizeof(xen_kexec_status_t));

    return kexec_op(op, uarg, true);
}
#endif

static void cf_check stretches_key(unsigned char key)
{
    unsigned int i;

    for ( i = 0; i < NR_SLOTS; i++ )
        kexec_stretches_print(&slots[i].stretches, slots[i].name);
}

static int __init cf_check kexec_slots_init(void)
{
    register_keyhandler('K', stretches_key,
                        "print kexec's longest stretches since the last time",
                        1);

    return 0;
}
__initcall(kexec_slots_init);

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
