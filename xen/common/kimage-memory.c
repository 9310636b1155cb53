/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The memory of an image.
 *
 * The heap may give pages that are destinations of the image.  The copy
 * overwrites them, so they must not hold anything that the hand-over reads
 * (invariant 1).  Each chunk from the heap is sorted once, when it is
 * allocated, by intersecting it with the segments:
 *
 *   not usable, or below 1 MiB           -> aside, until the load ends
 *   outside of every destination         -> the pool, for any use
 *   destination of bytes still to read   -> in place: they are read to there
 *   any other destination                -> aside
 *
 * No page is moved later, so the cost is linear in pages and segments.
 *
 * A segment without a buffer is only mapped.  The copy does not write to it,
 * so it is not a destination here.
 *
 * Nobody can use what is set aside.  A load is refused before that becomes
 * more than the heap has left for everybody else.
 */

#include <xen/bitops.h>
#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/vmap.h>

#include "kimage-private.h"

/* The largest block to free at once (invariant 7). */
#define FREE_ORDER_MAX  9

static struct maddr_range *extents_top(const struct kimage_extents *extents)
{
    struct kimage_extent_page *page = extents->last;

    return page ? &page->extents[page->nr - 1] : NULL;
}

static int extents_add(struct kimage_extents *extents,
                       struct maddr_range range)
{
    struct maddr_range *top = extents_top(extents);
    struct kimage_extent_page *page = extents->last;

    if ( maddr_range_empty(range) )
        return 0;

    if ( top && top->end == range.start )
    {
        top->end = range.end;
        return 0;
    }

    if ( !page || page->nr == ARRAY_SIZE(page->extents) )
    {
        page = alloc_xenheap_page();
        if ( !page )
            return -ENOMEM;
        page->prev = extents->last;
        page->nr = 0;
        page->nr_read_only = 0;
        extents->last = page;
    }

    page->extents[page->nr++] = range;

    return 0;
}

/* Take @bytes off the front of the top extent, which is as large or larger. */
static void extents_shrink_top(struct kimage_extents *extents, paddr_t bytes)
{
    struct kimage_extent_page *page = extents->last;
    struct maddr_range *top = extents_top(extents);

    top->start += bytes;
    if ( !maddr_range_empty(*top) )
        return;

    if ( !--page->nr )
    {
        extents->last = page->prev;
        free_xenheap_page(page);
    }
}

/* Free the largest block of at most 2^@max_order pages at @range's start. */
static paddr_t free_block(struct maddr_range range, unsigned int max_order)
{
    unsigned long pfn = paddr_to_pfn(range.start);
    unsigned int order = flsl(paddr_to_pfn(maddr_range_size(range))) - 1;

    if ( pfn )
        order = min_t(unsigned int, order, ffsl(pfn) - 1);
    order = min(order, max_order);

    free_domheap_pages(maddr_to_page(range.start), order);

    return (paddr_t)PAGE_SIZE << order;
}

bool kimage_extents_next(struct kimage_extents_walk *walk, paddr_t bytes,
                         struct maddr_range *range)
{
    while ( walk->page && walk->extent == walk->page->nr )
        *walk = (struct kimage_extents_walk){ .page = walk->page->prev };

    if ( !walk->page )
        return false;

    *range = walk->page->extents[walk->extent];
    range->start += walk->done;
    if ( maddr_range_size(*range) > bytes )
    {
        range->end = range->start + bytes;
        walk->done += bytes;
    }
    else
    {
        walk->extent++;
        walk->done = 0;
    }

    return true;
}

int kimage_extents_protect_some(struct kimage_extents *extents)
{
    struct kimage_extent_page *page = extents->last;
    int rc;

    while ( page && page->nr_read_only == page->nr )
        page = page->prev;

    if ( !page )
        return 0;

    rc = machine_kexec_protect(page->extents[page->nr_read_only], true);
    if ( rc )
    {
        /* A part of it may be read-only by now. */
        machine_kexec_protect(page->extents[page->nr_read_only], false);
        return rc;
    }
    page->nr_read_only++;

    return -ERESTART;
}

