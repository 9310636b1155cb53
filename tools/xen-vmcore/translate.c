/* SPDX-License-Identifier: GPL-2.0-only */
/* Page tables: Intel SDM vol. 3A, 4.5, 4-level paging. */

#include "dump.h"

#define PTE_PRESENT 1u
#define PTE_LARGE   (1u << 7)
#define ADDR_MASK   0x000ffffffffff000ULL
#define TOP_SHIFT   39

bool page_tables_walk(const struct vmcore *vmcore, uint64_t root, uint64_t va,
                      uint64_t *maddr, uint64_t *left)
{
    uint64_t table = root & ADDR_MASK, entry;
    unsigned int shift;

    for ( shift = TOP_SHIFT; ; shift -= 9 )
    {
        uint64_t mask = (1ULL << shift) - 1;

        if ( !vmcore_read(vmcore, table + ((va >> shift) & 511) * 8, &entry,
                          sizeof(entry)) || !(entry & PTE_PRESENT) )
            return false;

        if ( shift == 12 || (shift < TOP_SHIFT && (entry & PTE_LARGE)) )
        {
            *maddr = (entry & ADDR_MASK & ~mask) | (va & mask);
            *left = mask + 1 - (va & mask);
            return true;
        }
        table = entry & ADDR_MASK;
    }
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
