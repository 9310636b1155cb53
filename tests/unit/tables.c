/* SPDX-License-Identifier: GPL-2.0-only */

#include <asm/kexec_idmap.h>

#include "tables.h"

/* Intel SDM vol. 3A, section 5.5. */
#define P_RW_A      0x023UL
#define P_RW_A_D    0x063UL
#define PWT_PCD     0x018UL
#define PS          0x080UL
#define ADDRESS     0x000ffffffffff000UL

#define LEVEL_SHIFT(level) (PAGE_SHIFT + 9 * ((level) - 1))

static bool wrong(const char *what, uint64_t va, uint64_t entry)
{
    fprintf(stderr, "# tables: %s: %#lx: entry %#lx\n", what, va, entry);

    return false;
}

static bool walk_table(paddr_t maddr, unsigned int level, uint64_t base,
                       const struct tables_visitor *v)
{
    const uint64_t *table = maddr_to_virt(maddr);
    unsigned int i, present = 0;

    if ( v->table && !v->table(v, maddr) )
        return false;

    for ( i = 0; i < 512; i++ )
    {
        uint64_t entry = table[i], bytes = 1UL << LEVEL_SHIFT(level);
        uint64_t va = base + i * bytes;

        if ( level == 4 && i >= 256 )
            va |= 0xffff000000000000UL;

        if ( !entry )
            continue;
        present++;

        if ( level == 1 || (entry & PS) )
        {
            if ( level == 4 ||
                 (entry & ~(ADDRESS | PWT_PCD)) !=
                 (P_RW_A_D | (level > 1 ? PS : 0)) ||
                 (entry & ADDRESS & (bytes - 1)) )
                return wrong("not what a page's entry ought to be", va, entry);
            if ( v->leaf && !v->leaf(v, va, bytes, entry & ADDRESS, entry) )
                return false;
        }
        else if ( (entry & ~ADDRESS) != P_RW_A )
            return wrong("not what a table's entry ought to be", va, entry);
        else if ( !walk_table(entry & ADDRESS, level - 1, va, v) )
            return false;
    }

    return present || level == 4 || wrong("a table for nothing", base, 0);
}

bool tables_walk(paddr_t root_maddr, const struct tables_visitor *visitor)
{
    return walk_table(root_maddr, 4, 0, visitor);
}

paddr_t tables_translate(paddr_t root_maddr, uint64_t va)
{
    paddr_t maddr = root_maddr;
    unsigned int level;

    for ( level = 4; level; level-- )
    {
        const uint64_t *table = maddr_to_virt(maddr);
        uint64_t entry = table[(va >> LEVEL_SHIFT(level)) & 511];
        uint64_t in_page = va & ((1UL << LEVEL_SHIFT(level)) - 1);

        if ( !(entry & 1) )
            return ~0UL;
        maddr = entry & ADDRESS;
        if ( level == 1 || (entry & PS) )
            return maddr + in_page;
    }

    return ~0UL;
}

/*
 * The reference: how many ranges begin and end at each address, added up from
 * 0 on, tells where there are any.
 */
struct event {
    paddr_t at;
    int change;
};

struct identity {
    struct maddr_range *parts;  /* What has to be mapped, sorted. */
    unsigned int nr, leaf_level;
    struct maddr_range uncached;
    uint64_t alias_va, bytes;
    paddr_t alias_maddr;
    bool alias;
};

static int cmp_events(const void *a, const void *b)
{
    const struct event *l = a, *r = b;

    /* Beginnings first: what touches is one. */
    return l->at != r->at ? (l->at < r->at ? -1 : 1) : r->change - l->change;
}

static uint64_t find_parts(const struct maddr_range *ranges, unsigned int nr,
                           struct identity *id)
{
    struct event *events = calloc(nr * 2 + 1, sizeof(*events));
    unsigned int i, nr_events = 0;
    uint64_t bytes = 0;
    int depth = 0;

