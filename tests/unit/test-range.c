/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Range arithmetic, which every test on intervals in kexec is.
 *
 * Attacked: every pair of ranges between eight points, those at both ends of
 * the address space among them.  Must hold: what counting the points one by
 * one says.
 */

#include "unit.h"

#include <xen/maddr-range.h>

#include <shadow.h>

/* A range may end at the last point, and no point beyond it is an address. */
static const paddr_t points[] = {
    0, 1, 0xfff, 0x1000, 0x1001, 0x8000000000000000, ~0UL - 1, ~0UL
};

#define NR ARRAY_SIZE(points)

/* Bit i: the bytes between points i and i + 1 are in the range. */
static unsigned int bits(struct maddr_range r)
{
    unsigned int i, set = 0;

    for ( i = 0; i < NR; i++ )
        if ( points[i] >= r.start && points[i] < r.end )
            set |= 1U << i;

    return set;
}

static void all_pairs_agree_with_counting(void **state)
{
    unsigned int i, j, k, l;

    for ( i = 0; i < NR; i++ )
        for ( j = 0; j < NR; j++ )
            for ( k = 0; k < NR; k++ )
                for ( l = 0; l < NR; l++ )
                {
                    struct maddr_range a = { points[i], points[j] };
                    struct maddr_range b = { points[k], points[l] };
                    unsigned int both = bits(a) & bits(b);

                    assert_int_equal(maddr_range_empty(a), !bits(a));
                    assert_int_equal(bits(maddr_range_common(a, b)), both);

                    /* What has no bytes is asked for by nobody. */
                    if ( !bits(a) || !bits(b) )
                        continue;
                    assert_int_equal(maddr_range_overlaps(a, b), both != 0);
                    assert_int_equal(maddr_range_within(a, b),
                                     both == bits(a));
                }
}

static void sizes_and_members_are_half_open(void **state)
{
    struct maddr_range r = { 5, 10 };

    assert_int_equal(maddr_range_size(r), 5);
    assert_false(maddr_range_contains(r, 4));
    assert_true(maddr_range_contains(r, 5));
    assert_true(maddr_range_contains(r, 9));
    assert_false(maddr_range_contains(r, 10));

    r.end = 5;
    assert_int_equal(maddr_range_size(r), 0);
    assert_false(maddr_range_contains(r, 5));
    r.end = 4;
    assert_int_equal(maddr_range_size(r), 0);
}

static void whole_pages_are_those_that_are_touched(void **state)
{
    paddr_t start, end;

    for ( start = 0xffe; start < 0x1003; start++ )
        for ( end = start + 1; end < 0x3003; end++ )
        {
            struct maddr_range r = { start, end };
            struct maddr_range pages = maddr_range_pages(r);

            assert_int_equal(pages.start, start / 4096 * 4096);
            assert_int_equal(pages.end, (end - 1) / 4096 * 4096 + 4096);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_pairs_agree_with_counting),
        cmocka_unit_test(sizes_and_members_are_half_open),
        cmocka_unit_test(whole_pages_are_those_that_are_touched),
    };

    return cmocka_run_group_tests_name("range", tests, NULL, NULL);
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
