/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The copy plan: which bytes go where when the image is entered.
 *
 * Bytes that are contiguous at both ends are one record.  Bytes that are in
 * place have none.  The pages of the plan lie outside of every destination.
 */

#include <xen/errno.h>
#include <xen/kernel.h>
#include <xen/lib.h>
#include <xen/mm.h>

#include "kimage-private.h"

/* Do these bytes follow those of @record, at both ends? */
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

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
