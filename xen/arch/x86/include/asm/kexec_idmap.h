/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity map that an image is entered with: ranges in, 4-level page
 * tables out.
 */
#ifndef ASM__X86__KEXEC_IDMAP_H
#define ASM__X86__KEXEC_IDMAP_H

#include <xen/maddr-range.h>
#include <xen/types.h>

#include <asm/machine_kexec.h>

struct kexec_idmap {
    paddr_t root_maddr;         /* 0 before the first step. */
    /* Sorted, disjoint, whole pages. */
    struct maddr_range *ranges;
    unsigned int nr_ranges;
    struct maddr_range uncached;        /* Whole pages. */
    /* The next range, and the next address in it. */
    unsigned int range;
    paddr_t pos;
    /* The level of the largest pages: 2 for 2 MiB, 3 for 1 GiB. */
    unsigned int leaf_level;
    machine_kexec_alloc_fn *alloc;
    void *ctxt;
};

/* The first address that 4-level tables cannot map to itself. */
#define KEXEC_IDMAP_END (1UL << 47)

/*
 * Prepare to map @nr @ranges, which may be unordered, unaligned and
 * overlapping.  They are rounded out to pages, sorted and merged in place, and
 * must stay until the last step.  What of them touches @uncached gets uncached
 * pages of 4 KiB.  @leaf_level is the level of the largest page that the
 * processor has.
 */
void kexec_idmap_begin(struct kexec_idmap *idmap, struct maddr_range ranges[],
                       unsigned int nr, struct maddr_range uncached,
                       unsigned int leaf_level, machine_kexec_alloc_fn *alloc,
                       void *ctxt);

/*
 * Map the next part (invariant 7).  -ERESTART: there is more.  0: all of it is
 * mapped.  -ENOMEM: @alloc had no page.  Once it has one, call this again.
 */
int kexec_idmap_step(struct kexec_idmap *idmap);

/*
 * After the ranges: map the page @maddr at @va, unless something is mapped
 * there.  0 or -ENOMEM, as for a step.
 */
int kexec_idmap_add_page(struct kexec_idmap *idmap, unsigned long va,
                         paddr_t maddr);

#endif /* ASM__X86__KEXEC_IDMAP_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
