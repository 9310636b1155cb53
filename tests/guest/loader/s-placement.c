/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * placement, scarce
 *
 * Attacked: invariant 1.  The heap is emptied, then given back pages drawn
 * from a seed, most of them destinations of the image that is loaded next:
 * whatever Xen allocates is likely to be a destination already loaded, one
 * still to come, or next to one.
 * Must hold: every byte of every segment is right, whatever collides.  Every
 * other seed also loads and unloads first: what collided is given back.
 *
 * scarce: the emptied heap gets pages one by one until a load succeeds, so
 * that each allocation of a load fails once.  Each refusal is -ENOMEM and
 * costs no page; the image that fits at last, with none to spare, is entered.
 */
#include "dom0.h"

#define SLACK_PAGES     2048        /* For tables, plan and what Xen needs. */

static xen_pfn_t *taken;
static uint8_t *given;
static unsigned int nr_taken;

/* All that can be had; blocks first, so that runs of frames are in order. */
static void take_all(void)
{
    unsigned int max = free_pages() + 1, i;
    xen_pfn_t mfn;

    taken = pages(PAGE_UP(max * sizeof(*taken)) / PAGE_SIZE);
    given = pages(PAGE_UP(max) / PAGE_SIZE);

    while ( nr_taken + 512 <= max && balloon_take(&mfn, 1, 9) )
        for ( i = 0; i < 512; i++ )
            taken[nr_taken++] = mfn + i;

    nr_taken += balloon_take_all(taken + nr_taken, max - nr_taken);

    print("# %u pages taken, %u left\n", nr_taken, (unsigned int)free_pages());
}

static void give(unsigned int i)
{
    if ( given[i] )
        return;

    given[i] = 1;
    if ( balloon_give(&taken[i], 1, 0) != 1 )
        error("Xen does not take frame %lx back", (unsigned long)taken[i]);
}

/* Frames from i on that follow each other and are still here. */
static unsigned int run_length(unsigned int i, unsigned int most)
{
    unsigned int nr = 0;

    while ( nr < most && i + nr < nr_taken && !given[i + nr] &&
            taken[i + nr] == taken[i] + nr )
        nr++;

    return nr;
}

static unsigned int draw(void)
{
    return random_below(nr_taken);
}

/*
 * Segments of up to 2^bits bytes on pages that are given back at once, whole
 * or in part.  Returns the pages that buffers need.
 */
static unsigned int draw_segments(struct image *image, unsigned int nr)
{
    unsigned int needed = 0;

    while ( nr-- )
    {
        unsigned int first = draw(), i;
        unsigned int len = run_length(first, 1u << random_below(10));
        uint64_t maddr, size, buf_size;

        if ( !len || taken[first] < MB(1) >> PAGE_SHIFT )
            continue;

        maddr = (uint64_t)taken[first] << PAGE_SHIFT;
        size = len * PAGE_SIZE;
        if ( random_below(2) && !arg_number("aligned", 0) )
        {
            uint64_t off = random_below(PAGE_SIZE);

            maddr += off;
            size -= off + random_below(PAGE_SIZE - off);
        }
        buf_size = random_below(4) ? size : 1 + random_below(size);

        image_add(image, maddr, buf_size, size);
        needed += PAGE_UP(buf_size) / PAGE_SIZE + 1;

        /* Some destinations stay with the dom0. */
        for ( i = 0; i < len; i++ )
            if ( random_below(8) )
                give(first + i);
            else
                given[first + i] = 2;
    }

    return needed;
}

void scenario_placement(void)
{
    unsigned int segments = arg_number("aligned", 0) ? 12 : 28;
    unsigned int needed, spare;
    struct image image;

    image_init(&image, KEXEC_TYPE_DEFAULT, arg_arch());
    if ( image.arch == EM_386 )
        print("# all memory of this machine has to be below 4 GiB\n");
    image_add_probe_anywhere(&image);

    take_all();
    needed = draw_segments(&image, segments);

    /* What is given back besides: single pages, enough for the buffers. */
    for ( spare = 0; spare < needed + SLACK_PAGES; spare++ )
        give(draw());

    print("# %u segments, %u pages of them to be loaded, %u pages free\n",
          image.nr, needed, (unsigned int)free_pages());
    if ( !(arg_number("seed", 0) & 1) )
        image_count_pages(&image);
    image_run(&image);
}

void scenario_scarce(void)
{
    unsigned int i, refused = 0, lost = 0;
    struct image image;
    long rc = -ENOMEM;

    image_init(&image, KEXEC_TYPE_DEFAULT, arg_arch());
    image_add_probe_anywhere(&image);
    take_all();

    for ( i = 0; i < nr_taken; i++ )
    {
        uint64_t free = free_pages();

        rc = image_load(&image);
        if ( rc != -ENOMEM )
            break;

        refused++;
        if ( free_pages() != free )
            lost++;
        give(i);
    }

    print("# %u loads refused\n", refused);
    ok_eq(lost, 0, "loads that were refused and cost pages");
    ok(refused, "some loads were refused");
    if ( ok_eq(rc, 0, "the first load that is not refused") )
        image_exec(&image);
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
