/* SPDX-License-Identifier: GPL-2.0-only */
/* What the toolstack calls the domains. */
#ifndef XEN_VMCORE_DOMAIN_NAMES_H
#define XEN_VMCORE_DOMAIN_NAMES_H

#include "domains.h"

void domain_names_find(const struct dump *dump, struct domains *domains);

#endif /* XEN_VMCORE_DOMAIN_NAMES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
