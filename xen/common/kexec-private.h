/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between kexec.c, which owns the slots, and kexec-v1.c, which translates the
 * old commands into what the new ones do.
 */
#ifndef XEN_COMMON_KEXEC_PRIVATE_H
#define XEN_COMMON_KEXEC_PRIVATE_H

#include <xen/guest_access.h>
#include <xen/kimage.h>

/*
 * What a load reads from, with what it holds on to until the load ends.
 * @free() releases it, and may be NULL if it is just memory.
 */
struct kexec_source {
    struct kimage_source source;
    void (*free)(struct kexec_source *source);
};

/* End a source, and its memory. */
void kexec_source_free(struct kexec_source *source);

/*
 * Fetch the arguments of KEXEC_CMD_kexec_load_v1 and turn them into a
 * request, and into a source for it in *@source, to be freed by the caller.
 * -EFAULT, -EINVAL or -ENOMEM; @why says why.
 */
int kexec_v1_request(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                     struct kimage_request *req, struct kexec_source **source,
                     struct kimage_refusal *why);

/* Fetch the type from the arguments of KEXEC_CMD_kexec_unload_v1. */
int kexec_v1_type(XEN_GUEST_HANDLE_PARAM(void) uarg, unsigned int *type);

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
