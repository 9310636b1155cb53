/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel log of a Linux that was dom0. */
#ifndef XEN_VMCORE_DOM0LOG_H
#define XEN_VMCORE_DOM0LOG_H

#include "dom0.h"

/*
 * Add the log to @log; if there is none to be had, say why in @why_not.
 * dom0 may be something else than Linux, so that is no problem of the dump.
 */
void dom0log_read(const struct dom0 *dom0, struct text *log,
                  struct text *why_not);

#endif /* XEN_VMCORE_DOM0LOG_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
