/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The identity map against a reference walk (invariants 4 and 5).
 *
 * Attacked: ranges at any byte, in any order, overlapping, touching, empty,
 * up to and beyond the end of what tables can map; memory that runs out.
 *
 * Must hold: every page that a range touches is mapped to itself with the
 * largest page that lies wholly in the ranges, and nothing else is.  What of
 * them is not to be cached has pages of its own.
 */

#include "unit.h"

#include <asm/kexec_idmap.h>

#include "heap.h"
#include "tables.h"

#define MAX_RANGES 1000

/* Tables come one after the other, from here. */
#define TABLES      MB(1)

static unsigned long nr_tables, fail_at;

/* What is not to be cached. */
static struct maddr_range uncached;

static paddr_t alloc_table(void *ctxt)
{
    paddr_t maddr = TABLES + nr_tables * PAGE_SIZE;

    assert_ptr_equal(ctxt, &nr_tables);
    if ( ++nr_tables == fail_at )
        return 0;
    assert_true(maddr < MACHINE_BYTES);
    memset(maddr_to_virt(maddr), 0, PAGE_SIZE);

    return maddr;
}

/* Build tables of a copy of @ranges. */
static int build(struct kexec_idmap *idmap, const struct maddr_range *ranges,
                 unsigned int nr, unsigned int leaf_level)
{
    static struct maddr_range copy[MAX_RANGES];
    int rc;

    memcpy(copy, ranges, nr * sizeof(*ranges));
    nr_tables = 0;

    kexec_idmap_begin(idmap, copy, nr, uncached, leaf_level, alloc_table,
                      &nr_tables);
    while ( (rc = kexec_idmap_step(idmap)) == -ERESTART )
        ;

    return rc;
}

static void build_and_check(const struct maddr_range *ranges, unsigned int nr,
                            unsigned int leaf_level)
{
    struct kexec_idmap idmap;

    assert_int_equal(build(&idmap, ranges, nr, leaf_level), 0);
    assert_true(tables_are_identity(idmap.root_maddr, ranges, nr, uncached,
                                    leaf_level, 0, 0));
}

/* An address below 6 TiB, more often than not at an edge of pages. */
static paddr_t random_maddr(uint64_t *state)
{
    paddr_t maddr = MB(1) + random_below(state, 6 * 1024 * GB(1));
    unsigned int shift = random_below(state, 5) * 9;

    if ( shift >= 9 )
        maddr = maddr >> (shift + 3) << (shift + 3);
    if ( random_below(state, 3) == 0 )
        maddr += (random_below(state, 3) - 1) * PAGE_SIZE;
    if ( random_below(state, 3) == 0 )
        maddr += random_below(state, 3) - 1;

    return maddr;
}

static void random_ranges(unsigned int nr, uint64_t *state,
                          unsigned int max_shift)
{
    static struct maddr_range ranges[MAX_RANGES];
    unsigned int i;

    for ( i = 0; i < nr; i++ )
    {
        paddr_t size = 1UL << random_below(state, max_shift);

        ranges[i].start = random_maddr(state);
        /* Often one that follows, or lies in, another. */
        if ( i && random_below(state, 3) == 0 )
            ranges[i].start = ranges[random_below(state, i)].end -
                              random_below(state, 2) * random_below(state,
                                                                    size);
        ranges[i].end = ranges[i].start + random_below(state, size * 2);
        if ( random_below(state, 2) )
            ranges[i].end &= PAGE_MASK;
    }

    /* Often in one of them, or across its end. */
    i = random_below(state, nr);
    if ( random_below(state, 2) )
    {
        uncached.start = random_below(state, 2)
                         ? ranges[i].end - random_below(state, PAGE_SIZE)
                         : ranges[i].start + random_below(state, GB(2));
        uncached.end = uncached.start +
                       (8UL << random_below(state, 10));
    }
    build_and_check(ranges, nr, 2 + random_below(state, 2));
    uncached = (struct maddr_range){};
}

static void random_maps_map_their_ranges_and_nothing_else(void **state)
{
    uint64_t seed = getenv("IDMAP_SEED")
                    ? strtoul(getenv("IDMAP_SEED"), NULL, 0) : 1;
    unsigned long maps = getenv("IDMAP_MAPS")
                         ? strtoul(getenv("IDMAP_MAPS"), NULL, 0) : 20000;
    uint64_t random = seed;
    unsigned long i;

    print_message("# seed %#lx\n", seed);

    for ( i = 0; i < maps; i++ )
        random_ranges(1 + random_below(&random, 12), &random, 34);
}

