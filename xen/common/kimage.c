/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rules for an image and the stages of its load.
 *
 * kimage_load_begin() checks the whole request before any buffer is read.
 * kimage_load_step() then goes through the stages of enum kimage_stage, a
 * short step a call.  An image becomes reachable only when kimage_load_end()
 * returns it.
 */

#include <xen/errno.h>
#include <xen/kernel.h>
#include <xen/kexec-compat.h>
#include <xen/lib.h>
#include <xen/mm.h>
#include <xen/sort.h>
#include <xen/string.h>
#include <xen/types.h>
#include <xen/vmap.h>
#include <xen/xmalloc.h>
#include <xen/elfstructs.h> /* Needs types. */

#include <public/kexec.h>

#include "kimage-private.h"

static int refuse(struct kimage_refusal *why, int segment, int rc,
                  const char *rule)
{
    why->segment = segment;
    why->rule = rule;

    return rc;
}

static int cf_check cmp_segments(const void *a, const void *b)
{
    const struct kimage_segment *l = a, *r = b;

    if ( l->dest.start != r->dest.start )
        return l->dest.start < r->dest.start ? -1 : 1;

    return l->dest.end < r->dest.end ? -1 : l->dest.end > r->dest.end;
}

#if KEXEC_XEN >= 421
static void cf_check swap_segments(void *a, void *b)
#else
static void cf_check swap_segments(void *a, void *b, size_t size)
#endif
{
    struct kimage_segment *l = a, *r = b;

    SWAP(*l, *r);
}

static int check_segment(const struct kimage_request *req, unsigned int nr,
                         struct kimage_segment *seg,
                         struct kimage_refusal *why)
{
    paddr_t limit = machine_kexec_limit(req->arch);
    uint64_t start = req->segments[nr].dest_maddr;
    uint64_t size = req->segments[nr].dest_size;

    *seg = (struct kimage_segment){
        .dest = { .start = start, .end = start + size },
        .buf_size = req->segments[nr].buf_size,
        .has_buffer = req->segments[nr].has_buffer,
        .index = nr,
    };

    if ( start + size < start )
        return refuse(why, nr, -EINVAL, "destination wraps");

    if ( seg->dest.end > limit )
        return refuse(why, nr, -EINVAL,
                      req->arch == EM_386
                      ? "destination of a 32-bit image above 4 GiB"
                      : "destination beyond what can be mapped");

    if ( seg->buf_size > size )
        return refuse(why, nr, -EINVAL, "buffer larger than destination");

    if ( !seg->has_buffer )
        return seg->buf_size
               ? refuse(why, nr, -EINVAL, "buffer size without a buffer") : 0;

    /* An empty segment needs no memory. */
    if ( maddr_range_empty(seg->dest) )
        return 0;

    if ( req->type == KEXEC_TYPE_CRASH &&
         !maddr_range_within(seg->dest, req->crash_area) )
        return refuse(why, nr, -EADDRNOTAVAIL,
                      maddr_range_empty(req->crash_area)
                      ? "there is no crash area"
                      : "destination outside the crash area");

    if ( !machine_kexec_is_usable(seg->dest) )
        return refuse(why, nr, -EADDRNOTAVAIL,
                      "destination is not usable RAM");

    return 0;
}

/* A shared destination would have two contents.  Segments are sorted. */
static int check_overlaps(const struct kimage *image,
                          struct kimage_refusal *why)
{
    unsigned int i;

    for ( i = 1; i < image->nr_segments; i++ )
        if ( maddr_range_overlaps(image->segments[i - 1].dest,
                                  image->segments[i].dest) )
            return refuse(why, image->segments[i].index, -EINVAL,
                          "destination overlaps another segment's");

    return 0;
}

/* What is entered is in a segment with a buffer. */
static int check_entry(const struct kimage_request *req,
                       const struct kimage *image, struct kimage_refusal *why)
{
    struct maddr_range entry = { .start = req->entry_maddr };
    unsigned int i;

    entry.end = entry.start + (req->bzimage ? MACHINE_KEXEC_BOOT_PARAMS : 1);

    for ( i = 0; entry.end > entry.start && i < image->nr_segments; i++ )
    {
        const struct kimage_segment *segment = &image->segments[i];
        struct maddr_range dest = segment->dest;

        /* Boot parameters are not in the kernel, nor among zeroes. */
        if ( req->bzimage )
            dest.end = dest.start + segment->buf_size;
        if ( segment->has_buffer && !(req->bzimage && !segment->index) &&
             maddr_range_within(entry, dest) )
            return 0;
    }

    return refuse(why, -1, -EINVAL,
                  req->bzimage ? "boot parameters are in no segment"
                               : "entry is in no segment");
}