/*
 * Pages must be writable before they are freed.  This allocates nothing: the
 * direct map was split when they were made read-only.
 */
static void extents_unprotect_top(struct kimage_extents *extents)
{
    struct maddr_range *top = extents_top(extents);

    extents->last->nr_read_only--;
    if ( !machine_kexec_protect(*top, false) )
        return;

    printk(XENLOG_ERR "kexec: %"PRIpaddr"-%"PRIpaddr" stays read-only: lost\n",
           top->start, top->end);
    extents_shrink_top(extents, maddr_range_size(*top));
}

bool kimage_extents_free_some(struct kimage_extents *extents)
{
    unsigned long budget = KIMAGE_STRETCH_BYTES;
    const struct maddr_range *top;

    while ( budget && (top = extents_top(extents)) != NULL )
    {
        paddr_t freed;

        /* This flushes the TLBs of all CPUs: enough for one step. */
        if ( extents->last->nr == extents->last->nr_read_only )
        {
            extents_unprotect_top(extents);
            return false;
        }

        freed = free_block(*top, FREE_ORDER_MAX);
        extents_shrink_top(extents, freed);
        budget -= min_t(paddr_t, budget, freed);
    }

    return !extents->last;
}

void kimage_extents_splice(struct kimage_extents *to,
                           struct kimage_extents *from)
{
    struct kimage_extent_page *first = from->last;

    if ( !first )
        return;

    while ( first->prev )
        first = first->prev;

    first->prev = to->last;
    to->last = from->last;
    from->last = NULL;
}

struct maddr_range kimage_buffer_pages(const struct kimage *image,
                                       unsigned int nr)
{
    const struct kimage_segment *seg = &image->segments[nr];
    struct maddr_range bytes = {
        .start = seg->dest.start,
        .end = seg->dest.start + seg->buf_size,
    };

    return maddr_range_pages(bytes);
}

unsigned long kimage_first_bit(const struct kimage *image, unsigned int nr)
{
    unsigned long bit = 0;

    while ( nr-- )
        bit += paddr_to_pfn(maddr_range_size(kimage_buffer_pages(image, nr)));

    return bit;
}

/* The pages of segment @nr whose bytes are still to be read. */
static struct maddr_range pages_to_come(const struct kimage_load *load,
                                        unsigned int nr)
{
    struct maddr_range pages = kimage_buffer_pages(load->image, nr);

    if ( nr < load->segment )
        pages.start = pages.end;
    else if ( nr == load->segment && load->offset )
        pages.start = (load->image->segments[nr].dest.start + load->offset) &
                      PAGE_MASK;

    return pages;
}

static int mark_in_place(struct kimage_load *load, unsigned int nr,
                         struct maddr_range pages)
{
    unsigned long bit = kimage_first_bit(load->image, nr);
    paddr_t first = kimage_buffer_pages(load->image, nr).start;
    unsigned long i = bit + paddr_to_pfn(pages.start - first);
    unsigned long end = bit + paddr_to_pfn(pages.end - first);
    int rc;

    if ( !load->in_place )
    {
        load->in_place = vzalloc(BITS_TO_LONGS(load->nr_pages) *
                                 sizeof(unsigned long));
        if ( !load->in_place )
            return -ENOMEM;
    }

    rc = extents_add(&load->image->bytes, pages);
    if ( rc )
        return rc;

    for ( ; i < end; i++ )
        __set_bit(i, load->in_place);

    return 0;
}

static int set_aside(struct kimage_load *load, struct maddr_range range)
{
    int rc = extents_add(&load->aside, range);

    if ( !rc )
        load->nr_aside += paddr_to_pfn(maddr_range_size(range));

    return rc;
}