/* RAM as firmware shows it: with holes for devices below 1 MiB and 4 GiB. */
static void hosts_of_1_mib_to_6_tib(void **state)
{
    static const paddr_t sizes[] = {
        MB(1), MB(2), MB(16) - PAGE_SIZE, GB(1), GB(3) + MB(7), GB(4),
        GB(12), GB(768), GB(1024), GB(6 * 1024),
    };
    unsigned int i, level;

    for ( i = 0; i < ARRAY_SIZE(sizes); i++ )
        for ( level = 2; level <= 3; level++ )
        {
            paddr_t low = min(sizes[i], GB(3) - 33 * PAGE_SIZE);
            struct maddr_range ranges[] = {
                { GB(4), GB(4) + sizes[i] - low },
                { 0, 0x9fc00 },
                { MB(1), low },
                { low, low + 32 * PAGE_SIZE - 1 },
            };

            build_and_check(ranges, ARRAY_SIZE(ranges), level);
        }
}

/* A hole of a page at every thousandth: no large page may reach over it. */
static void a_thousand_holes_below_6_tib(void **state)
{
    static struct maddr_range ranges[MAX_RANGES];
    const paddr_t step = GB(6 * 1024) / MAX_RANGES & PAGE_MASK;
    unsigned int i, level;

    for ( i = 0; i < MAX_RANGES; i++ )
        ranges[MAX_RANGES - 1 - i] = (struct maddr_range){
            i * step + PAGE_SIZE, (i + 1) * step
        };

    for ( level = 2; level <= 3; level++ )
        build_and_check(ranges, MAX_RANGES, level);
}

/* A level 4 table, 12 of level 3, and with 2 MiB pages one for each GiB. */
static void whole_6_tib_take_no_table_more_than_they_must(void **state)
{
    struct maddr_range range = { 0, GB(6 * 1024) };

    build_and_check(&range, 1, 3);
    assert_int_equal(nr_tables, 1 + 12);
    build_and_check(&range, 1, 2);
    assert_int_equal(nr_tables, 1 + 12 + 6 * 1024);
}

/* One range, with each end one page and one byte beside the edge of pages. */
static void ends_one_step_beside_every_kind_of_edge(void **state)
{
    static const int64_t steps[] = { -PAGE_SIZE - 1, -PAGE_SIZE, -1, 0, 1,
                                     PAGE_SIZE };
    static const uint64_t lengths[] = { 2 * PAGE_SIZE, MB(2), MB(4), GB(1),
                                        GB(2), GB(512) };
    unsigned int i, j, k, level;

    for ( i = 0; i < ARRAY_SIZE(lengths); i++ )
        for ( j = 0; j < ARRAY_SIZE(steps); j++ )
            for ( k = 0; k < ARRAY_SIZE(steps); k++ )
                for ( level = 2; level <= 3; level++ )
                {
                    struct maddr_range range = {
                        lengths[i] + steps[j], lengths[i] * 2 + steps[k]
                    };

                    if ( level == 3 || lengths[i] < GB(512) )
                        build_and_check(&range, 1, level);
                }
}

/* A gap of one page between two ranges stays a gap, one of none does not. */
static void gaps_of_one_page_stay(void **state)
{
    unsigned int gap, level;

    for ( gap = 0; gap <= 2; gap++ )
        for ( level = 2; level <= 3; level++ )
        {
            struct maddr_range ranges[] = {
                { GB(3) + MB(1) + gap * PAGE_SIZE, GB(5) },
                { GB(2), GB(3) + MB(1) },
            };

            build_and_check(ranges, 2, level);
        }
}

/* RAM around a device: no page of RAM reaches over it, or is not cached. */
static void a_device_has_a_page_of_its_own(void **state)
{
    static const paddr_t at[] = {
        0, PAGE_SIZE, MB(2) - PAGE_SIZE, MB(2), GB(1) - 8, GB(1) + MB(3),
        GB(3) - PAGE_SIZE,
    };
    struct maddr_range range = { GB(4), GB(7) };
    struct kexec_idmap idmap;
    unsigned int i, level;

    for ( i = 0; i < ARRAY_SIZE(at); i++ )
        for ( level = 2; level <= 3; level++ )
        {
            uncached.start = range.start + at[i];
            uncached.end = uncached.start + 8;
            build_and_check(&range, 1, level);
        }

    /* Across the edge of two pages, both. */
    uncached = (struct maddr_range){ GB(5) - 4, GB(5) + 4 };
    build_and_check(&range, 1, 3);

    /* Where nothing is to be mapped, nothing is. */
    uncached = (struct maddr_range){ GB(9), GB(9) + 8 };
    assert_int_equal(build(&idmap, &range, 1, 3), 0);
    assert_int_equal(tables_translate(idmap.root_maddr, GB(9)), ~0UL);

    uncached = (struct maddr_range){};
}