/* What can be said of a bzImage before it is read. */
static int check_bzimage(const struct kimage_request *req,
                         struct kimage_refusal *why)
{
    if ( !req->bzimage )
        return 0;

    if ( req->arch != EM_X86_64 )
        return refuse(why, -1, -EINVAL, "a bzImage is entered as 64-bit code");

    if ( req->segments[0].buf_size < MACHINE_KEXEC_BZIMAGE_HEADER )
        return refuse(why, 0, -EINVAL, "too short for a bzImage");

    return 0;
}

static int check_request(const struct kimage_request *req,
                         struct kimage *image, struct kimage_refusal *why)
{
    unsigned int i;
    int rc;

    if ( req->type != KEXEC_TYPE_DEFAULT && req->type != KEXEC_TYPE_CRASH )
        return refuse(why, -1, -EINVAL, "unknown image type");

    if ( !machine_kexec_limit(req->arch) )
        return refuse(why, -1, -EINVAL, "unknown architecture");

    if ( !req->nr_segments )
        return refuse(why, -1, -EINVAL, "no segments");

    if ( req->nr_segments > KIMAGE_MAX_SEGMENTS )
        return refuse(why, -1, -EINVAL, "too many segments");

    rc = check_bzimage(req, why);
    if ( rc )
        return rc;

    image->type = req->type;
    image->arch = req->arch;
    image->entry_maddr = req->entry_maddr;
    image->has_digest = req->digest || req->type == KEXEC_TYPE_CRASH;

    for ( i = 0; i < req->nr_segments; i++ )
    {
        struct kimage_segment *seg = &image->segments[image->nr_segments];

        rc = check_segment(req, i, seg, why);
        if ( rc )
            return rc;

        if ( maddr_range_empty(seg->dest) )
            continue;

        image->buf_bytes += seg->buf_size;
        image->nr_segments++;
    }

    sort(image->segments, image->nr_segments, sizeof(*image->segments),
         cmp_segments, swap_segments);

    return check_overlaps(image, why) ?: check_entry(req, image, why);
}

int kimage_load_begin(const struct kimage_request *req,
                      const struct kimage_source *source,
                      struct kimage_load **load, struct kimage_refusal *why)
{
    struct kimage *image = xzalloc(struct kimage);
    struct kimage_load *l = xzalloc(struct kimage_load);
    int rc = (image && l) ? check_request(req, image, why)
                          : refuse(why, -1, -ENOMEM, "no memory");

    if ( rc )
    {
        xfree(image);
        xfree(l);
        return rc;
    }

    l->image = image;
    l->source = source;
    if ( image->type == KEXEC_TYPE_CRASH )
        l->crash_area = req->crash_area;
#ifdef CONFIG_KEXEC_BZIMAGE
    l->is_bzimage = req->bzimage;
#endif
    kimage_digest_begin(l);
    l->order = KIMAGE_CHUNK_ORDER_MAX;
    l->nr_pages = kimage_first_bit(image, image->nr_segments);
    *load = l;

    return 0;
}

void kimage_load_directly(struct kimage_load *load)
{
    ASSERT(load->image->type == KEXEC_TYPE_CRASH);
    ASSERT(load->stage == KIMAGE_CONTROL);

    load->direct = true;
}

static paddr_t cf_check alloc_table(void *ctxt)
{
    return kimage_alloc_control(ctxt, 1);
}

/* The first stage, because control pages have the lowest limit. */
static int cf_check load_control(struct kimage_load *load)
{
    const unsigned int nr = 1U << MACHINE_KEXEC_CONTROL_ORDER;
    struct kimage *image = load->image;

    if ( !kimage_pool_has(load, nr) )
        return kimage_pool_refill(load, nr, machine_kexec_limit(image->arch));

    image->machine.control_maddr = kimage_alloc_control(load, nr);
    if ( !image->machine.control_maddr )
        return -ENOMEM;

    load->stage = KIMAGE_COPY;

    return -ERESTART;
}

