/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bytes: what was asked for is at its destination, the tails are zeroed,
 * and what lies around has not been touched (invariant 6).
 */
#include "probe.h"

bool range_overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
    return a_size && b_size && a <= b + (b_size - 1) && b <= a + (a_size - 1);
}

/* Segments with a buffer only: the others are for anyone to use. */
bool in_any_segment(uint64_t maddr, uint64_t size)
{
    unsigned int i;

    for ( i = 0; i < facts->nr_segments; i++ )
        if ( facts->segment[i].has_buffer &&
             range_overlaps(maddr, size, facts->segment[i].dest_maddr,
                            facts->segment[i].dest_size) )
            return true;

    return false;
}

static void check_segment(unsigned int i)
{
    const struct facts_segment *seg = &facts->segment[i];
    uint64_t tail = seg->dest_size - seg->buf_size;
    const uint8_t *p = maddr_to_ptr(seg->dest_maddr);
    uint64_t bad;

    if ( !seg->has_buffer || !seg->seed )
        return;

    bad = pattern_check(p, seg->seed, seg->dest_maddr, seg->buf_size);
    if ( bad != seg->buf_size )
        ok(false, "segment %u at %llx, %llx bytes: found %x, expected %x at "
           "%llx", i, (unsigned long long)seg->dest_maddr,
           (unsigned long long)seg->buf_size, p[bad],
           pattern_byte(seg->seed, seg->dest_maddr + bad),
           (unsigned long long)(seg->dest_maddr + bad));
    else
        ok(true, "segment %u at %llx, %llx bytes, is what was loaded", i,
           (unsigned long long)seg->dest_maddr,
           (unsigned long long)seg->buf_size);

    if ( !tail )
        return;

    p += seg->buf_size;
    bad = zero_check(p, tail);
    if ( bad != tail )
        ok(false, "tail of segment %u at %llx, %llx bytes: found %x, expected "
           "0x0 at %llx", i, (unsigned long long)ptr_to_maddr(p),
           (unsigned long long)tail, p[bad],
           (unsigned long long)ptr_to_maddr(p + bad));
    else
        ok(true, "tail of segment %u at %llx, %llx bytes, is zero", i,
           (unsigned long long)ptr_to_maddr(p), (unsigned long long)tail);
}

void check_segments(void)
{
    unsigned int i;

    for ( i = 0; i < facts->nr_segments; i++ )
        check_segment(i);
}

/*
 * From maddr on: the end of the segment it is in, or, when it is in none, the
 * start of the next (or limit).
 */
static bool next_boundary(uint64_t maddr, uint64_t limit, uint64_t *boundary)
{
    unsigned int i;

    *boundary = limit;
    for ( i = 0; i < facts->nr_segments; i++ )
    {
        const struct facts_segment *seg = &facts->segment[i];

        if ( !seg->has_buffer )
            continue;

        if ( range_overlaps(maddr, 1, seg->dest_maddr, seg->dest_size) )
        {
            *boundary = seg->dest_maddr + seg->dest_size;
            return true;
        }

        if ( seg->dest_maddr > maddr )
            *boundary = min(*boundary, seg->dest_maddr);
    }

    return false;
}

/* All areas make one line, so that a thousand of them can be told apart. */
void check_areas(void)
{
    uint64_t checked = 0, wrong = 0, first = 0;
    unsigned int i;

    for ( i = 0; i < facts->nr_areas; i++ )
    {
        const struct facts_area *area = &facts->area[i];
        uint64_t maddr = area->maddr, end = maddr + area->size, boundary;

        for ( ; maddr < end; maddr = boundary )
        {
            const uint8_t *p = maddr_to_ptr(maddr);
            uint64_t bad;

            if ( next_boundary(maddr, end, &boundary) )
                continue;

            bad = pattern_check(p, area->seed, maddr, boundary - maddr);
            checked += boundary - maddr;
            if ( bad != boundary - maddr )
            {
                if ( !wrong++ )
                    first = maddr + bad;
                print("# byte at %llx, in no segment, was changed to %x\n",
                      (unsigned long long)(maddr + bad), p[bad]);
            }
        }
    }

    if ( wrong )
        ok(false, "memory around the segments: found %llx stretches changed, "
           "the first at %llx, expected none", (unsigned long long)wrong,
           (unsigned long long)first);
    else
        ok(true, "%llx bytes in %u areas around the segments are untouched",
           (unsigned long long)checked, facts->nr_areas);
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
