/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The slots that images are armed in, and the operations on them.
 *
 * There is a slot for each type of image.  A slot is empty or armed, whatever
 * the operation on it is doing: arming is one pointer write, so that a crash
 * finds a complete image at any time, or none (invariant 3).
 *
 * An operation is a load or an unload.  Each of its steps is one of the state
 * that the slot is in:
 *
 *             load                                unload
 *              |                                    |
 *              v                                    |
 *           loading --------- arms an image ------->+<-- disarms
 *              |                                    |
 *              |                                    v
 *              +------------- refused -----------> freeing
 *                                                   |
 *                                 a crash image:    v
 *                               placing ----> protecting ----> idle
 *
 *   loading     the image is built
 *   freeing     memory that nothing uses any more goes back to the heap; this
 *               comes before everything else
 *   placing     a crash image that has replaced another is copied to the crash
 *               area; one for an empty slot is loaded straight into it
 *   protecting  what else a crash enters is made read-only
 *
 * A new operation abandons a load that is unfinished, and takes over all other
 * work.  If it is a load that is refused, the image that is armed still gets
 * placed and protected.
 *
 * Between two steps the operation may be preempted.  Its continuation passes
 * the cookie back and resumes it, possibly on another CPU.
 *
 * Locking: kexec_lock protects who works on a slot, and what is armed.  It is
 * never held across anything that takes time or another lock.  The CPU that
 * has claimed a slot owns all of it but the pointer to the armed image: an
 * exec freezes that under the lock, and a crash reads it without.
 *
 * The slots can be locked, until the next boot.  From then on nothing is armed
 * or disarmed; what is armed is still placed, protected and entered.
 */

#include <xen/errno.h>
#include <xen/event.h>
#include <xen/init.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/spinlock.h>
#include <xen/xmalloc.h>
#include <xen/elfstructs.h> /* Needs types. */

#include <public/kexec.h>

#include "kexec-private.h"

/*
 * A cookie is the slot, whether the operation has succeeded and only cleans
 * up, and a number that is never 0.
 */
#define COOKIE_SLOT     1U
#define COOKIE_DONE     2U
#define COOKIE_SHIFT    2
#define COOKIE_NUMBERS  (1U << 22)

#define NR_SLOTS        2

struct kexec_slot {
    const char *name;
    struct kimage *armed;          /* What a trigger enters, or NULL. */

    uint32_t cookie;               /* Of the preempted operation, or 0. */
    domid_t domid;                 /* Whose operation it is. */
    int result;                    /* What the operation will return. */

    bool busy;                     /* A CPU works on it right now. */
    bool area_open;                /* The crash area is writable. */
    bool placing;                  /* What is armed has to be placed. */
    bool protecting;               /* What is armed has to be protected. */

    /* The load that is unfinished.  The slot owns both. */
    struct kexec_source *source;
    struct kimage_load *load;      /* NULL while the request is read. */

    struct kimage_place place;     /* How far placing is. */
    struct kimage_extents trash;   /* Memory to be freed. */
};

static DEFINE_SPINLOCK(kexec_lock);
static struct kexec_slot slots[NR_SLOTS] = {
    [KEXEC_TYPE_DEFAULT] = { .name = "default" },
    [KEXEC_TYPE_CRASH] = { .name = "crash" },
};

/* Of the last cookie; protected by kexec_lock. */
static unsigned int cookie_number;

/* An image is about to be entered: what is armed stays as it is. */
static bool __read_mostly frozen;

/* So it does when the slots are locked, until the next boot. */
static bool __read_mostly locked;
static bool __ro_after_init lock_when_armed;
static const char locked_rule[] = "locked until the next boot";

bool kexec_has_slot(unsigned int type)
{
    return type < NR_SLOTS;
}

static bool is_crash_slot(const struct kexec_slot *slot)
{
    return slot == &slots[KEXEC_TYPE_CRASH];
}

/*
 * Logging
 */

int kexec_log_refusal(unsigned int type, const struct kimage_refusal *why,
                      int rc)
{
    const char *name = kexec_has_slot(type) ? slots[type].name : "unknown";

    if ( why->segment >= 0 )
        printk("kexec: load %s: refused: segment %d: %s (%d)\n",
               name, why->segment, why->rule, rc);
    else
        printk("kexec: load %s: refused: %s (%d)\n", name, why->rule, rc);

    return rc;
}