/* How many of @nr pages, from @bit on, are in place like the first, or not. */
static unsigned long same_kind(const struct kimage_load *load,
                               unsigned long bit, unsigned long nr,
                               bool *in_place)
{
    unsigned long end = bit + nr;

    *in_place = load->direct ||
                (load->in_place && test_bit(bit, load->in_place));

    if ( load->direct || !load->in_place )
        return nr;

    return (*in_place ? find_next_zero_bit(load->in_place, end, bit)
                      : find_next_bit(load->in_place, end, bit)) - bit;
}

/* The pages to read to in this step, and if they are in place. */
static unsigned long next_pages(const struct kimage_load *load, paddr_t dest,
                                bool *in_place)
{
    const struct kimage *image = load->image;
    struct maddr_range pages = kimage_buffer_pages(image, load->segment);
    unsigned long page = paddr_to_pfn(dest) - paddr_to_pfn(pages.start);
    unsigned long nr = paddr_to_pfn(pages.end - pages.start) - page;
    unsigned long max_bytes = image->has_digest ? KIMAGE_HASH_BYTES
                                                : KIMAGE_STRETCH_BYTES;

    return same_kind(load, kimage_first_bit(image, load->segment) + page,
                     min_t(unsigned long, nr, paddr_to_pfn(max_bytes)),
                     in_place);
}

/* From @dest_maddr to the end of @nr_pages pages, or to @end. */
static uint64_t bytes_in(paddr_t dest_maddr, unsigned long nr_pages,
                         paddr_t end)
{
    paddr_t stop = (dest_maddr & PAGE_MASK) + pfn_to_paddr(nr_pages);

    return min(stop, end) - dest_maddr;
}

/*
 * Find where to read the next bytes of @seg to: their destination if it is in
 * place, otherwise a run of the pool, and then the plan copies them.  They
 * have the same offset in a page there, so that the copy is aligned.
 */
static int find_place(struct kimage_load *load,
                      const struct kimage_segment *seg,
                      struct maddr_range *to)
{
    paddr_t dest = seg->dest.start + load->offset;
    paddr_t end = seg->dest.start + seg->buf_size;
    struct maddr_range run;
    bool in_place;
    unsigned long nr = next_pages(load, dest, &in_place);
    int rc;

    if ( in_place )
    {
        *to = (struct maddr_range){ dest, dest + bytes_in(dest, nr, end) };
        load->image->in_place_bytes += maddr_range_size(*to);
        return 0;
    }

    rc = kimage_plan_reserve(load);
    if ( rc )
        return rc;

    if ( !kimage_pool_has(load, 1) )
        return kimage_pool_refill(load, 1, ~(paddr_t)0);

    rc = kimage_pool_take(load, nr, &run);
    if ( rc )
        return rc;

    nr = paddr_to_pfn(maddr_range_size(run));
    to->start = run.start + (dest & ~PAGE_MASK);
    to->end = to->start + bytes_in(dest, nr, end);
    kimage_plan_add(load, dest, to->start, maddr_range_size(*to));

    return 0;
}

#ifdef CONFIG_KEXEC_BZIMAGE
/* Keep what belongs to the header at @maddr, of bytes that go to @to. */
static void keep_header(uint8_t header[MACHINE_KEXEC_BZIMAGE_HEADER],
                        paddr_t maddr, struct maddr_range to, const void *va)
{
    struct maddr_range part;

    part.start = max(maddr, to.start);
    part.end = min(maddr + MACHINE_KEXEC_BZIMAGE_HEADER, to.end);
    if ( !maddr_range_empty(part) )
        memcpy(header + (part.start - maddr), va + (part.start - to.start),
               maddr_range_size(part));
}

/* Until all has been read, the entry is the address of the boot parameters. */
static void keep_headers(struct kimage_load *load,
                         const struct kimage_segment *seg, const void *va,
                         uint64_t bytes)
{
    struct maddr_range to = { .start = seg->dest.start + load->offset };

    to.end = to.start + bytes;
    if ( !load->is_bzimage )
        return;

    if ( !seg->index )
        keep_header(load->bzimage, seg->dest.start, to, va);
    else
        keep_header(load->boot_params, load->image->entry_maddr, to, va);
}

