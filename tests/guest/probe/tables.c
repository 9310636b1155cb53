/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity map that the image was entered on (invariants 1 and 5).
 *
 * Two passes.  The first walks every entry that is there and asks whether it
 * may be: a leaf outside all ranges, of a smaller size than fits, not
 * writable, not executable or not cacheable is wrong, and so is a table page
 * in a segment.  Only the UART of Xen's console must not be cacheable.  The
 * second goes through the ranges and asks whether every page is there.  The
 * walk is by machine address, on the tables under test: a table page that they
 * do not map is itself a finding, not a crash.
 *
 * A crash image's tables map no RAM but the crash area and pages of the
 * image's own: these tables, the control area, and until the image is in
 * place, plan and sources.  The probe does not know where those are: only how
 * many, at most.
 */
#include "probe.h"

#define PTE_P       (1ull << 0)
#define PTE_RW      (1ull << 1)
#define PTE_PWT     (1ull << 3)
#define PTE_PCD     (1ull << 4)
#define PTE_PS      (1ull << 7)
#define PTE_PAT_4K  (1ull << 7)
#define PTE_PAT     (1ull << 12)
#define PTE_NX      (1ull << 63)
#define PTE_ADDR    0x000ffffffffff000ULL

#ifdef __x86_64__

#define RAM_TYPE    1
#define ACPI_TYPE   3
#define NVS_TYPE    4

#define LEVELS      4

/* xen/arch/x86/include/asm/machine_kexec.h */
#define CONTROL_PAGES 2
#define PLAN_RECORDS  170

static const struct {
    unsigned int shift;
    char size[8];
} levels[LEVELS] = {
    { 12, "4 KiB" },
    { 21, "2 MiB" },
    { 30, "1 GiB" },
    { 39, "512 GiB" },
};

/* Counts of what the first pass sees. */
static struct {
    uint32_t tables, unreadable, misplaced;
    uint32_t leaves[3], outside, small, unfit, own;
    uint32_t aliases;
    uint64_t alias_maddr, alias_va;
} seen;

/* Ranges that have to be mapped; may_be() rounds them outwards. */
static struct facts_range ranges[FACTS_RAM + FACTS_SEGMENTS + 3];
static unsigned int nr_ranges;

static bool is_crash_image(void)
{
    return facts->flags & FACTS_CRASH;
}

static void collect_ranges(void)
{
    unsigned int i;

    if ( is_crash_image() )
        ranges[nr_ranges++] = facts->crash_area;

    ranges[nr_ranges++] = (struct facts_range){ 0, MB(1) };
    if ( facts->uart_maddr )
        ranges[nr_ranges++] = (struct facts_range){ facts->uart_maddr, 1 };

    for ( i = 0; i < facts->nr_ram; i++ )
    {
        const struct facts_ram *ram = &facts->ram[i];

        if ( (ram->type == RAM_TYPE && !is_crash_image()) ||
             ram->type == ACPI_TYPE || ram->type == NVS_TYPE )
            ranges[nr_ranges++] =
                (struct facts_range){ ram->maddr, ram->size };
    }

    for ( i = 0; i < facts->nr_segments; i++ )
    {
        const struct facts_segment *seg = &facts->segment[i];

        ranges[nr_ranges++] = (struct facts_range){ seg->dest_maddr,
                                                    seg->dest_size };
    }
}

/* Is all of [start, start + size) in ranges, rounded outwards to pages? */
static bool may_be(uint64_t start, uint64_t size)
{
    uint64_t pos = start, end = start + size;

    while ( pos < end )
    {
        uint64_t reach = pos;
        unsigned int i;

        for ( i = 0; i < nr_ranges; i++ )
        {
            uint64_t first = ranges[i].maddr & PAGE_MASK;
            uint64_t last = PAGE_UP(ranges[i].maddr + ranges[i].size);

            if ( first <= pos && last > reach )
                reach = last;
        }

        if ( reach == pos )
            return false;
        pos = reach;
    }

    return true;
}

/* Does one range hold all of it? */
static bool in_one_range(uint64_t start, uint64_t size)
{
    unsigned int i;

    for ( i = 0; i < nr_ranges; i++ )
        if ( ranges[i].maddr <= start &&
             ranges[i].maddr + ranges[i].size >= start + size )
            return true;

    return false;
}

