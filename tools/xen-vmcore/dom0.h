/* SPDX-License-Identifier: GPL-2.0-only */
/* A PV Linux that was dom0: its vmcoreinfo, and its memory. */
#ifndef XEN_VMCORE_DOM0_H
#define XEN_VMCORE_DOM0_H

#include "dump.h"

struct dom0 {
    const struct dump *dump;
    const struct vmcoreinfo *info;
    struct vmcoreinfo found;    /* ... that @info is, if in no note */
    uint64_t root;              /* The top of its page tables; 0: not known */
    struct text why_not;        /* Why that is so */
};

/*
 * What cannot be found is missing, with the reason in @why_not: dom0 may be
 * something else than Linux, so that is no problem of the dump.
 */
void dom0_open(const struct dump *dump, struct dom0 *dom0);
void dom0_close(struct dom0 *dom0);

/* Read its memory by the kernel's virtual addresses. */
bool dom0_read(const struct dom0 *dom0, uint64_t va, void *to,
                size_t bytes);
bool dom0_read_u64(const struct dom0 *dom0, uint64_t va, uint64_t *value);
bool dom0_read_u32(const struct dom0 *dom0, uint64_t va, uint32_t *value);

#endif /* XEN_VMCORE_DOM0_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