/*
 * Sort @chunk from *@pos to the end of @claim: what lies before the claim goes
 * to the pool, @to_come in the claim is in place, the rest is set aside.
 * *@pos follows, so that everything before it is on a list, also on failure.
 */
static int sort_claim(struct kimage_load *load, struct maddr_range claim,
                      struct maddr_range to_come, unsigned int nr,
                      struct maddr_range chunk, paddr_t *pos)
{
    struct maddr_range rest = { .start = *pos, .end = chunk.end };
    struct maddr_range hit = maddr_range_common(claim, rest);
    struct maddr_range in_place = maddr_range_common(to_come, hit);
    int rc;

    if ( maddr_range_empty(hit) )
        return 0;

    rest.end = hit.start;
    rc = extents_add(&load->pool, rest);
    if ( rc )
        return rc;
    *pos = hit.start;

    if ( !maddr_range_empty(in_place) )
    {
        rest = (struct maddr_range){ .start = *pos, .end = in_place.start };
        rc = set_aside(load, rest);
        if ( rc )
            return rc;
        *pos = in_place.start;

        rc = mark_in_place(load, nr, in_place);
        if ( rc )
            return rc;
        *pos = in_place.end;
    }

    rest = (struct maddr_range){ .start = *pos, .end = hit.end };
    rc = set_aside(load, rest);
    if ( !rc )
        *pos = hit.end;

    return rc;
}

static void free_range(struct maddr_range range)
{
    while ( !maddr_range_empty(range) )
        range.start += free_block(range, FREE_ORDER_MAX);
}

/* Put each page of a chunk on a list.  On failure, free those that are not. */
static int sort_chunk(struct kimage_load *load, struct maddr_range chunk)
{
    const struct kimage *image = load->image;
    const struct maddr_range nothing = {};
    struct maddr_range taboo = { .end = KIMAGE_LOW_END };
    paddr_t pos = chunk.start;
    unsigned int i;
    int rc;

    if ( !machine_kexec_is_usable(chunk) )
        taboo = chunk;
    rc = sort_claim(load, taboo, nothing, 0, chunk, &pos);

    for ( i = 0; !rc && i < image->nr_segments; i++ )
        if ( image->segments[i].has_buffer )
            rc = sort_claim(load, maddr_range_pages(image->segments[i].dest),
                            pages_to_come(load, i), i, chunk, &pos);

    if ( !rc )
    {
        rc = extents_add(&load->pool,
                         (struct maddr_range){ .start = pos,
                                               .end = chunk.end });
        if ( !rc )
            return 0;
    }

    chunk.start = pos;
    free_range(chunk);

    return rc;
}

/*
 * Allocate below the lowest power of two that is not below the limit, or with
 * @below, below the highest one that is not above it: the heap knows only
 * powers of two.
 */
static bool heap_alloc(unsigned int order, paddr_t limit, bool below,
                       bool reserve, struct maddr_range *chunk)
{
    paddr_t end = min(limit, machine_kexec_usable_end());
    unsigned int bits = below ? flsl(end) - 1 : flsl(end - 1);
    /* No scrubbing: every byte is written before it is used. */
    struct page_info *page =
        alloc_domheap_pages(NULL, order, MEMF_bits(bits) | MEMF_no_scrub |
                                         (reserve ? 0 : MEMF_no_dma));

    if ( !page )
        return false;

    chunk->start = page_to_maddr(page);
    chunk->end = chunk->start + ((paddr_t)PAGE_SIZE << order);

    return true;
}

/*
 * Allocate a chunk of 2^@order pages, or the largest one that the heap has,
 * but none below 2^@min_order, and sort it.  Returns its order, or -ENOMEM.
 *
 * The heap gives the highest memory first, and much of it may lie above all
 * that is usable.  So the first such chunk goes back, and from then on only
 * memory that certainly lies below is asked for.  When that has run out,
 * chunks from above are taken and set aside as well.
 *
 * The heap's reserve for DMA comes last.  On a host whose memory all belongs
 * to domains, there may be nothing else.
 */