static bool has_1g_pages(void)
{
    uint32_t reg[4];

    cpuid(0x80000001, reg);

    return reg[3] & (1u << 26);
}

static bool is_uart(uint64_t start, uint64_t size)
{
    return facts->uart_maddr && facts->uart_maddr >= start &&
           facts->uart_maddr - start < size;
}

static bool fit_flags(uint64_t va, uint64_t entry, unsigned int level)
{
    uint64_t all = PTE_RW | PTE_PWT | PTE_PCD | PTE_NX, good = PTE_RW;

    all |= level ? PTE_PAT : PTE_PAT_4K;
    if ( is_uart(va, 1ull << levels[level].shift) )
        good |= PTE_PWT | PTE_PCD;

    return (entry & all) == good;
}

static void see_leaf(uint64_t va, uint64_t entry, unsigned int level)
{
    uint64_t size = 1ull << levels[level].shift;
    uint64_t maddr = entry & PTE_ADDR & ~(size - 1);
    const char *wrong = NULL;

    if ( va != maddr )
    {
        seen.aliases++;
        seen.alias_va = va;
        seen.alias_maddr = maddr;
        print("# alias: %llx maps %llx, %s\n", (unsigned long long)va,
              (unsigned long long)maddr, levels[level].size);
        return;
    }

    seen.leaves[level]++;

    if ( is_crash_image() && !level && !may_be(va, size) &&
         !in_any_segment(va, size) )
        seen.own++;
    else if ( !may_be(va, size) )
    {
        seen.outside++;
        wrong = "reaches outside the ranges";
    }

    if ( level < (has_1g_pages() ? 2 : 1) )
    {
        uint64_t bigger = 1ull << levels[level + 1].shift;

        if ( in_one_range(va & ~(bigger - 1), bigger) )
        {
            seen.small++;
            wrong = "is smaller than what fits";
        }
    }

    if ( !fit_flags(va, entry, level) )
    {
        seen.unfit++;
        wrong = "has flags that do not fit";
    }

    if ( wrong && seen.outside + seen.small + seen.unfit <= 8 )
        print("# page at %llx, %s, entry %llx, %s\n", (unsigned long long)va,
              levels[level].size, (unsigned long long)entry, wrong);
}

static void walk(uint64_t table, unsigned int level, uint64_t va)
{
    unsigned int i;

    seen.tables++;
    if ( in_any_segment(table, PAGE_SIZE) || table < MB(1) )
    {
        if ( !seen.misplaced++ )
            print("# table page %llx is in a segment or the first MiB\n",
                  (unsigned long long)table);
    }

    for ( i = 0; i < 512; i++ )
    {
        uint64_t entry, here = va | ((uint64_t)i << levels[level].shift);

        if ( !safe_read(table + i * 8, &entry) )
        {
            seen.unreadable++;
            return;
        }

        if ( !(entry & PTE_P) )
            continue;

        if ( level == LEVELS - 1 && i >= 256 )
            here |= 0xffff000000000000ULL;

        if ( !level || (entry & PTE_PS) )
            see_leaf(here, entry, level);
        else
        {
            if ( (entry & (PTE_RW | PTE_NX | PTE_PWT | PTE_PCD)) != PTE_RW )
                seen.unfit++;
            walk(entry & PTE_ADDR, level - 1, here);
        }
    }
}

/* The size of the page that maps va to itself, or 0. */
static uint64_t mapped(uint64_t va)
{
    uint64_t table = state[ST_CR3] & PTE_ADDR, entry, size;
    unsigned int level = LEVELS;

    while ( level-- )
    {
        size = 1ull << levels[level].shift;

        if ( !safe_read(table + ((va >> levels[level].shift) & 511) * 8,
                        &entry) || !(entry & PTE_P) )
            return 0;

        if ( !level || (entry & PTE_PS) )
            return (entry & PTE_ADDR & ~(size - 1)) == (va & ~(size - 1))
                   ? size : 0;

        table = entry & PTE_ADDR;
    }

    return 0;
}

static void check_range(const struct facts_range *range)
{
    uint64_t va = range->maddr & PAGE_MASK;
    uint64_t end = range->maddr + range->size;

    while ( va < end )
    {
        uint64_t size = mapped(va);

        if ( !size )
        {
            ok(false, "all of %llx, %llx bytes, is mapped: found nothing at "
               "%llx", (unsigned long long)range->maddr,
               (unsigned long long)range->size, (unsigned long long)va);
            return;
        }

        va = (va & ~(size - 1)) + size;
    }

    ok(true, "all of %llx, %llx bytes, is mapped to itself",
       (unsigned long long)range->maddr, (unsigned long long)range->size);
}

