/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which Xen this is.  The files of kexec are written for the newest one; what
 * older ones need instead is under #if with its version.
 */
#ifndef XEN__KEXEC_COMPAT_H
#define XEN__KEXEC_COMPAT_H

#include <xen/compile.h>

/* Xen 4.23 is 423. */
#define KEXEC_XEN (XEN_VERSION * 100 + XEN_SUBVERSION)

#endif /* XEN__KEXEC_COMPAT_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
