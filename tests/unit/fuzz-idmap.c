/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity map of ranges that the input is: two numbers each, start and
 * size, as a few bits with a shift.  Held against the reference walk.
 */

#include <asm/kexec_idmap.h>

#include "heap.h"
#include "tables.h"

#define MAX_RANGES 64

static unsigned long nr_tables, nr_left;

static paddr_t alloc_table(void *ctxt)
{
    paddr_t maddr = MB(1) + nr_tables++ * PAGE_SIZE;

    if ( nr_left && !--nr_left )
        return 0;
    memset(maddr_to_virt(maddr), 0, PAGE_SIZE);

    return maddr;
}

/* 24 bits, shifted by the other 8. */
static uint64_t number(const uint8_t *bytes, unsigned int max_shift)
{
    uint32_t raw;

    memcpy(&raw, bytes, sizeof(raw));

    return (uint64_t)(raw >> 8) << ((raw & 0xff) % (max_shift + 1));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct maddr_range ranges[MAX_RANGES], copy[MAX_RANGES];
    struct kexec_idmap idmap;
    unsigned int nr = 0, level;
    int rc;

    if ( size < 2 )
        return 0;
    level = 2 + (data[0] & 1);
    nr_left = data[0] & 2 ? data[1] : 0;
    nr_tables = 0;

    for ( data += 2, size -= 2; size >= 8 && nr < MAX_RANGES;
          data += 8, size -= 8 )
    {
        ranges[nr].start = number(data, 40);
        /* With 2 MiB pages, not more of them than can be walked quickly. */
        ranges[nr].end = ranges[nr].start + number(data + 4,
                                                   level == 2 ? 8 : 17);
        nr++;
    }

    memcpy(copy, ranges, sizeof(copy));
    kexec_idmap_begin(&idmap, copy, nr, level, alloc_table, NULL);
    while ( (rc = kexec_idmap_step(&idmap)) == -ERESTART )
        ;

    if ( rc )
        assert(rc == -ENOMEM);
    else
        assert(tables_are_identity(idmap.root_maddr, ranges, nr, level, 0,
                                   0));

    return 0;
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
