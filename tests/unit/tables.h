/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Page tables, read as a processor does.
 */
#ifndef UNIT_TABLES_H
#define UNIT_TABLES_H

#include <xen/maddr-range.h>

/* What a walk finds. */
struct tables_visitor {
    /* A page: where it is mapped, its size, what is there, its entry. */
    bool (*leaf)(const struct tables_visitor *v, uint64_t va, uint64_t bytes,
                 paddr_t maddr, uint64_t entry);
    /* A table; the top one first. */
    bool (*table)(const struct tables_visitor *v, paddr_t maddr);
    void *ctxt;
};

/* False if a visitor said so, or an entry is none that ought to be there. */
bool tables_walk(paddr_t root_maddr, const struct tables_visitor *visitor);

/* The machine address that @va translates to; ~0 if to none. */
paddr_t tables_translate(paddr_t root_maddr, uint64_t va);

/*
 * Do the tables map every page that @ranges touch to itself, with the largest
 * pages of up to @leaf_level that lie wholly in there, and nothing else, but
 * @alias_maddr at @alias_va (0: not even that)?  What of the ranges touches
 * @uncached has 4 KiB pages that are not cached.  Says what is wrong.
 */
bool tables_are_identity(paddr_t root_maddr, const struct maddr_range *ranges,
                         unsigned int nr, struct maddr_range uncached,
                         unsigned int leaf_level,
                         uint64_t alias_va, paddr_t alias_maddr);

#endif /* UNIT_TABLES_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
