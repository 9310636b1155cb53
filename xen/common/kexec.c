/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kexec hypercall: who may call it, its commands, and their arguments.
 *
 * A load or an unload takes many short steps.  When other work is waiting, the
 * hypercall returns to the guest as a continuation, which carries a cookie in
 * the bits of the command that no command uses.  All other state of the
 * operation stays in Xen, in kexec-slots.c.
 *
 * Invariants, to which comments refer by number:
 *
 *  1. No source, control, plan or page-table page lies in a destination; all
 *     of them are usable memory.
 *  2. A load that does not succeed leaves everything as it was: the armed
 *     image, free pages, and the crash area if an image is armed.
 *  3. At any time the crash slot is empty or holds an image that can be
 *     entered.
 *  4. The image's tables map everything that the stub accesses after the CR3
 *     load.
 *  5. The identity map maps nothing outside its ranges.
 *  6. The copy writes the segments' bytes and no others.
 *  7. The work between two preemption checks is bounded.
 *  8. Each page of an image is freed exactly once; after an unload the heap
 *     has all of them back.
 *  9. Exactly one CPU hands over; no other CPU fetches from memory that the
 *     copy may overwrite.
 * 10. The state at entry is the contract's, bit for bit.
 * 11. When a host is locked, what is armed stays armed, until the next boot.
 */

#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/hypercall.h>
#include <xen/kexec-compat.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/sched.h>
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

/* No image is of this type. */
#define TYPE_UNKNOWN    (~0U)

/*
 * Arguments of a load
 */

/* A request whose segments' buffers are in the memory of the caller. */
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
 * Native and compat arguments have the same layout, except for handles: a
 * compat guest fills 32 bits of the field, and the other 32 have no meaning.
 */
static void *handle_ptr(uint64_t handle, bool compat)
{
    return (void *)(unsigned long)(compat ? (uint32_t)handle : handle);
}

static int read_segments(const struct xen_kexec_load *load, bool compat,
                         struct guest_source *guest)
{
    XEN_GUEST_HANDLE_PARAM(xen_kexec_segment_t) segments =
        guest_handle_from_ptr(handle_ptr(load->segments._pad, compat),
                              xen_kexec_segment_t);
    struct kimage_request *req = &guest->base.req;
    unsigned int i;

    /* kimage_load_begin() refuses the number; here it bounds the loop. */
    if ( load->nr_segments > KIMAGE_MAX_SEGMENTS )
        return 0;

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

static int read_load(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                     struct guest_source *guest)
{
    struct kimage_request *req = &guest->base.req;
    xen_kexec_load_t load;

    if ( copy_from_guest(&load, uarg, 1) )
        return -EFAULT;

    req->type = kexec_slot_type(load.type);
    req->bzimage = kexec_type_is_bzimage(load.type);
    req->arch = load.arch;
    req->entry_maddr = load.entry_maddr;
    req->nr_segments = load.nr_segments;

    return read_segments(&load, compat, guest);
}

/*
 * Read the arguments of KEXEC_CMD_kexec_load.  The caller frees *@source, also
 * on failure, unless it is NULL.  -EFAULT or -ENOMEM; *@why has the rule.
 */
static int guest_source(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat,
                        struct kexec_source **source,
                        struct kimage_refusal *why)
{
    struct guest_source *guest = xzalloc(struct guest_source);
    int rc;

    *source = guest ? &guest->base : NULL;
    *why = (struct kimage_refusal){ .segment = -1, .rule = "no memory" };
    if ( !guest )
        return -ENOMEM;

    guest->base.source.read = read_guest;
    rc = read_load(uarg, compat, guest);
    if ( rc )
        why->rule = "arguments are not readable";

    return rc;
}

/* The same for KEXEC_CMD_kexec_load_v1 as well, where Xen has it. */
static int read_source(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uarg,
                       bool compat, struct kexec_source **source,
                       struct kimage_refusal *why)
{
#if KEXEC_XEN < 423
    if ( cmd == KEXEC_CMD_kexec_load_v1 )
        return kexec_v1_source(uarg, compat, source, why);
#endif

