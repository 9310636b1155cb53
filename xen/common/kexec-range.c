/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * KEXEC_CMD_kexec_get_range: where the crash area, Xen, the notes and EFI's
 * system table are.  kexec-tools describe the dump with these ranges, and
 * xen-kexec tells the next kernel of EFI.
 */

#include <xen/crash-notes.h>
#include <xen/efi.h>
#include <xen/errno.h>
#include <xen/guest_access.h>
#include <xen/kernel.h>
#include <xen/kexec.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sched.h>
#include <xen/vmcoreinfo.h>

#include <public/kexec.h>

#include "kexec-private.h"

#ifdef CONFIG_COMPAT
#include <compat/kexec.h>
#endif

static int get_range(xen_kexec_range_t *range)
{
    struct maddr_range found;
    int rc = 0;

    switch ( range->range )
    {
    case KEXEC_RANGE_MA_CRASH:
        found = kexec_crash_range();
        break;

    case KEXEC_RANGE_MA_XEN:
        found.start = virt_to_maddr(_start);
        found.end = found.start + (_end - _start);
        break;

    case KEXEC_RANGE_MA_CPU:
        rc = crash_notes_cpu_range(range->nr, &found);
        break;

    case KEXEC_RANGE_MA_VMCOREINFO:
        found = vmcoreinfo_range();
        break;

    case KEXEC_RANGE_MA_EFI_SYSTAB:
        found.start = efi.system;
        found.end = efi.system + (efi.system ? EFI_SYSTEM_TABLE_SIZE : 0);
        break;

    default:
        return -EINVAL;
    }

    range->start = found.start;
    range->size = maddr_range_size(found);

    return rc;
}

static long answer_native(XEN_GUEST_HANDLE_PARAM(void) uarg)
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
static long answer_compat(XEN_GUEST_HANDLE_PARAM(void) uarg)
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

    /* The compat fields cannot hold such a range. */
    if ( (range.start | range.size) >> 32 )
        return -ERANGE;

    XLAT_kexec_range(&compat, &range);

    return copy_to_guest(uarg, &compat, 1) ? -EFAULT : 0;
}
#endif

long kexec_get_range(XEN_GUEST_HANDLE_PARAM(void) uarg, bool compat)
{
#ifdef CONFIG_COMPAT
    if ( compat )
        return answer_compat(uarg);
#endif

    return answer_native(uarg);
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
