/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the page frames of a PV dom0 are in the machine: by the lists that it
 * told Xen of, whose top one is in the note about Xen.
 */
#ifndef XEN_VMCORE_P2M_H
#define XEN_VMCORE_P2M_H

#include "dump.h"

/* Has dom0 told?  A PVH one has no need to. */
bool p2m_is_known(const struct dump *dump);

bool p2m_find(const struct dump *dump, uint64_t pfn, uint64_t *maddr);

/* Call @each for each frame until it returns true; whether it did. */
bool p2m_each(const struct dump *dump,
              bool (*each)(uint64_t maddr, void *arg), void *arg);

#endif /* XEN_VMCORE_P2M_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
