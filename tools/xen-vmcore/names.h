/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of Xen's functions: from xen-syms, or from Xen's own table. */
#ifndef XEN_VMCORE_NAMES_H
#define XEN_VMCORE_NAMES_H

#include "dump.h"

struct names;

/* Never NULL; a problem is noted when there is no table to be had. */
struct names *names_open(struct dump *dump);
void names_close(struct names *names);

/* NULL when it is not known; how far @va is into it in @into. */
const char *names_find(const struct names *names, uint64_t va,
                       uint64_t *into);

#endif /* XEN_VMCORE_NAMES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