    for ( i = 0; i < nr; i++ )
    {
        paddr_t end = min(ranges[i].end, KEXEC_IDMAP_END);

        if ( ranges[i].start >= end )
            continue;
        events[nr_events++] = (struct event){ ranges[i].start >> 12 << 12, 1 };
        events[nr_events++] = (struct event){ (end + 4095) >> 12 << 12, -1 };
    }

    qsort(events, nr_events, sizeof(*events), cmp_events);
    id->parts = calloc(nr + 1, sizeof(*id->parts));
    id->nr = 0;

    for ( i = 0; i < nr_events; i++ )
    {
        if ( !depth )
            id->parts[id->nr].start = events[i].at;
        depth += events[i].change;
        if ( !depth )
        {
            id->parts[id->nr].end = events[i].at;
            bytes += events[i].at - id->parts[id->nr++].start;
        }
    }
    free(events);

    return bytes;
}

/* Does all of this have to be mapped? */
static bool is_wanted(const struct identity *id, paddr_t start, paddr_t end)
{
    unsigned int low = 0, high = id->nr;

    while ( low < high )
    {
        unsigned int middle = (low + high) / 2;

        if ( id->parts[middle].end <= start )
            low = middle + 1;
        else
            high = middle;
    }

    return low < id->nr && start >= id->parts[low].start &&
           end <= id->parts[low].end;
}

static bool is_uncached(const struct identity *id, paddr_t start, paddr_t end)
{
    return start < end && id->uncached.start < id->uncached.end &&
           start >> 12 <= (id->uncached.end - 1) >> 12 &&
           id->uncached.start >> 12 <= (end - 1) >> 12;
}

static bool check_leaf(const struct tables_visitor *v, uint64_t va,
                       uint64_t bytes, paddr_t maddr, uint64_t entry)
{
    struct identity *id = v->ctxt;
    uint64_t larger = bytes << 9, start = va & ~(larger - 1);

    if ( id->alias_va && va == id->alias_va )
    {
        if ( bytes != PAGE_SIZE || maddr != id->alias_maddr ||
             (entry & PWT_PCD) )
            return wrong("the alias maps something else", va, entry);
        id->alias = true;
        return true;
    }

    if ( maddr != va )
        return wrong("mapped to another address", va, entry);

    if ( bytes > 1UL << LEVEL_SHIFT(id->leaf_level) )
        return wrong("larger than the processor's pages", va, entry);

    if ( !is_wanted(id, va, va + bytes) )
        return wrong("reaches outside of the ranges", va, entry);

    if ( larger <= 1UL << LEVEL_SHIFT(id->leaf_level) &&
         is_wanted(id, start, start + larger) &&
         !is_uncached(id, start, start + larger) )
        return wrong("a larger page would have done", va, entry);

    if ( is_uncached(id, va, va + bytes)
         ? bytes != PAGE_SIZE || (entry & PWT_PCD) != PWT_PCD
         : entry & PWT_PCD )
        return wrong("cached or not, as it ought not to be", va, entry);

    id->bytes += bytes;

    return true;
}

bool tables_are_identity(paddr_t root_maddr, const struct maddr_range *ranges,
                         unsigned int nr, struct maddr_range uncached,
                         unsigned int leaf_level,
                         uint64_t alias_va, paddr_t alias_maddr)
{
    struct identity id = {
        .leaf_level = leaf_level,
        .uncached = uncached,
        .alias_va = alias_va,
        .alias_maddr = alias_maddr,
    };
    struct tables_visitor visitor = { .leaf = check_leaf, .ctxt = &id };
    uint64_t wanted = find_parts(ranges, nr, &id);
    bool good = tables_walk(root_maddr, &visitor);

    free(id.parts);

    if ( good && id.bytes != wanted )
        return wrong("bytes are not mapped, so many", wanted - id.bytes, 0);
    if ( good && alias_va && !id.alias )
        return wrong("no alias", alias_va, 0);

    return good;
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
