/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Placing a crash image: Xen carries out the plan ahead of the crash, and
 * checks what arrived.
 *
 * Only a crash image can be placed, for nothing else uses its destinations.
 * Until everything is in place and checked, a crash runs the whole plan.
 */

#include <xen/errno.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/string.h>

#include <public/kexec.h>

#include "kimage-private.h"

/*
 * Checking
 */

static bool is_zero(struct maddr_range range)
{
    const uint8_t *byte = maddr_to_virt(range.start);
    const uint8_t *end = byte + maddr_range_size(range);

    for ( ; byte < end && ((unsigned long)byte & 7); byte++ )
        if ( *byte )
            return false;

    for ( ; end - byte >= 8; byte += 8 )
        if ( *(const uint64_t *)byte )
            return false;

    for ( ; byte < end; byte++ )
        if ( *byte )
            return false;

    return true;
}

void kimage_check_begin(struct kimage_check *check)
{
    *check = (struct kimage_check){};
    sha2_256_init(&check->sha);
}

bool kimage_check_some(const struct kimage *image, struct kimage_check *check,
                       uint64_t bytes)
{
    const struct kimage_segment *seg = &image->segments[check->segment];
    struct maddr_range range;
    bool is_tail;

    if ( check->segment == image->nr_segments )
        return false;

    if ( !seg->has_buffer || check->offset == maddr_range_size(seg->dest) )
    {
        check->segment++;
        check->offset = 0;
        return true;
    }

    is_tail = check->offset >= seg->buf_size;
    range.start = seg->dest.start + check->offset;
    range.end = is_tail ? seg->dest.end : seg->dest.start + seg->buf_size;
    range.end = range.start + min(maddr_range_size(range), bytes);

    if ( !is_tail )
        machine_kexec_sha256(&check->sha, maddr_to_virt(range.start),
                             maddr_range_size(range));
    else if ( !is_zero(range) )
        check->dirty_tail = true;
    check->offset += maddr_range_size(range);

    return true;
}

bool kimage_check_end(const struct kimage *image, struct kimage_check *check)
{
    uint8_t found[SHA2_256_DIGEST_SIZE];

    sha2_256_final(&check->sha, found);

    return !check->dirty_tail &&
           !memcmp(found, image->digest.bytes, sizeof(found));
}

/*
 * Placing
 */

/* Carry out a part of a record, from byte @done on; returns its bytes. */
static uint64_t copy_record(const struct kexec_plan_record *record,
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

/* Carry out a part of the plan; true when all of it has been. */
static bool copy_some(const struct kimage *image, struct kimage_place *pos)
{
    const struct kexec_plan_page *page = pos->page;

    if ( !page )
        page = maddr_to_virt(image->plan.first_maddr);
    pos->page = page;

    if ( pos->record < page->nr_records )
    {
        const struct kexec_plan_record *record = &page->records[pos->record];

        pos->done += copy_record(record, pos->done);
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
    ASSERT(image->type == KEXEC_TYPE_CRASH);

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

    /* With one write, a crash enters the image where it is (invariant 3). */
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