static void log_loaded(const struct kexec_slot *slot, bool replaced)
{
    const struct kimage *image = slot->armed;

    printk("kexec: %s: %s: %u segments, %"PRIu64" bytes, entry %"PRIpaddr", %s\n",
           slot->name, replaced ? "replaced" : "loaded", image->nr_segments,
           image->buf_bytes, image->entry_maddr,
           image->arch == EM_386 ? "32-bit" : "64-bit");
    printk("kexec: %s: %u records copy %"PRIu64" and zero %"PRIu64" bytes, %"PRIu64" in place\n",
           slot->name, image->plan.nr_records, image->plan.copy_bytes,
           image->plan.zero_bytes, image->in_place_bytes);
    if ( image->has_digest )
        printk("kexec: %s: sha256 %" STR(SHA2_256_DIGEST_SIZE) "phN\n",
               slot->name, image->digest.bytes);
}

static int log_locked(const struct kexec_slot *slot, const char *operation)
{
    printk("kexec: %s %s: refused: %s (%d)\n", operation, slot->name,
           locked_rule, -EPERM);

    return -EPERM;
}

/*
 * Claims
 */

/*
 * Claim @slot; with a @cookie, only to go on with the operation it names.
 * -ERESTART: not now, but the operation can go on if the exec fails.
 */
static int slot_claim(struct kexec_slot *slot, uint32_t cookie)
{
    const struct domain *d = current->domain;
    int rc = 0;

    spin_lock(&kexec_lock);
    if ( slot->busy ||
         (cookie && (slot->cookie != cookie || slot->domid != d->domain_id)) )
        rc = -EBUSY;
    else if ( frozen )
        rc = cookie ? -ERESTART : -EBUSY;
    else
    {
        slot->busy = true;
        slot->domid = d->domain_id;
    }
    spin_unlock(&kexec_lock);

    return rc;
}