/* The kernel is where it can run, and nothing else is there. */
static const char *check_kernel(const struct kimage_load *load,
                                struct maddr_range used)
{
    const struct kimage *image = load->image;
    unsigned int i;

    if ( !maddr_range_within(used, load->crash_area) )
        return "kernel needs memory outside the crash area";

    for ( i = 0; i < image->nr_segments; i++ )
        if ( image->segments[i].index && image->segments[i].has_buffer &&
             maddr_range_overlaps(used, image->segments[i].dest) )
            return "kernel needs memory of another segment";

    return NULL;
}

/* All of it has been read: find its entry.  0, or -EINVAL and load->rule. */
static int find_kernel_entry(struct kimage_load *load)
{
    struct kimage *image = load->image;
    const struct kimage_segment *seg = image->segments;
    struct maddr_range used;

    if ( !load->is_bzimage )
        return 0;

    while ( seg->index )
        seg++;

    image->entry_arg = image->entry_maddr;
    load->rule = machine_kexec_bzimage(load->bzimage, load->boot_params,
                                       seg->buf_size, seg->dest.start,
                                       &image->entry_maddr, &used) ?:
                 check_kernel(load, used);

    return load->rule ? -EINVAL : 0;
}

#else /* !CONFIG_KEXEC_BZIMAGE */

static void keep_headers(struct kimage_load *load,
                         const struct kimage_segment *seg, const void *va,
                         uint64_t bytes) {}
static int find_kernel_entry(struct kimage_load *load) { return 0; }

#endif

static int load_bytes(struct kimage_load *load,
                      const struct kimage_segment *seg)
{
    struct maddr_range to = {};
    void *va;
    int rc = find_place(load, seg, &to);

    if ( rc )
        return rc;

    va = maddr_to_virt(to.start);
    rc = load->source->read(load->source, seg->index, load->offset, va,
                            maddr_range_size(to));
    if ( rc )
        return rc;

    keep_headers(load, seg, va, maddr_range_size(to));
    kimage_digest_bytes(load, va, maddr_range_size(to));
    load->offset += maddr_range_size(to);

    return -ERESTART;
}

static int cf_check load_copy(struct kimage_load *load)
{
    const struct kimage *image = load->image;
    const struct kimage_segment *seg = &image->segments[load->segment];

    if ( load->segment == image->nr_segments )
    {
        int rc = find_kernel_entry(load);

        if ( rc )
            return rc;
        load->stage = KIMAGE_TAILS;
    }
    else if ( load->offset == seg->buf_size )
    {
        load->segment++;
        load->offset = 0;
    }
    else
        return load_bytes(load, seg);

    return -ERESTART;
}

/*
 * The plan zeroes a tail: it may share a page with bytes of the next segment
 * that are in place.  Without a plan, all bytes have been read by now.
 */
static int load_tail(struct kimage_load *load,
                     const struct kimage_segment *seg)
{
    paddr_t tail = seg->dest.start + seg->buf_size + load->offset;
    uint64_t bytes = seg->dest.end - tail;
    int rc;

    if ( load->direct )
    {
        bytes = min_t(uint64_t, bytes, KIMAGE_STRETCH_BYTES);
        memset(maddr_to_virt(tail), 0, bytes);
        load->offset += bytes;
    }
    else
    {
        rc = kimage_plan_reserve(load);
        if ( rc )
            return rc;

        kimage_plan_add(load, tail, KEXEC_PLAN_ZERO, bytes);
        load->offset = bytes;
    }

    return -ERESTART;
}

/* From here on the image takes memory for its tables only. */
static int begin_tables(struct kimage_load *load)
{
    struct kimage *image = load->image;
    struct maddr_range own[KIMAGE_MAX_SEGMENTS + 1];
    unsigned int i;
    int rc;

    for ( i = 0; i < image->nr_segments; i++ )
        own[i] = image->segments[i].dest;
    own[i++] = load->crash_area;

    rc = machine_kexec_map_begin(&image->machine, own, i,
                                 image->type != KEXEC_TYPE_CRASH, alloc_table,
                                 load);
    if ( rc )
        return rc;

    load->walk.page = image->bytes.last;
    load->stage = KIMAGE_TABLES;

    return -ERESTART;
}

