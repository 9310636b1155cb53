/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The digests of an image: SHA-256 over everything that will run, taken while
 * it is loaded and verified before it is entered.  Every crash image has them,
 * and a default image if the request says so.
 *
 *   control  control area, page tables and plan, except for the arguments of
 *            the stub that change
 *   bytes    the contents of the buffers, in the order of their destinations
 *
 * The bytes are hashed where they are: at their destinations if they are in
 * place, otherwise at their sources.  Only the plan has these, so it is
 * verified before it is followed.  Tails have no digest: they must be zero.
 */

#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/string.h>

#include "kimage-private.h"

void kimage_digest_begin(struct kimage_load *load)
{
    if ( load->image->has_digest )
        sha2_256_init(&load->sha);
}

void kimage_digest_bytes(struct kimage_load *load, const void *va,
                         size_t bytes)
{
    if ( load->image->has_digest )
        machine_kexec_sha256(&load->sha, va, bytes);
}

static void hash_range(struct sha2_256_state *sha, struct maddr_range range)
{
    if ( !maddr_range_empty(range) )
        machine_kexec_sha256(sha, maddr_to_virt(range.start),
                             maddr_range_size(range));
}

/* Hash @range, except for the arguments of the stub that change. */
static void hash_control(struct sha2_256_state *sha,
                         const struct kimage *image, struct maddr_range range)
{
    struct maddr_range skip = machine_kexec_volatile(&image->machine);
    struct maddr_range hole = maddr_range_common(range, skip);

    if ( maddr_range_empty(hole) )
        hash_range(sha, range);
    else
    {
        hash_range(sha, (struct maddr_range){ range.start, hole.start });
        hash_range(sha, (struct maddr_range){ hole.end, range.end });
    }
}

/*
 * Hash the next part of control area, page tables and plan, at most @bytes.
 * False if nothing was left.
 */
static bool hash_control_some(struct sha2_256_state *sha,
                              const struct kimage *image,
                              struct kimage_extents_walk *walk, paddr_t bytes)
{
    struct maddr_range range;

    if ( !kimage_extents_next(walk, bytes, &range) )
        return false;

    hash_control(sha, image, range);

    return true;
}

static void control_digest(const struct kimage *image,
                           uint8_t digest[SHA2_256_DIGEST_SIZE])
{
    struct kimage_extents_walk walk = { .page = image->control.last };
    struct sha2_256_state sha;

    sha2_256_init(&sha);
    while ( hash_control_some(&sha, image, &walk, ~(paddr_t)0) )
        ;
    sha2_256_final(&sha, digest);
}

void kimage_digest_bytes_end(struct kimage_load *load)
{
    if ( !load->image->has_digest )
        return;

    sha2_256_final(&load->sha, load->image->digest.bytes);
    sha2_256_init(&load->sha);
    load->walk.page = load->image->control.last;
}

bool kimage_digest_control(struct kimage_load *load)
{
    struct kimage *image = load->image;

    if ( !image->has_digest )
        return true;

    if ( hash_control_some(&load->sha, image, &load->walk,
                           KIMAGE_HASH_BYTES) )
        return false;

    sha2_256_final(&load->sha, image->digest.control);

    return true;
}

/* A position in a plan. */
struct plan_walk {
    const struct kexec_plan_page *page;
    unsigned int record;
};

/* The next record that copies, or NULL. */
static const struct kexec_plan_record *next_copy(struct plan_walk *walk)
{
    while ( walk->page )
    {
        while ( walk->record < walk->page->nr_records )
        {
            const struct kexec_plan_record *record =
                &walk->page->records[walk->record++];

            if ( record->src_maddr != KEXEC_PLAN_ZERO )
                return record;
        }

        walk->record = 0;
        walk->page = walk->page->next_maddr
                     ? maddr_to_virt(walk->page->next_maddr) : NULL;
    }

    return NULL;
}

/*
 * Hash the buffers where they are until the plan is carried out: what a record
 * copies at its source, everything else in its place.  Segments and records
 * are both sorted by destination, and a record may cover parts of several
 * segments.
 */
static void hash_sources(struct sha2_256_state *sha,
                         const struct kimage *image)
{
    struct plan_walk walk = { maddr_to_virt(image->plan.first_maddr) };
    const struct kexec_plan_record *record = next_copy(&walk);
    unsigned int i;

    for ( i = 0; i < image->nr_segments; i++ )
    {
        struct maddr_range left = image->segments[i].dest;

        left.end = left.start + image->segments[i].buf_size;
        while ( !maddr_range_empty(left) )
        {
            paddr_t from = left.start, end = left.end;

            if ( record && left.start >= record->dest_maddr )
            {
                from += record->src_maddr - record->dest_maddr;
                end = min(end, record->dest_maddr + record->bytes);
            }
            else if ( record )
                end = min(end, record->dest_maddr);

            machine_kexec_sha256(sha, maddr_to_virt(from), end - left.start);
            left.start = end;
            if ( record && end == record->dest_maddr + record->bytes )
                record = next_copy(&walk);
        }
    }
}

static bool matches(struct kimage_mismatch *why, const uint8_t *expected,
                    const char *part)
{
    why->part = part;
    why->expected = expected;

    return !memcmp(why->found, expected, SHA2_256_DIGEST_SIZE);
}

bool kimage_verify(const struct kimage *image, struct kimage_mismatch *why)
{
    paddr_t plan_maddr = machine_kexec_plan(&image->machine);
    struct kimage_check check;

    control_digest(image, why->found);
    if ( !matches(why, image->digest.control, "tables or plan are") )
        return false;

    kimage_check_begin(&check);

    /* The address of the plan changes, so no digest covers it. */
    if ( plan_maddr && plan_maddr == image->plan.first_maddr )
        hash_sources(&check.sha, image);
    else
        while ( kimage_check_some(image, &check, ~0UL) )
            ;

    sha2_256_final(&check.sha, why->found);

    if ( !matches(why, image->digest.bytes, "bytes are") )
        return false;

    /* Tails, and which plan is entered, have no digest. */
    why->part = "tails are";
    why->expected = NULL;

    return !check.dirty_tail &&
           (!plan_maddr || plan_maddr == image->plan.first_maddr);
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
