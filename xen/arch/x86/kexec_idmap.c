/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Identity map: ranges of machine addresses in, page tables out.
 *
 * The largest pages that lie wholly in a range map it, so that the tables map
 * nothing else (invariant 5): a processor may speculatively access whatever is
 * mapped.
 *
 * Entries are those of Intel SDM vol. 3A, section 5.5 (4-level paging), and
 * AMD APM vol. 2, section 5.3: present, writable, executable, and cacheable
 * except for devices.  Accessed and dirty are set, so that the processor never
 * has to.
 */

#include <xen/errno.h>
#include <xen/kexec-compat.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sort.h>

#include <asm/kexec_idmap.h>

#define ENTRIES     (PAGE_SIZE / sizeof(uint64_t))

#define PTE_PRESENT 0x001UL
#define PTE_WRITE   0x002UL
#define PTE_UC      0x018UL     /* PAT entry 3: UC after a reset, and Xen's. */
#define PTE_ACCESS  0x020UL
#define PTE_DIRTY   0x040UL
#define PTE_LARGE   0x080UL     /* In levels 2 and 3. */
#define PTE_ADDR    0x000ffffffffff000UL

#define PTE_TABLE   (PTE_PRESENT | PTE_WRITE | PTE_ACCESS)
#define PTE_LEAF    (PTE_TABLE | PTE_DIRTY)

#define ROOT_LEVEL  4

/* Entries to write, and tables to allocate, in one step (invariant 7). */
#define STEP_ENTRIES 4096
#define STEP_TABLES  32

static const struct {
    unsigned int shift;         /* Of the address bits that index a table. */
    uint64_t leaf_flags;
} levels[] = {
    [1] = { .shift = 12, .leaf_flags = PTE_LEAF },
    [2] = { .shift = 21, .leaf_flags = PTE_LEAF | PTE_LARGE },
    [3] = { .shift = 30, .leaf_flags = PTE_LEAF | PTE_LARGE },
    [4] = { .shift = 39 },
};

static unsigned int index_at(unsigned long va, unsigned int level)
{
    return (va >> levels[level].shift) % ENTRIES;
}

static paddr_t page_bytes(unsigned int level)
{
    return (paddr_t)1 << levels[level].shift;
}

/* The table of @level that translates @va; NULL if it cannot be allocated. */
static uint64_t *table_at(struct kexec_idmap *idmap, unsigned long va,
                          unsigned int level, unsigned int *allocated)
{
    uint64_t *table = maddr_to_virt(idmap->root_maddr);
    unsigned int l;

    for ( l = ROOT_LEVEL; l > level; l-- )
    {
        uint64_t *entry = &table[index_at(va, l)];

        if ( !(*entry & PTE_PRESENT) )
        {
            paddr_t maddr = idmap->alloc(idmap->ctxt);

            if ( !maddr )
                return NULL;
            *entry = maddr | PTE_TABLE;
            ++*allocated;
        }

        ASSERT(!(*entry & PTE_LARGE));
        table = maddr_to_virt(*entry & PTE_ADDR);
    }

    return table;
}

/* Does the page of @level that begins at @pos touch what is not cached? */
static bool is_uncached(const struct kexec_idmap *idmap, paddr_t pos,
                        unsigned int level)
{
    return maddr_range_overlaps(
        (struct maddr_range){ .start = pos, .end = pos + page_bytes(level) },
        idmap->uncached);
}

/* The level of the largest page that begins at @pos and ends within @end. */
static unsigned int level_for(const struct kexec_idmap *idmap, paddr_t pos,
                              paddr_t end)
{
    unsigned int level = idmap->leaf_level;

    while ( level > 1 &&
            ((pos & (page_bytes(level) - 1)) ||
             end - pos < page_bytes(level) || is_uncached(idmap, pos, level)) )
        level--;

    return level;
}

/*
 * From idmap->pos on, map as many pages as have the same size and are in the
 * same table.  Returns their number; 0 if a table could not be allocated.
 */