static int cf_check load_tails(struct kimage_load *load)
{
    const struct kimage *image = load->image;
    const struct kimage_segment *seg = &image->segments[load->tail];

    if ( load->tail == image->nr_segments )
        return begin_tables(load);

    if ( seg->has_buffer &&
         load->offset < maddr_range_size(seg->dest) - seg->buf_size )
        return load_tail(load, seg);

    load->tail++;
    load->offset = 0;

    return -ERESTART;
}

/*
 * A crash image's tables map no RAM but the image's own: its sources, and then
 * control area, plan and tables.  Mapping those may take another table, so the
 * walk is repeated until it adds none.
 */
static int map_own(struct kimage_load *load)
{
    struct kimage *image = load->image;

    if ( image->type != KEXEC_TYPE_CRASH )
        return 0;

    if ( maddr_range_empty(load->to_map) &&
         !kimage_extents_next(&load->walk, KIMAGE_MAP_BYTES, &load->to_map) )
    {
        if ( load->nr_mapped == load->nr_control )
            return 0;

        load->nr_mapped = load->nr_control;
        load->walk.page = image->control.last;
    }

    return machine_kexec_map_more(&image->machine, &load->to_map) ?: -ERESTART;
}

static int cf_check load_tables(struct kimage_load *load)
{
    struct kimage *image = load->image;
    int rc = machine_kexec_map_step(&image->machine);

    if ( !rc )
        rc = map_own(load);
    if ( rc == -ENOMEM && !kimage_pool_has(load, 1) )
        return kimage_pool_refill(load, 1, ~(paddr_t)0);
    if ( rc )
        return rc;

    machine_kexec_map_end(&image->machine);
    machine_kexec_seal(&image->machine, image->arch, image->entry_maddr,
                       image->entry_arg, image->plan.first_maddr);
    kimage_digest_bytes_end(load);

    vfree(load->in_place);
    load->in_place = NULL;
    kimage_extents_splice(&load->aside, &load->pool);
    load->stage = KIMAGE_DIGEST;

    return -ERESTART;
}

static int cf_check load_digest(struct kimage_load *load)
{
    if ( kimage_digest_control(load) )
        load->stage = KIMAGE_TIDY;

    return -ERESTART;
}

static int cf_check load_tidy(struct kimage_load *load)
{
    if ( kimage_extents_free_some(&load->aside) )
        load->stage = KIMAGE_DONE;

    return -ERESTART;
}

int kimage_load_step(struct kimage_load *load, struct kimage_refusal *why)
{
    static int (*const stages[])(struct kimage_load *load) = {
        [KIMAGE_CONTROL] = load_control,
        [KIMAGE_COPY] = load_copy,
        [KIMAGE_TAILS] = load_tails,
        [KIMAGE_TABLES] = load_tables,
        [KIMAGE_DIGEST] = load_digest,
        [KIMAGE_TIDY] = load_tidy,
    };
    int rc;

    if ( load->stage == KIMAGE_DONE )
        return 0;

    rc = stages[load->stage](load);

    switch ( rc )
    {
    case -ERESTART:
        break;

    case -ENOMEM:
        refuse(why, -1, rc,
               load->crowded ? "free memory is in destinations or not usable"
                             : "no memory");
        break;

    case -EINVAL:
        refuse(why, 0, rc, load->rule);
        break;

    default:
        refuse(why, load->image->segments[load->segment].index, rc,
               "buffer is not readable");
        break;
    }

    return rc;
}

struct kimage *kimage_load_end(struct kimage_load *load)
{
    struct kimage *image = load->image;

    ASSERT(load->stage == KIMAGE_DONE);
    xfree(load);

    return image;
}

int kimage_protect_step(struct kimage *image)
{
    return kimage_extents_protect_some(&image->control);
}

void kimage_free(struct kimage *image, struct kimage_extents *trash)
{
    machine_kexec_map_end(&image->machine);
    kimage_extents_splice(trash, &image->bytes);
    kimage_extents_splice(trash, &image->control);
    xfree(image);
}

void kimage_load_abandon(struct kimage_load *load,
                         struct kimage_extents *trash)
{
    kimage_free(load->image, trash);
    kimage_extents_splice(trash, &load->pool);
    kimage_extents_splice(trash, &load->aside);
    vfree(load->in_place);
    xfree(load);
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
