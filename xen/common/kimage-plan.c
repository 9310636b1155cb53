/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copy plan: which bytes go where when the image is entered.
 *
 * One record for each run of bytes that is contiguous at both ends, in pages
 * outside of every destination.  What is in place already has no record.
 */

#include <xen/errno.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/string.h>

#include "kimage-private.h"

/* Does a record end where these bytes begin, at its destination and source? */
static bool continues(const struct kexec_plan_record *record,
                      paddr_t dest_maddr, paddr_t src_maddr)
{
    if ( record->dest_maddr + record->bytes != dest_maddr )
        return false;

    if ( record->src_maddr == KEXEC_PLAN_ZERO || src_maddr == KEXEC_PLAN_ZERO )
        return record->src_maddr == src_maddr;

    return record->src_maddr + record->bytes == src_maddr;
}

int kimage_plan_reserve(struct kimage_load *load)
{
    struct kimage_plan *plan = &load->image->plan;
    paddr_t maddr;

    BUILD_BUG_ON(sizeof(struct kexec_plan_page) != PAGE_SIZE);

    if ( plan->last &&
         plan->last->nr_records < ARRAY_SIZE(plan->last->records) )
        return 0;

    if ( !kimage_pool_has(load, 1) )
        return kimage_pool_refill(load, 1, ~(paddr_t)0);

    maddr = kimage_alloc_control(load, 1);
    if ( !maddr )
        return -ENOMEM;

    if ( plan->last )
        plan->last->next_maddr = maddr;
    else
        plan->first_maddr = maddr;
    plan->last = maddr_to_virt(maddr);

    return 0;
}

void kimage_plan_add(struct kimage_load *load, paddr_t dest_maddr,
                     paddr_t src_maddr, uint64_t bytes)
{
    struct kimage_plan *plan = &load->image->plan;
    struct kexec_plan_page *page = plan->last;
    struct kexec_plan_record *record =
        page->nr_records ? &page->records[page->nr_records - 1] : NULL;

    if ( record && continues(record, dest_maddr, src_maddr) )
        record->bytes += bytes;
    else
    {
        ASSERT(page->nr_records < ARRAY_SIZE(page->records));
        page->records[page->nr_records++] = (struct kexec_plan_record){
            .dest_maddr = dest_maddr,
            .src_maddr = src_maddr,
            .bytes = bytes,
        };
        plan->nr_records++;
    }

    if ( src_maddr == KEXEC_PLAN_ZERO )
        plan->zero_bytes += bytes;
    else
        plan->copy_bytes += bytes;
}

/* Carry out at most a stretch of a record, from byte @done. */
static uint64_t place_some(const struct kexec_plan_record *record,
                           uint64_t done)
{
    uint64_t bytes = min_t(uint64_t, record->bytes - done,
                           KIMAGE_STRETCH_BYTES);
    void *to = maddr_to_virt(record->dest_maddr + done);

    if ( record->src_maddr == KEXEC_PLAN_ZERO )
        memset(to, 0, bytes);
    else
        memcpy(to, maddr_to_virt(record->src_maddr + done), bytes);

    return bytes;
}

/* A stretch of the copying; true when everything has been copied. */
static bool copy_some(const struct kimage *image, struct kimage_place *pos)
{
    const struct kexec_plan_page *page = pos->page;

    if ( !page )
        page = maddr_to_virt(image->plan.first_maddr);
    pos->page = page;

    if ( pos->record < page->nr_records )
    {
        const struct kexec_plan_record *record = &page->records[pos->record];

        pos->done += place_some(record, pos->done);
        if ( pos->done == record->bytes )
        {
            pos->record++;
            pos->done = 0;
        }

        return false;
    }

    *pos = (struct kimage_place){};
    if ( page->next_maddr )
        pos->page = maddr_to_virt(page->next_maddr);

    return !page->next_maddr;
}

int kimage_place_step(struct kimage *image, struct kimage_place *pos,
                      struct kimage_extents *trash)
{
    if ( !image->plan.first_maddr )
        return 0;

    if ( !pos->copied )
    {
        pos->copied = copy_some(image, pos);
        if ( pos->copied )
            kimage_check_begin(&pos->check);

        return -ERESTART;
    }

    if ( kimage_check_some(image, &pos->check, KIMAGE_HASH_BYTES) )
        return -ERESTART;

    if ( !kimage_check_end(image, &pos->check) )
        return -EIO;

    /* One write, and the image runs from where it is (invariant 3). */
    smp_wmb();
    machine_kexec_set_plan(&image->machine, 0);

    image->in_place_bytes += image->plan.copy_bytes;
    image->plan = (struct kimage_plan){};
    kimage_extents_splice(trash, &image->bytes);

    return 0;
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