static unsigned int fill_table(struct kexec_idmap *idmap, paddr_t end,
                               unsigned int *allocated)
{
    unsigned int level = level_for(idmap, idmap->pos, end);
    unsigned int first = index_at(idmap->pos, level), i = first;
    uint64_t *table = table_at(idmap, idmap->pos, level, allocated);

    if ( !table )
        return 0;

    do {
        table[i++] = idmap->pos | levels[level].leaf_flags |
                     (is_uncached(idmap, idmap->pos, level) ? PTE_UC : 0);
        idmap->pos += page_bytes(level);
    } while ( i < ENTRIES && idmap->pos < end &&
              level_for(idmap, idmap->pos, end) == level );

    return i - first;
}

int kexec_idmap_step(struct kexec_idmap *idmap)
{
    unsigned int entries = 0, allocated = 0;

    if ( !idmap->root_maddr )
        idmap->root_maddr = idmap->alloc(idmap->ctxt);
    if ( !idmap->root_maddr )
        return -ENOMEM;

    while ( idmap->range < idmap->nr_ranges )
    {
        struct maddr_range range = idmap->ranges[idmap->range];
        unsigned int filled;

        if ( idmap->pos < range.start )
            idmap->pos = range.start;

        if ( idmap->pos >= range.end )
        {
            idmap->range++;
            continue;
        }

        if ( entries >= STEP_ENTRIES || allocated >= STEP_TABLES )
            return -ERESTART;

        filled = fill_table(idmap, range.end, &allocated);
        if ( !filled )
            return -ENOMEM;
        entries += filled;
    }

    return 0;
}

static bool is_mapped(const struct kexec_idmap *idmap, unsigned long va)
{
    const uint64_t *table = maddr_to_virt(idmap->root_maddr);
    unsigned int level;

    for ( level = ROOT_LEVEL; ; level-- )
    {
        uint64_t entry = table[index_at(va, level)];

        if ( !(entry & PTE_PRESENT) )
            return false;

        if ( level == 1 || (entry & PTE_LARGE) )
            return true;

        table = maddr_to_virt(entry & PTE_ADDR);
    }
}

int kexec_idmap_add_page(struct kexec_idmap *idmap, unsigned long va,
                         paddr_t maddr)
{
    unsigned int allocated = 0;
    uint64_t *table;

    if ( is_mapped(idmap, va) )
        return 0;

    table = table_at(idmap, va, 1, &allocated);
    if ( !table )
        return -ENOMEM;

    table[index_at(va, 1)] = maddr | PTE_LEAF;

    return 0;
}

static int cf_check cmp_ranges(const void *a, const void *b)
{
    const struct maddr_range *l = a, *r = b;

    return l->start < r->start ? -1 : l->start > r->start;
}

#if KEXEC_XEN >= 421
static void cf_check swap_ranges(void *a, void *b)
#else
static void cf_check swap_ranges(void *a, void *b, size_t size)
#endif
{
    struct maddr_range *l = a, *r = b;

    SWAP(*l, *r);
}

/* Round out to pages, cut at the end of the map, sort, and merge. */
static unsigned int normalise(struct maddr_range ranges[], unsigned int nr)
{
    const struct maddr_range all = { .end = KEXEC_IDMAP_END };
    unsigned int i, kept = 0;

    for ( i = 0; i < nr; i++ )
    {
        struct maddr_range range = maddr_range_common(ranges[i], all);

        if ( !maddr_range_empty(range) )
            ranges[kept++] = maddr_range_pages(range);
    }

    sort(ranges, kept, sizeof(*ranges), cmp_ranges, swap_ranges);

    nr = kept;
    kept = 0;
    for ( i = 0; i < nr; i++ )
    {
        if ( kept && ranges[i].start <= ranges[kept - 1].end )
            ranges[kept - 1].end = max(ranges[kept - 1].end, ranges[i].end);
        else
            ranges[kept++] = ranges[i];
    }

    return kept;
}

void kexec_idmap_begin(struct kexec_idmap *idmap, struct maddr_range ranges[],
                       unsigned int nr, struct maddr_range uncached,
                       unsigned int leaf_level, machine_kexec_alloc_fn *alloc,
                       void *ctxt)
{
    *idmap = (struct kexec_idmap){
        .ranges = ranges,
        .nr_ranges = normalise(ranges, nr),
        .uncached = maddr_range_pages(uncached),
        .leaf_level = leaf_level,
        .alloc = alloc,
        .ctxt = ctxt,
    };
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
