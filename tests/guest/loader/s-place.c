/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * place
 *
 * Attacked: the hand-over, by destinations on which somebody stands: Xen's own
 * image (place=xen), the low MiB (low), the end of memory, where Xen's heap
 * begins to allocate (top), above 4 GiB (high), all of the dom0 that makes the
 * hypercall (dom0).
 * Must hold: no page is lost, although the heap may give many that are of no
 * use; the image is entered and every byte of it is right.
 */
#include "dom0.h"

#define PATTERN_BYTES   (MB(1) + 77)

/* End of the last memory below limit, rounded down to pages. */
static uint64_t memory_end(uint64_t limit)
{
    uint64_t end = 0;
    unsigned int i;

    for ( i = 0; i < nr_machine_map; i++ )
    {
        uint64_t e = machine_map[i].maddr + machine_map[i].size;

        if ( machine_map[i].type == E820_RAM && machine_map[i].maddr < limit )
            end = max(end, e);
    }

    return end & PAGE_MASK;
}

static void in_xen(struct image *image)
{
    xen_kexec_range_t range;

    if ( kexec_get_range(KEXEC_RANGE_MA_XEN, 0, &range) )
        error("where Xen is, is not said");

    print("# Xen is at %llx, %llx bytes\n", (unsigned long long)range.start,
          (unsigned long long)range.size);
    image_add_probe(image, range.start + 0x1001);
    image_add(image, range.start + 0x1001 + PAGE_UP(image_probe_size(image)),
              PATTERN_BYTES, PATTERN_BYTES + 4321);
}

/* Vectors, BIOS data and what lies between them and the EBDA. */
static void in_low(struct image *image)
{
    image_add_probe(image, 0x20003);
    image_add(image, 0, 0x600, 0x700);
    image_add(image, 0x9000, 0x10001, 0x10111);
}

static void below(struct image *image, uint64_t limit)
{
    uint64_t end = memory_end(limit), start = end - MB(32) - 9, size = MB(29);
    uint64_t live = image->facts->live_maddr;

    if ( limit > GB(4) && end <= GB(4) )
        error("the machine has no memory above 4 GiB");

    image_add(image, end - PATTERN_BYTES, PATTERN_BYTES, PATTERN_BYTES);
    image_add_probe(image, end - MB(2) - 5);

    /* The dom0 may be there as well; the page with its results has to stay. */
    if ( live >= start && live < start + size )
        size = max(live - start, MB(1)) & ~7ull;
    if ( live >= start && live < start + MB(1) )
        start = live + PAGE_SIZE;
    image_add(image, start, min(MB(7) + 1, size), size);
}

/* Every run of the dom0's own pages: what it executes is among them. */
static void in_dom0(struct image *image)
{
    extern const uint8_t start[];
    uint64_t maddr = va_maddr(start) & PAGE_MASK;

    image_add(image, maddr, 0x8000, 0x9001);
    image_add_probe_anywhere(image);
}

void scenario_place(void)
{
    struct image image;

    image_init(&image, arg_type(), arg_arch());

    if ( arg_is("place", "xen") )
        in_xen(&image);
    else if ( arg_is("place", "low") )
        in_low(&image);
    else if ( arg_is("place", "top") )
        below(&image, GB(4));
    else if ( arg_is("place", "high") )
        below(&image, ~0ull);
    else if ( arg_is("place", "dom0") )
        in_dom0(&image);
    else
        error("place= wants xen, low, top, high or dom0");

    image_count_pages(&image);
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
