/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kexec-*.c files offer one another.  From the top:
 *
 *   kexec.c          the hypercall: commands, their arguments, XSM
 *   kexec-policy.c   what the host allows: kexec=, and hypfs
 *   kexec-v1.c       the arguments of the obsolete load and unload commands
 *   kexec-range.c    KEXEC_CMD_kexec_get_range
 *   kexec-trigger.c  exec and crash
 *   kexec-slots.c    the slots, and the operations on them
 *
 * None of them calls one that is above it.
 */
#ifndef COMMON__KEXEC_PRIVATE_H
#define COMMON__KEXEC_PRIVATE_H

#include <xen/guest_access.h>
#include <xen/kexec-compat.h>
#include <xen/kimage.h>

#include <public/kexec.h>

/*
 * A request, and what its bytes are read from.  Whoever has it owns it, until
 * kexec_slot_load() takes it over.
 */
struct kexec_source {
    struct kimage_source source;
    struct kimage_request req;
#if KEXEC_XEN < 423
    /*
     * Read the next part of the request; one call is short enough for a step
     * (invariant 7).  -ERESTART: there is more to read.  0: @req is complete.
     * Another error: *@why has the rule.  NULL if @req is complete already.
     */
    int (*fetch)(struct kexec_source *source, struct kimage_refusal *why);
    /* Free what the source holds besides itself; may be NULL. */
    void (*free)(struct kexec_source *source);
#endif
};

#if KEXEC_XEN < 423
/*
 * Read the arguments of KEXEC_CMD_kexec_load_v1, and begin to turn them into a
 * request.  The caller frees *@source, also on failure, unless it is NULL.
 * -EFAULT, -EINVAL or -ENOMEM; *@why has the rule.
 */
int kexec_v1_source(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                    struct kexec_source **source, struct kimage_refusal *why);

/* Read the type from the arguments of KEXEC_CMD_kexec_unload_v1. */
int kexec_v1_type(XEN_GUEST_HANDLE_PARAM(void) uarg, unsigned int *type);
#endif

/* KEXEC_CMD_kexec_get_range. */
long kexec_get_range(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat);

/* KEXEC_CMD_kexec.  Returns only if there is nothing to enter. */
long kexec_exec(XEN_GUEST_HANDLE_PARAM(void) uarg);

/* kexec-policy.c: does kexec=off forbid @cmd?  0, or -EPERM, and logged. */
int kexec_policy_command(unsigned int cmd);

/* The rule of kexec= that forbids an image of that type, or NULL. */
const char *kexec_policy_type(const struct kimage_request *req);

/* Does a default image get a digest, too? */
bool kexec_policy_digest(void);

/*
 * KEXEC_TYPE_CRASH_EFI: the first segment of a crash image is a bzImage, which
 * Xen enters itself, and the address of the entry is that of its boot
 * parameters.  Such an image is armed in the slot for crash images.
 */
static inline bool kexec_type_is_bzimage(unsigned int type)
{
#ifdef CONFIG_KEXEC_BZIMAGE
    return type == KEXEC_TYPE_CRASH_EFI;
#else
    return false;
#endif
}

/* The slot for images of a type of the interface. */
static inline unsigned int kexec_slot_type(unsigned int type)
{
    return kexec_type_is_bzimage(type) ? KEXEC_TYPE_CRASH : type;
}

/*
 * kexec-slots.c.  A type is KEXEC_TYPE_DEFAULT or KEXEC_TYPE_CRASH, and has a
 * slot of its own.
 */

/* Free a source that no slot has taken over; NULL is allowed. */
void kexec_source_free(struct kexec_source *source);

/* Log why a load of any @type was refused; returns @rc. */
int kexec_log_refusal(unsigned int type, const struct kimage_refusal *why,
                      int rc);

/*
 * Load what @source describes, or unload what is armed.  -ERESTART: other work
 * is waiting, and kexec_slot_continue() with *@cookie goes on.  -EBUSY:
 * another CPU works on the slot, or the slots are frozen.  -EPERM: they are
 * locked.  Anything else is the result of the operation; a refused load has
 * been logged.
 * kexec_slot_load() consumes @source.
 */
int kexec_slot_load(struct kexec_source *source, uint32_t *cookie);
int kexec_slot_unload(unsigned int type, uint32_t *cookie);

/*
 * Go on with the operation that *@cookie names, from any vCPU of the domain
 * that began it.  Returns as above.  When a newer operation has taken the slot
 * over: 0 if the old one had succeeded by then, otherwise -EBUSY.
 */
int kexec_slot_continue(uint32_t *cookie);

/*
 * Keep all slots as they are, and return what is armed for @type in *@image.
 * -ENOENT: nothing is.  -EBUSY: the slots are frozen already.
 */
int kexec_freeze(unsigned int type, struct kimage **image);
void kexec_thaw(void);

/*
 * Lock all slots until the next boot: nothing is armed or disarmed after this
 * has returned.  lock_when_armed(): the first image that is armed locks.
 */
void kexec_slots_lock(void);
bool kexec_slots_are_locked(void);
void kexec_slots_lock_when_armed(bool lock);

/* What is armed for a type, at one moment. */
struct kexec_slot_status {
    bool armed;                 /* If not, the rest is 0. */
    bool in_place;              /* Nothing is left to be copied. */
    bool has_digest;
    uint16_t arch;              /* EM_* */
    unsigned int nr_segments;
    uint64_t buf_bytes;
    paddr_t entry_maddr;
    struct kimage_digest digest;
};
void kexec_slot_status(unsigned int type, struct kexec_slot_status *status);

/*
 * What is armed for @type, or NULL.  No lock is taken: the image may be freed
 * at any time, unless this is the only CPU that still runs.
 */
struct kimage *kexec_armed_image(unsigned int type);

/* Is there a slot for @type? */
bool kexec_has_slot(unsigned int type);

#endif /* COMMON__KEXEC_PRIVATE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