/* Sources, a plan of as many records, and what is there in any case. */
static uint64_t own_pages_max(void)
{
    uint64_t pages = seen.tables + CONTROL_PAGES, records = 0;
    unsigned int i;

    for ( i = 0; i < facts->nr_segments; i++ )
        if ( facts->segment[i].has_buffer )
            records += 2 + facts->segment[i].buf_size / PAGE_SIZE;

    return pages + records + records / PLAN_RECORDS + 1;
}

uint64_t check_tables(void)
{
    unsigned int i;

    collect_ranges();
    walk(state[ST_CR3] & PTE_ADDR, LEVELS - 1, 0);

    print("# %u table pages; leaves: %u of 4 KiB, %u of 2 MiB, %u of 1 GiB\n",
          seen.tables, seen.leaves[0], seen.leaves[1], seen.leaves[2]);
    ok_eq(seen.unreadable, 0, "table pages that their own map does not hold");
    ok_eq(seen.misplaced, 0, "table pages in a segment or the first MiB");
    ok_eq(seen.unfit, 0, "entries with flags that do not fit");
    if ( !has_1g_pages() )
        ok_eq(seen.leaves[2], 0, "1 GiB pages, which the processor has not");

    ok_eq(seen.outside, 0, "pages that reach outside the ranges");
    if ( is_crash_image() )
        ok(seen.own <= own_pages_max(), "%u pages are in no range but the "
           "image's own, of which there are %u at most", seen.own,
           (unsigned int)own_pages_max());
    ok_eq(seen.small, 0, "pages smaller than what fits");

    if ( ok_eq(seen.aliases, 1, "entries that do not map to themselves") )
        ok(!in_any_segment(seen.alias_maddr, PAGE_SIZE) &&
           seen.alias_maddr >= MB(1) && (seen.alias_va >> 47),
           "the alias maps a page that is in no segment, not in the first MiB");

    for ( i = 0; i < nr_ranges; i++ )
        check_range(&ranges[i]);

    return seen.alias_maddr;
}

/*
 * The interrupt controllers are not in the map that was handed over.  Tables
 * of the probe's own: the first 4 GiB, the devices' GiB not cached, and all
 * above where the CPU has pages of that size; else the probe's GiB alone.
 */
void map_devices(void)
{
    static uint64_t pool[512 * 8];
    uint64_t *page = maddr_to_ptr(PAGE_UP(ptr_to_maddr(pool)));
    uint64_t *l4 = page, *l3 = page + 512, i;

    memset(page, 0, 7 * PAGE_SIZE);
    l4[0] = ptr_to_maddr(l3) | PTE_P | PTE_RW;
    for ( i = 0; i < 4; i++ )
        l3[i] = ptr_to_maddr(page + (2 + i) * 512) | PTE_P | PTE_RW;
    for ( i = 0; i < 4 * 512; i++ )
        page[2 * 512 + i] = (i << 21) | PTE_P | PTE_RW | PTE_PS |
                            (i >= 3 * 512 ? PTE_PCD | PTE_PWT : 0);

    if ( has_1g_pages() )
        for ( i = 4; i < 512; i++ )
            l3[i] = (i << 30) | PTE_P | PTE_RW | PTE_PS;
    else if ( ptr_to_maddr(pool) >= GB(4) )
    {
        uint64_t gib = ptr_to_maddr(pool) >> 30;

        l3[gib] = ptr_to_maddr(page + 6 * 512) | PTE_P | PTE_RW;
        for ( i = 0; i < 512; i++ )
            page[6 * 512 + i] = (gib << 30) | (i << 21) | PTE_P | PTE_RW |
                                PTE_PS;
    }

    asm volatile ( "mov %0, %%cr3" :: "r" (page) : "memory" );
}

/* And back to what was handed over. */
void map_as_handed_over(void)
{
    asm volatile ( "mov %0, %%cr3" :: "r" (state[ST_CR3]) : "memory" );
}

#else /* !__x86_64__ */

uint64_t check_tables(void)
{
    return 0;
}

void map_devices(void)
{
}

void map_as_handed_over(void)
{
}

#endif /* __x86_64__ */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
