/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The arguments of KEXEC_CMD_kexec_load, native and compat, and the buffers
 * that they name.
 */

#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/lib.h>
#include <xen/sched.h>
#include <xen/xmalloc.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>
#endif

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

int kexec_request(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                  struct kimage_request *req, struct kexec_source **source,
                  struct kimage_refusal *why)
{
    struct guest_source *guest;
    xen_kexec_load_t load;

#ifdef CONFIG_COMPAT
    BUILD_BUG_ON(sizeof(compat_kexec_load_t) != sizeof(load));
    BUILD_BUG_ON(sizeof(compat_kexec_segment_t) !=
                 sizeof(xen_kexec_segment_t));
#endif

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

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
