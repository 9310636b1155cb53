/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between kexec.c, which owns the slots, and its parts: kexec-request.c and
 * kexec-v1.c fetch arguments, kexec-range.c and kexec-trigger.c carry out the
 * commands that change no slot.
 */
#ifndef XEN_COMMON_KEXEC_PRIVATE_H
#define XEN_COMMON_KEXEC_PRIVATE_H

#include <xen/guest_access.h>
#include <xen/kimage.h>
#include <xen/time.h>

/*
 * What a load reads from, with what it holds on to until the load ends.
 * @free() releases it, and may be NULL if it is just memory.
 */
struct kexec_source {
    struct kimage_source source;
    /*
     * Read on what the request is made of, a bounded stretch a call:
     * -ERESTART; 0 when @req is complete; or an error, and @why says why.
     * NULL if it was complete at once.
     */
    int (*fetch)(struct kexec_source *source, struct kimage_request *req,
                 struct kimage_refusal *why);
    void (*free)(struct kexec_source *source);
};

/* End a source, and its memory. */
void kexec_source_free(struct kexec_source *source);

/*
 * Fetch the arguments of KEXEC_CMD_kexec_load: the request, and a source for
 * it in *@source, to be freed by the caller also when this fails.  -EFAULT or
 * -ENOMEM; @why says why.
 */
int kexec_request(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                  struct kimage_request *req, struct kexec_source **source,
                  struct kimage_refusal *why);

/*
 * Fetch the arguments of KEXEC_CMD_kexec_load_v1 and begin to turn them into
 * a request, which goes on with the fetch() of the source for it in *@source,
 * to be freed by the caller.  -EFAULT, -EINVAL or -ENOMEM; @why says why.
 */
int kexec_v1_request(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                     struct kimage_request *req, struct kexec_source **source,
                     struct kimage_refusal *why);

/* Fetch the type from the arguments of KEXEC_CMD_kexec_unload_v1. */
int kexec_v1_type(XEN_GUEST_HANDLE_PARAM(void) uarg, unsigned int *type);

/*
 * The longest time that a slot was worked on without a preemption check
 * (invariant 7), by what was done: a stage of a load, or one of these.
 */
enum kexec_work {
    KEXEC_WORK_ARGUMENTS = KIMAGE_NR_STAGES, /* And the first step. */
    KEXEC_WORK_PLACE,
    KEXEC_WORK_PROTECT,
    KEXEC_WORK_FREE,
    KEXEC_WORK_NR,
};

struct kexec_stretches {
    s_time_t longest[KEXEC_WORK_NR];
};

/* A stretch that began at @begin ends: returns when, where the next begins. */
s_time_t kexec_stretch_end(struct kexec_stretches *stretches,
                           unsigned int work, s_time_t begin);

/* Print them, and begin anew. */
void kexec_stretches_print(struct kexec_stretches *stretches,
                           const char *name);

/* The crash area; empty if there is none. */
struct maddr_range kexec_crash_range(void);

/* KEXEC_CMD_kexec_get_range. */
long kexec_get_range(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat);

/* KEXEC_CMD_kexec.  Returns if there is nothing to enter. */
long kexec_exec(XEN_GUEST_HANDLE_PARAM(void) uarg);

/*
 * What is armed in the slot of @type, to be entered: from here on no slot
 * changes and no operation goes on, until kexec_thaw().  -ENOENT: nothing is;
 * -EBUSY: somebody else has come first.
 */
int kexec_freeze(unsigned int type, struct kimage **image);
void kexec_thaw(void);

/*
 * What is armed in the slot of @type, or NULL.  Without a lock: it may be
 * freed at any time, but in a crash, once no other CPU runs.
 */
struct kimage *kexec_armed_image(unsigned int type);

#endif /* XEN_COMMON_KEXEC_PRIVATE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
