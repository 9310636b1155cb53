/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * shapes
 *
 * Attacked: the arithmetic on 32 awkward segments, which start and end at any
 * byte.
 * Must hold: each segment's bytes and its zeroed tail are in their place, and
 * no byte between two segments has changed.
 */
#include "dom0.h"

#define RUN_PAGES   96

/* In the order of their destinations, each after a gap. */
static const struct {
    uint32_t gap, buf_size, tail;
} shapes[] = {
    { 1, 1, 0 },                        /* One byte, */
    { 0, 1, 0 },                        /* and one that touches it, */
    { 1, 1, 0 },                        /* and one a byte behind. */
    { PAGE_SIZE - 7, 3, 0 },
    { 0, 0, 1 },                        /* Zeroes only. */
    { 0, 0, 2 * PAGE_SIZE },
    { 3, 1, 1 },
    { 5, 2, 2 },
    { 2, 3, 3 },
    { 1, 4, 4 },
    { 1, 5, 5 },
    { 1, 6, 6 },
    { 1, 7, 7 },
    { 1, 8, 8 },
    { 1, PAGE_SIZE - 1, 1 },
    { 1, PAGE_SIZE, 1 },
    { 1, PAGE_SIZE + 1, PAGE_SIZE - 1 },
    { 0, PAGE_SIZE, 0 },
    { PAGE_SIZE, 17, PAGE_SIZE },
    { 4, 3 * PAGE_SIZE + 5, 3 },
    { 0, 2, 5 * PAGE_SIZE + 1 },
    { 9, 8191, 8193 },
    { 0, 4095, 4097 },
    { 1, 12345, 23456 },
    { 1, 1, 4094 },
    { 0, 1, 4095 },
    { 1, 1, 4096 },
};

void scenario_shapes(void)
{
    struct image image;
    uint64_t maddr;
    unsigned int i;

    image_init(&image, arg_type(), arg_arch());
    image_add_probe_anywhere(&image);

    maddr = own_run(RUN_PAGES, image.arch == EM_386 ? GB(4) : 0);
    image_add_area(&image, maddr, RUN_PAGES * PAGE_SIZE);
    maddr += 13;
    for ( i = 0; i < ARRAY_SIZE(shapes); i++ )
    {
        maddr += shapes[i].gap;
        image_add(&image, maddr, shapes[i].buf_size,
                  shapes[i].buf_size + shapes[i].tail);
        maddr += shapes[i].buf_size + shapes[i].tail;
    }

    /* Mappings: over RAM, over MMIO, over the first MiB.  32 in all. */
    image_add_mapping(&image, own_run(2, GB(4)) + 1, PAGE_SIZE);
    image_add_mapping(&image, 0xfd001400, MB(4));
    image_add_mapping(&image, 0, MB(1));
    if ( image.nr != 32 )
        error("%u segments", image.nr);

    image_run(&image);
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