    return guest_source(uarg, compat, source, why);
}

/*
 * Commands
 */

/* Return @rc of an operation, or continue it if it was preempted. */
static long finish(int rc, unsigned int cmd, uint32_t cookie,
                   XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    if ( rc != -ERESTART )
        return rc;

    return hypercall_create_continuation(
        __HYPERVISOR_kexec_op, "lh",
        cmd | ((unsigned long)cookie << CMD_BITS), uarg);
}

static long do_load(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uarg,
                    bool compat)
{
    struct kexec_source *source;
    struct kimage_refusal why;
    uint32_t cookie = 0;
    int rc = read_source(cmd, uarg, compat, &source, &why);

    if ( !rc )
    {
        source->req.digest = kexec_policy_digest();
        why = (struct kimage_refusal){
            .segment = -1,
            .rule = kexec_policy_type(&source->req),
        };
        rc = why.rule ? -EPERM : 0;
    }

    if ( rc )
    {
        bool type_is_known = source && rc != -EFAULT;

        kexec_log_refusal(type_is_known ? source->req.type : TYPE_UNKNOWN,
                          &why, rc);
        kexec_source_free(source);
    }
    else
        rc = kexec_slot_load(source, &cookie);

    return finish(rc, cmd, cookie, uarg);
}

static int read_unload_type(unsigned int cmd,
                            XEN_GUEST_HANDLE_PARAM(void) uarg,
                            unsigned int *type)
{
    xen_kexec_unload_t unload;

#if KEXEC_XEN < 423
    if ( cmd == KEXEC_CMD_kexec_unload_v1 )
        return kexec_v1_type(uarg, type);
#endif

    if ( copy_from_guest(&unload, uarg, 1) )
        return -EFAULT;

    *type = kexec_slot_type(unload.type);

    return 0;
}

static long do_unload(unsigned int cmd, XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    unsigned int type;
    uint32_t cookie = 0;
    int rc = read_unload_type(cmd, uarg, &type);

    if ( !rc )
        rc = kexec_has_slot(type) ? kexec_slot_unload(type, &cookie) : -EINVAL;

    return finish(rc, cmd, cookie, uarg);
}

static long do_status(XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    xen_kexec_status_t status;

    if ( copy_from_guest(&status, uarg, 1) )
        return -EFAULT;

    status.type = kexec_slot_type(status.type);
    if ( !kexec_has_slot(status.type) )
        return -EINVAL;

    return !!kexec_armed_image(status.type);
}

static long do_continue(unsigned int cmd, uint32_t cookie,
                        XEN_GUEST_HANDLE_PARAM(void) uarg)
{
    int rc;

    switch ( cmd )
    {
    case KEXEC_CMD_kexec_load:
    case KEXEC_CMD_kexec_unload:
#if KEXEC_XEN < 423
    case KEXEC_CMD_kexec_load_v1:
    case KEXEC_CMD_kexec_unload_v1:
#endif
        rc = kexec_slot_continue(&cookie);
        break;

    default:
        rc = -EOPNOTSUPP;
        break;
    }

    return finish(rc, cmd, cookie, uarg);
}

/*
 * Entry points
 */

static long kexec_op(unsigned long op, XEN_GUEST_HANDLE_PARAM(void) uarg,
                     bool compat)
{
    unsigned int cmd = op & CMD_MASK;
    uint32_t cookie = op >> CMD_BITS;
    long rc = xsm_kexec(XSM_PRIV);

    if ( rc )
        return rc;

    /* No command, and no continuation of one, is as large as that. */
    if ( op >> 32 )
        return -EOPNOTSUPP;

    rc = kexec_policy_command(cmd);
    if ( rc )
        return rc;

    if ( cookie )
        return do_continue(cmd, cookie, uarg);

    switch ( cmd )
    {
    case KEXEC_CMD_kexec:
        return kexec_exec(uarg);

#if KEXEC_XEN < 423
    case KEXEC_CMD_kexec_load_v1:
#endif
    case KEXEC_CMD_kexec_load:
        return do_load(cmd, uarg, compat);

#if KEXEC_XEN < 423
    case KEXEC_CMD_kexec_unload_v1:
#endif
    case KEXEC_CMD_kexec_unload:
        return do_unload(cmd, uarg);

    case KEXEC_CMD_kexec_get_range:
        return kexec_get_range(uarg, compat);

    case KEXEC_CMD_kexec_status:
        return do_status(uarg);

    default:
        return -EOPNOTSUPP;
    }
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