static void what_lies_beyond_the_end_is_cut_off(void **state)
{
    struct maddr_range ranges[] = {
        { KEXEC_IDMAP_END - MB(3), KEXEC_IDMAP_END + MB(1) },
        { KEXEC_IDMAP_END, KEXEC_IDMAP_END + MB(1) },
        { KEXEC_IDMAP_END - 1, ~0UL },
        { ~0UL - 5, ~0UL },
    };

    build_and_check(ranges, ARRAY_SIZE(ranges), 3);
    build_and_check(ranges, ARRAY_SIZE(ranges), 2);
}

static void no_range_is_no_mapping(void **state)
{
    struct maddr_range ranges[] = { { MB(5), MB(5) }, { MB(7), MB(6) } };
    struct kexec_idmap idmap;
    unsigned int i;

    assert_int_equal(build(&idmap, ranges, 2, 3), 0);
    assert_int_equal(nr_tables, 1);
    for ( i = 0; i < 512; i++ )
        assert_int_equal(((uint64_t *)maddr_to_virt(TABLES))[i], 0);
}

/* The alias: a page at an address that is not its own, beside all others. */
static void one_page_more_at_another_address(void **state)
{
    struct maddr_range range = { 0, GB(4) };
    uint64_t va = 0xffff82d080000000UL - 5 * PAGE_SIZE;
    struct kexec_idmap idmap;

    assert_int_equal(build(&idmap, &range, 1, 3), 0);
    assert_int_equal(kexec_idmap_add_page(&idmap, va, MB(7)), 0);
    assert_true(tables_are_identity(idmap.root_maddr, &range, 1, uncached, 3,
                                    va, MB(7)));
    assert_int_equal(tables_translate(idmap.root_maddr, va + 0x123),
                     MB(7) + 0x123);
}

static void every_allocation_that_fails_is_enomem(void **state)
{
    struct maddr_range ranges[] = {
        { PAGE_SIZE, MB(5) }, { GB(700) + 1, GB(702) - PAGE_SIZE },
    };
    struct kexec_idmap idmap;
    unsigned long n = 0;
    int rc;

    do {
        fail_at = ++n;
        rc = build(&idmap, ranges, 2, 3) ?:
             kexec_idmap_add_page(&idmap, -PAGE_SIZE, MB(3));
        assert_int_equal(rc, nr_tables >= n ? -ENOMEM : 0);

        /* It is taken up again where it was. */
        fail_at = 0;
        while ( rc && kexec_idmap_step(&idmap) == -ERESTART )
            ;
        assert_int_equal(kexec_idmap_add_page(&idmap, -PAGE_SIZE, MB(3)), 0);
        assert_true(tables_are_identity(idmap.root_maddr, ranges, 2, uncached,
                                        3, -PAGE_SIZE, MB(3)));
    } while ( rc );

    /* The root; for a range that is not whole large pages 4, 3; the page. */
    assert_int_equal(n - 1, 1 + 4 + 3 + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_maps_map_their_ranges_and_nothing_else),
        cmocka_unit_test(hosts_of_1_mib_to_6_tib),
        cmocka_unit_test(a_thousand_holes_below_6_tib),
        cmocka_unit_test(whole_6_tib_take_no_table_more_than_they_must),
        cmocka_unit_test(ends_one_step_beside_every_kind_of_edge),
        cmocka_unit_test(gaps_of_one_page_stay),
        cmocka_unit_test(a_device_has_a_page_of_its_own),
        cmocka_unit_test(what_lies_beyond_the_end_is_cut_off),
        cmocka_unit_test(no_range_is_no_mapping),
        cmocka_unit_test(one_page_more_at_another_address),
        cmocka_unit_test(every_allocation_that_fails_is_enomem),
    };

    return cmocka_run_group_tests_name("idmap", tests, NULL, NULL);
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
