/* SPDX-License-Identifier: GPL-2.0-only */
/* The report as a folder of files, as xen-crashdump-analyser lays it out. */
#ifndef XEN_VMCORE_OUTDIR_H
#define XEN_VMCORE_OUTDIR_H

#include "report.h"

/*
 * Write:
 *
 *   xen.log              Xen: identity, reason, CPUs, console
 *   xen.pcpuN.stack.log  the words of a CPU's stack
 *   domN.log             a domain and its vCPUs; dom0.log: dom0's log as well
 *   report.txt           the report for people, whole
 *   report.json          and the one for programs
 *
 * The folder is made if it is not there.  False, with a line in @error for
 * each file that could not be written; all others are there.
 */
bool outdir_write(const struct report *report, const char *folder,
                  struct text *error);

#endif /* XEN_VMCORE_OUTDIR_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