static void slot_release(struct kexec_slot *slot, uint32_t cookie)
{
    ASSERT(slot->busy);

    spin_lock(&kexec_lock);
    slot->cookie = cookie;
    slot->busy = false;
    spin_unlock(&kexec_lock);
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

/* The cookie for the rest of the operation that @cookie, or none, names. */
static uint32_t next_cookie(const struct kexec_slot *slot, uint32_t cookie)
{
    if ( !cookie )
        cookie = new_cookie(slot);

    return slot->source || slot->result ? cookie : cookie | COOKIE_DONE;
}

/* What the operation with the stale @cookie returns. */
static int stale_result(uint32_t cookie)
{
    unsigned int n = cookie >> COOKIE_SHIFT;

    /* No operation has had such a cookie. */
    if ( !n || n > read_atomic(&cookie_number) )
        return -EBUSY;

    return cookie & COOKIE_DONE ? 0 : -EBUSY;
}

/*
 * What is armed
 */

int kexec_freeze(unsigned int type, struct kimage **image)
{
    int rc = 0;

    ASSERT(kexec_has_slot(type));

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
    ASSERT(kexec_has_slot(type));

    return read_atomic(&slots[type].armed);
}

void kexec_slot_status(unsigned int type, struct kexec_slot_status *status)
{
    const struct kimage *image;

    ASSERT(kexec_has_slot(type));

    *status = (struct kexec_slot_status){};

    /* What is armed is not freed while the lock is held. */
    spin_lock(&kexec_lock);
    image = slots[type].armed;
    if ( image )
        *status = (struct kexec_slot_status){
            .armed = true,
            .in_place = !machine_kexec_plan(&image->machine),
            .has_digest = image->has_digest,
            .arch = image->arch,
            .nr_segments = image->nr_segments,
            .buf_bytes = image->buf_bytes,
            .entry_maddr = image->entry_maddr,
            .digest = image->digest,
        };
    spin_unlock(&kexec_lock);
}

void kexec_slots_lock(void)
{
    bool was_locked;

    spin_lock(&kexec_lock);
    was_locked = locked;
    locked = true;
    spin_unlock(&kexec_lock);

    if ( !was_locked )
        printk("kexec: locked until the next boot\n");
}

bool kexec_slots_are_locked(void)
{
    return read_atomic(&locked);
}

void __init kexec_slots_lock_when_armed(bool lock)
{
    lock_when_armed = lock;
}

/*
 * From here on a trigger enters @image, or nothing if it is NULL.  *@replaced
 * tells if something else was armed.  -EBUSY: an exec is about to enter that.
 * -EPERM: the slots have been locked.
 */
static int arm(struct kexec_slot *slot, struct kimage *image, bool *replaced)
{
    struct kimage *old;
    int rc = 0;

    ASSERT(slot->busy);

    /* The image is complete before the pointer is there. */
    smp_wmb();

    spin_lock(&kexec_lock);
    old = slot->armed;
    if ( frozen )
        rc = -EBUSY;
    else if ( locked )
        rc = -EPERM;
    else
    {
        write_atomic(&slot->armed, image);
        locked = image && lock_when_armed;
    }
    spin_unlock(&kexec_lock);

    if ( rc )
        return rc;

    slot->placing = false;
    *replaced = old;
    if ( old )
        kimage_free(old, &slot->trash);

    return 0;
}

/*
 * The crash area is writable for Xen only while an image is loaded into it or
 * placed.
 */
static bool protect_crash_area(bool read_only)
{
    /* The area has whole pages, so nothing else is in its last one. */
    struct maddr_range pages = maddr_range_pages(kexec_crash_range());
    int rc = machine_kexec_protect(pages, read_only);

    if ( rc )
        printk(XENLOG_WARNING "kexec: the crash area cannot be made %s (%d)\n",
               read_only ? "read-only" : "writable", rc);

    return !rc;
}

static void open_crash_area(struct kexec_slot *slot)
{
    slot->area_open = protect_crash_area(false);

    /* A part of it may be writable by now. */
    if ( !slot->area_open )
        protect_crash_area(true);
}

static void close_crash_area(struct kexec_slot *slot)
{
    if ( slot->area_open )
        protect_crash_area(true);
    slot->area_open = false;
}

/*
 * Steps of a load
 */

void kexec_source_free(struct kexec_source *source)
{
#if KEXEC_XEN < 423
    if ( source && source->free )
        source->free(source);
#endif
    xfree(source);
}

/* An empty slot's crash image goes straight to where it will run. */
static void begin_load(struct kexec_slot *slot, struct kimage_load *load)
{
    ASSERT(slot->busy && slot->source && !slot->load);

    slot->load = load;
    if ( !is_crash_slot(slot) || slot->armed )
        return;

    open_crash_area(slot);
    if ( slot->area_open )
        kimage_load_directly(load);
}

static void end_load(struct kexec_slot *slot)
{
    close_crash_area(slot);
    kexec_source_free(slot->source);
    slot->source = NULL;
    slot->load = NULL;
}

static void refuse_load(struct kexec_slot *slot,
                        const struct kimage_refusal *why, int rc)
{
    slot->result = kexec_log_refusal(slot - slots, why, rc);
    if ( slot->load )
        kimage_load_abandon(slot->load, &slot->trash);
    end_load(slot);
}

#if KEXEC_XEN < 423
static int read_step(struct kexec_slot *slot)
{
    struct kexec_source *source = slot->source;
    struct kimage_load *load;
    struct kimage_refusal why;
    int rc = source->fetch(source, &why);

    if ( rc == -ERESTART )
        return rc;

    if ( !rc )
        rc = kimage_load_begin(&source->req, &source->source, &load, &why);

    if ( rc )
        refuse_load(slot, &why, rc);
    else
        begin_load(slot, load);

    return -ERESTART;
}
#endif

static void arm_loaded(struct kexec_slot *slot, struct kimage *image)
{
    bool replaced;

    slot->result = arm(slot, image, &replaced);
    if ( slot->result )
    {
        if ( slot->result == -EPERM )
            log_locked(slot, "load");
        kimage_free(image, &slot->trash);
        return;
    }

    log_loaded(slot, replaced);
    if ( lock_when_armed )
        printk("kexec: locked until the next boot\n");

    if ( is_crash_slot(slot) )
    {
        slot->placing = image->plan.first_maddr;
        slot->place = (struct kimage_place){};
        slot->protecting = true;
    }
}

static int cf_check load_step(struct kexec_slot *slot)
{
    struct kimage_refusal why;
    struct kimage *image;
    int rc;

#if KEXEC_XEN < 423
    if ( !slot->load )
        return read_step(slot);
#endif

    rc = kimage_load_step(slot->load, &why);
    switch ( rc )
    {
    case -ERESTART:
        break;

    case 0:
        image = kimage_load_end(slot->load);
        end_load(slot);
        arm_loaded(slot, image);
        break;

    default:
        /* A load into an empty slot takes only a few pages. */
        if ( rc == -ENOMEM && is_crash_slot(slot) && slot->armed )
            why.rule = "no memory beside the armed image: unload it first";
        refuse_load(slot, &why, rc);
        break;
    }

    return -ERESTART;
}

/*
 * Freeing, placing and protecting
 */

static int cf_check free_step(struct kexec_slot *slot)
{
    kimage_extents_free_some(&slot->trash);

    return -ERESTART;
}

/*
 * An image that is not in its place is entered through its plan, so a failure
 * here costs nothing but time in a crash.
 */
static int cf_check place_step(struct kexec_slot *slot)
{
    int rc;

    if ( !slot->area_open )
    {
        open_crash_area(slot);
        slot->placing = slot->area_open;
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

/* A crash also enters an image that could not be protected. */
static int cf_check protect_step(struct kexec_slot *slot)
{
    int rc = slot->armed ? kimage_protect_step(slot->armed) : 0;

    if ( rc == -ERESTART )
        return rc;

    if ( rc )
        printk(XENLOG_WARNING
               "kexec: %s: control pages cannot be made read-only (%d)\n",
               slot->name, rc);
    slot->protecting = false;

    return -ERESTART;
}

static int cf_check idle_step(struct kexec_slot *slot)
{
    return slot->result;
}

/*
 * Operations
 */

enum slot_state {
    SLOT_FREEING,
    SLOT_LOADING,
    SLOT_PLACING,
    SLOT_PROTECTING,
    SLOT_IDLE,
};

/* Each step is short (invariant 7), and returns -ERESTART until it is idle. */
static const struct {
    const char *name;
    int (*step)(struct kexec_slot *slot);
} states[] = {
    [SLOT_FREEING] = { "freeing", free_step },
    [SLOT_LOADING] = { "loading", load_step },
    [SLOT_PLACING] = { "placing", place_step },
    [SLOT_PROTECTING] = { "protecting", protect_step },
    [SLOT_IDLE] = { "idle", idle_step },
};

static enum slot_state slot_state(const struct kexec_slot *slot)
{
    if ( slot->trash.last )
        return SLOT_FREEING;

    if ( slot->source )
        return SLOT_LOADING;

    if ( slot->placing )
        return SLOT_PLACING;

    return slot->protecting ? SLOT_PROTECTING : SLOT_IDLE;
}

/* Work on a claimed slot, and release it. */
static int slot_work(struct kexec_slot *slot, uint32_t *cookie)
{
    int rc;

    ASSERT(slot->busy);

    while ( (rc = states[slot_state(slot)].step(slot)) == -ERESTART )
    {
        if ( hypercall_preempt_check() )
        {
            *cookie = next_cookie(slot, *cookie);
            slot_release(slot, *cookie);
            return -ERESTART;
        }
    }

    slot_release(slot, 0);

    return rc;
}

/* What is armed stays armed, and the rest of its placing waits. */
static void abandon_operation(struct kexec_slot *slot)
{
    ASSERT(slot->busy);

    if ( slot->source )
    {
        printk("kexec: %s: unfinished load abandoned while %s\n", slot->name,
               states[slot_state(slot)].name);
        if ( slot->load )
            kimage_load_abandon(slot->load, &slot->trash);
        end_load(slot);
    }

    close_crash_area(slot);
    slot->result = 0;
}

int kexec_slot_load(struct kexec_source *source, uint32_t *cookie)
{
    unsigned int type = source->req.type;
    struct kimage_refusal why;
    struct kimage_load *load = NULL;
    int rc = 0;

    source->req.crash_area = kexec_crash_range();

    /* A request that can be refused at once does not disturb an operation. */
    if ( kexec_slots_are_locked() )
    {
        rc = -EPERM;
        why = (struct kimage_refusal){ .segment = -1, .rule = locked_rule };
    }
    else
#if KEXEC_XEN < 423
    if ( !source->fetch )
#endif
        rc = kimage_load_begin(&source->req, &source->source, &load, &why);

    if ( !rc )
    {
        ASSERT(kexec_has_slot(type));

        rc = slot_claim(&slots[type], 0);
        why = (struct kimage_refusal){
            .segment = -1,
            .rule = "another operation is at work",
        };
    }

    if ( rc )
    {
        struct kimage_extents nothing = {};

        kexec_log_refusal(type, &why, rc);
        if ( load )
            kimage_load_abandon(load, &nothing);
        ASSERT(!nothing.last);
        kexec_source_free(source);
        return rc;
    }

    abandon_operation(&slots[type]);
    slots[type].source = source;
#if KEXEC_XEN < 423
    if ( load )
        begin_load(&slots[type], load);
#else
    begin_load(&slots[type], load);
#endif

    return slot_work(&slots[type], cookie);
}

int kexec_slot_unload(unsigned int type, uint32_t *cookie)
{
    struct kexec_slot *slot = &slots[type];
    bool loaded;
    int rc;

    ASSERT(kexec_has_slot(type));

    if ( kexec_slots_are_locked() )
        return log_locked(slot, "unload");

    rc = slot_claim(slot, 0);
    if ( rc )
        return rc;

    abandon_operation(slot);
    slot->result = arm(slot, NULL, &loaded);
    if ( slot->result == -EPERM )
        log_locked(slot, "unload");
    else if ( !slot->result )
        printk("kexec: %s: %s\n", slot->name,
               loaded ? "unloaded" : "nothing to unload");

    return slot_work(slot, cookie);
}

int kexec_slot_continue(uint32_t *cookie)
{
    struct kexec_slot *slot = &slots[*cookie & COOKIE_SLOT];
    int rc;

    BUILD_BUG_ON(NR_SLOTS != COOKIE_SLOT + 1);

    rc = slot_claim(slot, *cookie);
    if ( rc )
        return rc == -ERESTART ? rc : stale_result(*cookie);

    return slot_work(slot, cookie);
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