static int pool_fill(struct kimage_load *load, unsigned int order,
                     unsigned int min_order, paddr_t limit)
{
    const unsigned long nr_aside = load->nr_aside;
    const unsigned int max_order = order;
    struct maddr_range chunk;
    bool reserve = false;
    int rc;

    while ( !heap_alloc(order, limit, load->reach == KIMAGE_BELOW_END,
                        reserve, &chunk) )
    {
        if ( order > min_order )
            order--;
        else if ( load->reach == KIMAGE_BELOW_END )
        {
            load->reach = KIMAGE_ACROSS_END;
            order = max_order;
        }
        else if ( !reserve )
        {
            reserve = true;
            order = max_order;
        }
        else
            return -ENOMEM;
    }

    if ( load->reach == KIMAGE_ANYWHERE &&
         chunk.end > machine_kexec_usable_end() )
    {
        load->reach = KIMAGE_BELOW_END;
        free_range(chunk);
        return order;
    }

    rc = sort_chunk(load, chunk);
    if ( rc )
        return rc;

    load->crowded = load->nr_aside > nr_aside &&
                    load->nr_aside > avail_domheap_pages_region(-1, 0, 0);

    return load->crowded ? -ENOMEM : order;
}

/* Pages that the bytes still to be read need, in place or not. */
static unsigned long pages_wanted(const struct kimage_load *load)
{
    unsigned long wanted = 0;
    unsigned int i;

    for ( i = load->segment; i < load->image->nr_segments; i++ )
        wanted += paddr_to_pfn(maddr_range_size(pages_to_come(load, i)));

    return wanted;
}

static int pool_take(struct kimage_load *load, struct kimage_extents *to,
                     unsigned long max_pages, struct maddr_range *run)
{
    int rc;

    *run = *extents_top(&load->pool);
    run->end = min_t(paddr_t, run->end,
                     run->start + ((paddr_t)max_pages << PAGE_SHIFT));

    /* If adding the run to @to fails, it is still in the pool. */
    rc = extents_add(to, *run);
    if ( !rc )
        extents_shrink_top(&load->pool, maddr_range_size(*run));

    return rc;
}

bool kimage_pool_has(const struct kimage_load *load, unsigned long nr)
{
    const struct maddr_range *top = extents_top(&load->pool);

    return top && paddr_to_pfn(maddr_range_size(*top)) >= nr;
}

/*
 * For bytes, ask for as much as is still to be read.  For anything else,
 * double the size of the chunk each time: then few chunks are needed, even if
 * most pages have to be set aside.
 */
int kimage_pool_refill(struct kimage_load *load, unsigned int nr,
                       paddr_t limit)
{
    unsigned int min_order = flsl(nr) - 1;
    int order;

    if ( load->stage == KIMAGE_COPY )
    {
        /* A size that the heap did not have is not tried again. */
        order = min_t(unsigned int, load->order, flsl(pages_wanted(load)) - 1);
        order = pool_fill(load, order, min_order, limit);
        if ( order >= 0 )
            load->order = order;
    }
    else
    {
        order = max(load->small_order, min_order);
        load->small_order = min_t(unsigned int, order + 1,
                                  KIMAGE_CHUNK_ORDER_MAX);
        order = pool_fill(load, order, min_order, limit);
    }

    return order < 0 ? order : -ERESTART;
}

int kimage_pool_take(struct kimage_load *load, unsigned long max_pages,
                     struct maddr_range *run)
{
    return pool_take(load, &load->image->bytes, max_pages, run);
}

paddr_t kimage_alloc_control(struct kimage_load *load, unsigned int nr_pages)
{
    struct maddr_range run;

    if ( !kimage_pool_has(load, nr_pages) ||
         pool_take(load, &load->image->control, nr_pages, &run) )
        return 0;

    load->nr_control += nr_pages;
    memset(maddr_to_virt(run.start), 0, maddr_range_size(run));

    return run.start;
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
