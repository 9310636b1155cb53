/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One image: the rules that it has to keep, and what loading it costs.
 *
 * Attacked: every rule, on the edge and one step to either side of it;
 * allocations and reads that fail, each of them in turn; a heap of single
 * pages, and one that is nothing but the destination.
 *
 * Must hold: the error of the table of refusals, and the segment that is to
 * blame, in the caller's counting.  Whatever fails, the heap is afterwards
 * what it was before (invariants 2 and 8).
 */

#include "unit.h"

#include <asm/kexec_idmap.h>

#include "heap.h"
#include "layout.h"
#include "tables.h"
#include "xen.h"

#include "kimage-private.h"

/*
 * The machine: RAM from 1 MiB to 64 MiB, and from 4 GiB to 5 GiB.
 */
#define RAM_END   MB(64)
#define HIGH_RAM  GB(4)
#define DEST      MB(16)
#define CRASH     ((struct maddr_range){ MB(32), MB(48) })

static struct kimage_request good(void)
{
    struct kimage_request req = {
        .type = KEXEC_TYPE_DEFAULT,
        .arch = EM_X86_64,
        .entry_maddr = DEST,
        .nr_segments = 1,
        .crash_area = CRASH,
    };

    req.segments[0].dest_maddr = DEST;
    req.segments[0].dest_size = 3 * PAGE_SIZE;
    req.segments[0].buf_size = 2 * PAGE_SIZE + 5;
    req.segments[0].has_buffer = true;

    return req;
}

static void add_segment(struct kimage_request *req, paddr_t dest_maddr,
                        uint64_t dest_size, bool has_buffer)
{
    unsigned int i = req->nr_segments++;

    req->segments[i].dest_maddr = dest_maddr;
    req->segments[i].dest_size = dest_size;
    req->segments[i].buf_size = has_buffer ? dest_size : 0;
    req->segments[i].has_buffer = has_buffer;
}

static unsigned long read_countdown;
static uint64_t bytes_read;

static int read_noise(const struct kimage_source *source, unsigned int index,
                      uint64_t offset, void *to, size_t len)
{
    assert_true(len <= KIMAGE_STRETCH_BYTES);
    if ( read_countdown && !--read_countdown )
        return -EFAULT;

    bytes_read += len;

    /* Not the bytes of large images, which would cost their memory. */
    if ( len <= PAGE_SIZE )
        memcpy(to, layout_noise, len);

    return 0;
}

static const struct kimage_source source = { .read = read_noise };

static int setup(void **state)
{
    heap_reset();
    xen_reset();
    heap_add((struct maddr_range){ MB(2), MB(4) });
    e820 = (struct e820map){
        .nr_map = 3,
        .map = {
            { 0, 0xa0000, E820_RAM },
            { MB(1), RAM_END - MB(1), E820_RAM },
            { HIGH_RAM, GB(1), E820_RAM },
        },
    };
    read_countdown = 0;
    bytes_read = 0;

    return 0;
}

static void free_all(struct kimage_extents *trash)
{
    bool more;

    do {
        unsigned long before = heap_used();

        more = !kimage_extents_free_some(trash);
        /* Invariant 7: pages, and one block that may be more, and lists. */
        assert_true(before - heap_used() <=
                    paddr_to_pfn(KIMAGE_STRETCH_BYTES) + 512 + 1);
    } while ( more );
}

/*
 * Invariant 7: a step takes one chunk from the heap at most, reads or hashes a
 * stretch, and sets aside no more than the heap still has.
 */
static int load_step(struct kimage_load *l, struct kimage_refusal *why)
{
    unsigned long chunks = heap_chunks(), hashed = work.hashed;
    unsigned long aside = l->nr_aside;
    uint64_t bytes = bytes_read;
    int rc = kimage_load_step(l, why);

    assert_true(heap_chunks() - chunks <= 1);
    assert_true(work.hashed - hashed <= KIMAGE_HASH_BYTES);
    assert_true(bytes_read - bytes <= KIMAGE_STRETCH_BYTES);
    if ( rc != -ENOMEM && l->nr_aside != aside )
        assert_true(l->nr_aside <= avail_domheap_pages_region(-1, 0, 0));

    return rc;
}

/* Load and free; the error, if there is one. */
static int load(const struct kimage_request *req, struct kimage_refusal *why)
{
    struct kimage_extents trash = {};
    struct kimage_load *l;
    int rc = kimage_load_begin(req, &source, &l, why);

    if ( rc )
        return rc;

    while ( (rc = load_step(l, why)) == -ERESTART )
        ;

    /* Any number of times, once it is done. */
    if ( !rc )
        assert_int_equal(kimage_load_step(l, why), 0);

    if ( rc )
        kimage_load_abandon(l, &trash);
    else
        kimage_free(kimage_load_end(l), &trash);
    free_all(&trash);

    return rc;
}

/* -EINVAL and the like: of which segment, by which rule. */
static void refused(const struct kimage_request *req, int rc, int segment,
                    const char *rule)
{
    struct kimage_refusal why = { .rule = "none" };

    assert_int_equal(load(req, &why), rc);
    assert_string_equal(why.rule, rule);
    assert_int_equal(why.segment, segment);
    assert_int_equal(heap_used(), 0);
    assert_int_equal(heap_objects(), 0);
    assert_int_equal(bytes_read, 0);
}

static void loaded(const struct kimage_request *req)
{
    struct kimage_refusal why = { .rule = "none" };

    assert_int_equal(load(req, &why), 0);
    assert_int_equal(heap_used(), 0);
    assert_int_equal(heap_objects(), 0);
    bytes_read = 0;
}

static void architectures_are_386_and_x86_64(void **state)
{
    struct kimage_request req = good();
    unsigned int arch;

    for ( arch = 0; arch < 0x10000; arch++ )
    {
        req.arch = arch;
        if ( arch == EM_386 || arch == EM_X86_64 )
            loaded(&req);
        else
            refused(&req, -EINVAL, -1, "unknown architecture");
    }
}

static void segments_are_one_to_thirty_two(void **state)
{
    struct kimage_request req = good();
    unsigned int i;

    req.nr_segments = 0;
    refused(&req, -EINVAL, -1, "no segments");

    req.nr_segments = 1;
    for ( i = 1; i < KIMAGE_MAX_SEGMENTS; i++ )
        add_segment(&req, DEST + MB(1) + i * 3, 3, true);
    loaded(&req);

    req.nr_segments++;
    refused(&req, -EINVAL, -1, "too many segments");
    req.nr_segments = ~0U;
    refused(&req, -EINVAL, -1, "too many segments");
}

static void a_destination_must_not_wrap(void **state)
{
    struct kimage_request req = good();

    add_segment(&req, -PAGE_SIZE, PAGE_SIZE, false);
    refused(&req, -EINVAL, 1, "destination wraps");
    req.segments[1].dest_size = ~0UL;
    refused(&req, -EINVAL, 1, "destination wraps");
    req.segments[1].dest_size = PAGE_SIZE - 1;
    refused(&req, -EINVAL, 1, "destination beyond what can be mapped");

    /* Not even of a size that is none. */
    req.segments[1].dest_size = 0;
    refused(&req, -EINVAL, 1, "destination beyond what can be mapped");
}

static void a_destination_ends_where_tables_do(void **state)
{
    struct kimage_request req = good();

    add_segment(&req, KEXEC_IDMAP_END - 5, 5, false);
    loaded(&req);
    req.segments[1].dest_size = 6;
    refused(&req, -EINVAL, 1, "destination beyond what can be mapped");
}

static void a_32_bit_image_ends_at_4_gib(void **state)
{
    struct kimage_request req = good();

    req.arch = EM_386;
    add_segment(&req, GB(4) - 5, 5, false);
    loaded(&req);
    req.segments[1].dest_size = 6;
    refused(&req, -EINVAL, 1, "destination of a 32-bit image above 4 GiB");

    req.nr_segments = 1;
    req.segments[0].dest_maddr = req.entry_maddr = HIGH_RAM;
    refused(&req, -EINVAL, 0, "destination of a 32-bit image above 4 GiB");
    req.arch = EM_X86_64;
    loaded(&req);
}

static void a_32_bit_images_control_area_is_below_4_gib(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why = {};

    /* Nothing but memory that it cannot use. */
    heap_reset();
    heap_add((struct maddr_range){ HIGH_RAM + MB(2), HIGH_RAM + MB(4) });
    loaded(&req);

    req.arch = EM_386;
    assert_int_equal(load(&req, &why), -ENOMEM);
    assert_string_equal(why.rule, "no memory");

    /* Just enough: two pages for it. */
    heap_add((struct maddr_range){ MB(8), MB(8) + 2 * PAGE_SIZE });
    loaded(&req);
}

static void a_buffer_is_no_longer_than_its_destination(void **state)
{
    struct kimage_request req = good();

    req.segments[0].buf_size = req.segments[0].dest_size;
    loaded(&req);
    req.segments[0].buf_size++;
    refused(&req, -EINVAL, 0, "buffer larger than destination");
    req.segments[0].buf_size = ~0UL;
    refused(&req, -EINVAL, 0, "buffer larger than destination");
    req.segments[0].buf_size = 0;
    loaded(&req);
}

static void without_a_buffer_there_is_no_buffer_size(void **state)
{
    struct kimage_request req = good();

    add_segment(&req, 0xfee00000, PAGE_SIZE, false);
    loaded(&req);
    req.segments[1].buf_size = 1;
    refused(&req, -EINVAL, 1, "buffer size without a buffer");
}

static void a_crash_image_lies_in_the_crash_area(void **state)
{
    struct kimage_request req = good();

    req.type = KEXEC_TYPE_CRASH;
    refused(&req, -EADDRNOTAVAIL, 0, "destination outside the crash area");

    req.segments[0].dest_maddr = req.entry_maddr = CRASH.start;
    loaded(&req);
    req.segments[0].dest_maddr--;
    refused(&req, -EADDRNOTAVAIL, 0, "destination outside the crash area");

    req.segments[0].dest_maddr = req.entry_maddr =
        CRASH.end - req.segments[0].dest_size;
    loaded(&req);
    req.segments[0].dest_maddr++;
    refused(&req, -EADDRNOTAVAIL, 0, "destination outside the crash area");

    /* A mapping may be of anything. */
    req.segments[0].dest_maddr--;
    add_segment(&req, DEST, PAGE_SIZE, false);
    loaded(&req);

    req.crash_area = (struct maddr_range){};
    refused(&req, -EADDRNOTAVAIL, 0, "there is no crash area");
}

static void a_destination_is_ram(void **state)
{
    struct kimage_request req = good();

    req.segments[0].dest_maddr = req.entry_maddr =
        RAM_END - req.segments[0].dest_size;
    loaded(&req);
    req.segments[0].dest_maddr++;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");

    req.segments[0].dest_maddr = req.entry_maddr = HIGH_RAM;
    loaded(&req);
    req.segments[0].dest_maddr--;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");

    /* Across a hole, with RAM at both ends. */
    req.segments[0].dest_maddr = RAM_END - PAGE_SIZE;
    req.segments[0].dest_size = HIGH_RAM - RAM_END + 2 * PAGE_SIZE;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");

    /* RAM in two entries, and a reserved one that lies in none of it. */
    e820.map[e820.nr_map - 1].size = MB(1);
    e820.map[e820.nr_map++] = (struct e820entry){ HIGH_RAM + MB(1), MB(1),
                                                  E820_RAM };
    req = good();
    req.segments[0].dest_maddr = HIGH_RAM + MB(1) - PAGE_SIZE - 3;
    req.entry_maddr = HIGH_RAM + MB(1);
    loaded(&req);
    e820.map[e820.nr_map - 1].type = E820_RESERVED;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");
    e820.map[e820.nr_map - 1].type = E820_ACPI;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");
}

static void destinations_do_not_overlap(void **state)
{
    struct kimage_request req = good();
    uint64_t size = req.segments[0].dest_size;

    /* Behind it, before it, in it, around it. */
    add_segment(&req, DEST + size, 7, true);
    loaded(&req);
    req.segments[1].dest_maddr--;
    refused(&req, -EINVAL, 1, "destination overlaps another segment's");

    req.segments[1].dest_maddr = DEST - 7;
    loaded(&req);
    req.segments[1].dest_maddr++;
    /* The one that is to blame is the one that comes later in memory. */
    refused(&req, -EINVAL, 0, "destination overlaps another segment's");

    req.segments[1].dest_maddr = DEST + 5;
    refused(&req, -EINVAL, 1, "destination overlaps another segment's");
    req.segments[1].dest_maddr = DEST;
    refused(&req, -EINVAL, 0, "destination overlaps another segment's");

    /* Nor does a mapping, for its bytes would be another's. */
    req.segments[1].has_buffer = false;
    req.segments[1].buf_size = 0;
    refused(&req, -EINVAL, 0, "destination overlaps another segment's");

    /* What has no bytes overlaps nothing. */
    req.segments[1].dest_size = 0;
    loaded(&req);
}

static void the_entry_is_in_a_segment(void **state)
{
    struct kimage_request req = good();

    req.entry_maddr = DEST + req.segments[0].dest_size - 1;
    loaded(&req);
    req.entry_maddr++;
    refused(&req, -EINVAL, -1, "entry is in no segment");
    req.entry_maddr = DEST - 1;
    refused(&req, -EINVAL, -1, "entry is in no segment");
    req.entry_maddr = ~0UL;
    refused(&req, -EINVAL, -1, "entry is in no segment");

    /* A mapping is no code. */
    add_segment(&req, MB(20), PAGE_SIZE, false);
    req.entry_maddr = MB(20);
    refused(&req, -EINVAL, -1, "entry is in no segment");

    /* Nor is nothing. */
    req.segments[1].dest_size = 0;
    req.segments[1].has_buffer = true;
    refused(&req, -EINVAL, -1, "entry is in no segment");
}

/* An image in pieces, on a heap that has parts of its destinations. */
static struct kimage_request make_pieces(void)
{
    struct kimage_request req = good();

    heap_reset();
    heap_add((struct maddr_range){ MB(2), MB(2) + 64 * PAGE_SIZE });
    heap_add((struct maddr_range){ DEST + PAGE_SIZE, DEST + 5 * PAGE_SIZE });
    add_segment(&req, DEST + 3 * PAGE_SIZE, 9 * PAGE_SIZE + 9, true);
    add_segment(&req, DEST + MB(1) + 1, 20 * PAGE_SIZE, true);
    req.segments[2].buf_size -= PAGE_SIZE;

    return req;
}

/* Each of them alone, and then each with all that follow. */
static void every_allocation_that_fails_leaves_nothing(void **state)
{
    unsigned int policy, after;

    for ( policy = HEAP_LOW; policy <= HEAP_PREFER; policy++ )
        for ( after = 0; after < 2; after++ )
        {
            struct kimage_request req = make_pieces();
            struct maddr_range prefer = { DEST, DEST + MB(1) };
            struct kimage_refusal why = {};
            unsigned long n = 0, refusals = 0;
            int rc;

            heap_set_policy(policy, 1);
            heap_prefer(&prefer, 1);

            do {
                heap_fail(++n, after);
                rc = load(&req, &why);
                assert_true(rc == 0 || rc == -ENOMEM);
                if ( rc )
                {
                    assert_true(heap_failed());
                    assert_string_equal(why.rule, "no memory");
                    refusals++;
                }
                /* One that is tried again, smaller, may do. */
                if ( after && heap_failed() )
                    assert_int_equal(rc, -ENOMEM);
                assert_int_equal(heap_used(), 0);
                assert_int_equal(heap_objects(), 0);
            } while ( heap_failed() );

            assert_true(refusals > 4);
        }
}

static void every_read_that_fails_leaves_nothing(void **state)
{
    struct kimage_request req = make_pieces();
    struct kimage_refusal why = {};
    unsigned long n = 0;
    int rc;

    do {
        read_countdown = ++n;
        rc = load(&req, &why);
        assert_int_equal(rc, read_countdown ? 0 : -EFAULT);
        if ( rc )
            assert_string_equal(why.rule, "buffer is not readable");
        assert_int_equal(heap_used(), 0);
        assert_int_equal(heap_objects(), 0);
    } while ( rc );

    assert_true(n > 5);
}

/* Stop after each step there is. */
static void abandoned_anywhere_it_leaves_nothing(void **state)
{
    unsigned long n, steps;
    bool done = false;

    for ( n = 0; !done; n++ )
    {
        struct kimage_request req = make_pieces();
        struct kimage_extents trash = {};
        struct kimage_refusal why;
        struct kimage_load *l;

        assert_int_equal(kimage_load_begin(&req, &source, &l, &why), 0);
        for ( steps = 0; steps < n && !done; steps++ )
            done = kimage_load_step(l, &why) == 0;
        kimage_load_abandon(l, &trash);
        free_all(&trash);
        assert_int_equal(heap_used(), 0);
        assert_int_equal(heap_objects(), 0);
    }

    assert_true(n > 10);
}

/* Records: one for a run, and the runs are as long as the heap's. */
static void a_large_image_has_few_records(void **state)
{
    struct kimage_request req = good();
    struct kimage_extents trash = {};
    struct kimage_refusal why;
    struct kimage_load *l;
    struct kimage *image;
    int rc;

    e820.map[2].size = GB(12);
    heap_add((struct maddr_range){ GB(8), GB(10) });
    req.segments[0].dest_maddr = req.entry_maddr = GB(5) + 0x123;
    req.segments[0].dest_size = req.segments[0].buf_size = GB(1);

    assert_int_equal(kimage_load_begin(&req, &source, &l, &why), 0);
    while ( (rc = kimage_load_step(l, &why)) == -ERESTART )
        ;
    assert_int_equal(rc, 0);

    image = kimage_load_end(l);
    assert_int_equal(bytes_read, GB(1));
    assert_true(image->plan.nr_records <= 64);
    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/*
 * The heap gives the destination first, all of it: hardly anything is to be
 * copied, and what is asked of the heap does not grow with the image's pages.
 */
static void a_destination_that_is_free_is_loaded_in_place(void **state)
{
    struct maddr_range dest = { GB(5), GB(5) + MB(512) };
    struct kimage_request req = good();
    struct kimage_extents trash = {};
    struct kimage_refusal why;
    struct kimage_load *l;
    struct kimage *image;
    int rc;

    e820.map[2].size = GB(12);
    heap_add(dest);
    heap_add((struct maddr_range){ GB(8), GB(8) + MB(64) });
    heap_set_policy(HEAP_PREFER, 0);
    heap_prefer(&dest, 1);
    req.segments[0].dest_maddr = req.entry_maddr = dest.start;
    req.segments[0].dest_size = req.segments[0].buf_size = MB(512);

    assert_int_equal(kimage_load_begin(&req, &source, &l, &why), 0);
    /* More allocations than this, and there is one that fails. */
    heap_fail(500, true);
    while ( (rc = kimage_load_step(l, &why)) == -ERESTART )
        ;
    assert_int_equal(rc, 0);

    image = kimage_load_end(l);
    /* But for what was left of the chunk that the control area is from. */
    assert_true(image->plan.nr_records <= 4);
    assert_true(image->in_place_bytes >= MB(511));
    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/* Noise, at any offset of a buffer. */
static int read_noise_at(const struct kimage_source *source,
                         unsigned int index, uint64_t offset, void *to,
                         size_t len)
{
    memcpy(to, layout_noise + offset, len);

    return 0;
}

#define LARGE_BYTES (300 * PAGE_SIZE - 9)

/* A crash image that has to be placed, with a tail of a page. */
static struct kimage *load_large_image(void)
{
    static const struct kimage_source noise = { .read = read_noise_at };
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage_load *l;

    req.type = KEXEC_TYPE_CRASH;
    req.entry_maddr = req.segments[0].dest_maddr = CRASH.start + 5;
    req.segments[0].buf_size = LARGE_BYTES;
    req.segments[0].dest_size = LARGE_BYTES + PAGE_SIZE;
    memset(maddr_to_virt(CRASH.start), 0xee, LARGE_BYTES + 2 * PAGE_SIZE);

    assert_int_equal(kimage_load_begin(&req, &noise, &l, &why), 0);
    while ( kimage_load_step(l, &why) == -ERESTART )
        ;

    return kimage_load_end(l);
}

static void place_large_image(void)
{
    static const uint8_t zeroes[PAGE_SIZE];
    struct kimage *image = load_large_image();
    struct kimage_extents trash = {};
    struct kimage_place place = {};
    unsigned long steps = 0;
    int rc;

    /* Invariant 7: what is copied is not counted: there are enough steps. */
    do {
        unsigned long hashed = work.hashed;

        rc = kimage_place_step(image, &place, &trash);
        steps += !place.copied;
        assert_true(work.hashed - hashed <= KIMAGE_HASH_BYTES);
    } while ( rc == -ERESTART );
    assert_true(steps >= LARGE_BYTES / KIMAGE_STRETCH_BYTES);

    assert_int_equal(rc, 0);
    assert_memory_equal(maddr_to_virt(CRASH.start + 5), layout_noise,
                        LARGE_BYTES);
    assert_memory_equal(maddr_to_virt(CRASH.start + 5 + LARGE_BYTES), zeroes,
                        PAGE_SIZE);
    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/* In a record that is more than a stretch, and in as many as pages. */
static void a_large_crash_image_is_placed_as_a_whole(void **state)
{
    unsigned int i;

    place_large_image();

    heap_reset();
    heap_add((struct maddr_range){ MB(8), MB(8) + 4 * PAGE_SIZE });
    for ( i = 0; i < 400; i++ )
        heap_add((struct maddr_range){ MB(9) + 2 * i * PAGE_SIZE,
                                       MB(9) + (2 * i + 1) * PAGE_SIZE });
    place_large_image();
}

/* A byte that something else writes to, of a buffer or of a tail. */
static void what_did_not_arrive_is_not_entered_there(void **state)
{
    static const unsigned long offset[] = {
        0, 1, LARGE_BYTES / 2, LARGE_BYTES - 1, LARGE_BYTES,
        LARGE_BYTES + PAGE_SIZE - 1,
    };
    struct kimage *image = load_large_image();
    struct kimage_extents trash = {};
    struct kimage_mismatch why;
    unsigned int i;
    int rc;

    for ( i = 0; i < ARRAY_SIZE(offset); i++ )
    {
        uint8_t *byte = maddr_to_virt(CRASH.start + 5 + offset[i]);
        struct kimage_place place = {};

        while ( !place.copied )
            assert_int_equal(kimage_place_step(image, &place, &trash),
                             -ERESTART);
        *byte ^= 1;
        while ( (rc = kimage_place_step(image, &place, &trash)) == -ERESTART )
            ;

        /* Invariant 3: the plan is there as before, with all it copies. */
        assert_int_equal(rc, -EIO);
        assert_true(image->plan.first_maddr);
        assert_int_equal(machine_kexec_plan(&image->machine),
                         image->plan.first_maddr);
        assert_null(trash.last);
        assert_true(kimage_verify(image, &why));
    }

    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/* The image, or NULL. */
static struct kimage *load_image(const struct kimage_request *req,
                                 struct kimage_refusal *why, bool direct)
{
    struct kimage_extents trash = {};
    struct kimage_load *l;

    assert_int_equal(kimage_load_begin(req, &source, &l, why), 0);
    if ( direct )
        kimage_load_directly(l);

    for ( ; ; )
        switch ( load_step(l, why) )
        {
        case -ERESTART:
            break;

        case 0:
            return kimage_load_end(l);

        default:
            kimage_load_abandon(l, &trash);
            free_all(&trash);
            assert_int_equal(heap_used(), 0);
            return NULL;
        }
}

static void free_image(struct kimage *image)
{
    struct kimage_extents trash = {};

    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/* A host with free memory from 4 to 12 GiB. */
static void make_large_host(void)
{
    heap_reset();
    e820.map[2].size = GB(8);
    heap_add((struct maddr_range){ GB(4), GB(12) });
}

/*
 * The heap gives from the top, all of it destination: 4 GiB that are of use
 * later, but one chunk a step.
 */
static void a_destination_at_the_top_of_free_memory_is_loaded(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage *image;

    make_large_host();
    req.entry_maddr = req.segments[0].dest_maddr = GB(8);
    req.segments[0].dest_size = req.segments[0].buf_size = GB(4);
    image = load_image(&req, &why, false);
    assert_non_null(image);
    assert_true(image->in_place_bytes >= GB(4) - MB(64));
    free_image(image);
}

/* A segment without a buffer is no destination, wherever it is. */
static void a_mapping_of_all_memory_takes_none_of_it(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage *image;

    make_large_host();
    add_segment(&req, GB(1), GB(15), false);
    image = load_image(&req, &why, false);
    assert_non_null(image);
    assert_true(heap_used() < 64);
    free_image(image);
}

/*
 * Free memory in a destination of zeroes is of no use: half of what there is
 * may be set aside, so that everybody else has as much.
 */
static void most_of_the_free_memory_cannot_be_set_aside(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage *image;

    make_large_host();
    req.entry_maddr = req.segments[0].dest_maddr = GB(8) + GB(1);
    req.segments[0].dest_size = GB(3);
    image = load_image(&req, &why, false);
    assert_non_null(image);
    free_image(image);

    req.entry_maddr = req.segments[0].dest_maddr = GB(7);
    req.segments[0].dest_size = GB(5);
    assert_null(load_image(&req, &why, false));
    assert_string_equal(why.rule,
                        "free memory is in destinations or not usable");
}

static bool all_usable(const struct kimage_extents *list)
{
    struct kimage_extents_walk walk = { .page = list->last };
    struct maddr_range range;

    while ( kimage_extents_next(&walk, ~0UL, &range) )
        if ( !machine_kexec_is_usable(range) )
            return false;

    return true;
}

/* Both types: each page of it can be used by a hand-over. */
static void loaded_in_usable_memory(void)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    unsigned int type;

    for ( type = 0; type < 2; type++ )
    {
        struct kimage *image;

        req.type = type;
        if ( type == KEXEC_TYPE_CRASH )
            req.entry_maddr = req.segments[0].dest_maddr = CRASH.start;

        image = load_image(&req, &why, false);
        assert_non_null(image);
        assert_true(all_usable(&image->bytes));
        assert_true(all_usable(&image->control));
        free_image(image);
    }
}

/* What was added since the boot is the heap's, but in no memory map. */
static void memory_that_was_added_later_is_not_used(void **state)
{
    const struct maddr_range added[] = {
        { GB(8), GB(8) + MB(4) }, { GB(13), GB(16) },
    };
    struct kimage_request req = good();
    struct kimage_refusal why;

    heap_reset();
    heap_set_policy(HEAP_PREFER, 0);
    heap_prefer(added, 2);
    heap_add(added[0]);
    assert_null(load_image(&req, &why, false));

    /* Below the end of usable memory, in a hole of it, and first. */
    e820.map[3] = (struct e820entry){ GB(12), GB(1), E820_RAM };
    e820.nr_map = 4;
    heap_add((struct maddr_range){ MB(2), MB(8) });
    loaded_in_usable_memory();

    /* Above it: any amount. */
    heap_add(added[1]);
    loaded_in_usable_memory();
}

/* 5 TiB, in this small world: it is no power of two. */
static void memory_is_used_up_to_the_end_of_the_direct_map(void **state)
{
    const struct maddr_range beyond = { GB(5), GB(5) + MB(64) };

    heap_reset();
    e820.map[2].size = GB(12);
    direct_map_bytes = GB(5);
    heap_add((struct maddr_range){ GB(4) + MB(256), GB(4) + MB(512) });
    loaded_in_usable_memory();

    /* The heap gives what is beyond it first. */
    heap_set_policy(HEAP_PREFER, 0);
    heap_prefer(&beyond, 1);
    heap_add(beyond);
    loaded_in_usable_memory();
    heap_add((struct maddr_range){ MB(2), MB(4) });
    loaded_in_usable_memory();
    direct_map_bytes = MACHINE_BYTES;
}

/* Only what is before the hole would be used if addresses were compared. */
static void holes_do_not_count_for_the_direct_map(void **state)
{
    heap_reset();
    e820.map[2].size = GB(12);
    direct_map_bytes = GB(3);
    direct_map_hole = PFN_DOWN(GB(2));
    heap_add((struct maddr_range){ GB(5) - MB(256), GB(5) });
    loaded_in_usable_memory();

    assert_int_equal(machine_kexec_usable_end(), GB(5));
    assert_true(machine_kexec_is_usable(
                    (struct maddr_range){ GB(4), GB(5) }));
    assert_false(machine_kexec_is_usable(
                     (struct maddr_range){ GB(4), GB(5) + 1 }));
    direct_map_bytes = MACHINE_BYTES;
    direct_map_hole = 0;
}

static void a_destination_is_in_the_direct_map(void **state)
{
    struct kimage_request req = good();

    direct_map_bytes = HIGH_RAM + MB(1);
    req.entry_maddr = req.segments[0].dest_maddr =
        HIGH_RAM + MB(1) - req.segments[0].dest_size;
    loaded(&req);
    req.segments[0].dest_maddr++;
    refused(&req, -EADDRNOTAVAIL, 0, "destination is not usable RAM");
    direct_map_bytes = MACHINE_BYTES;
}

/* Where dom0 has got all other memory, there is nothing else. */
static void the_reserve_for_dma_comes_last(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage *image;

    heap_reserve_dma(GB(4));
    image = load_image(&req, &why, false);
    assert_non_null(image);
    assert_true(image->machine.control_maddr < GB(4));
    free_image(image);

    heap_add((struct maddr_range){ HIGH_RAM, HIGH_RAM + MB(4) });
    image = load_image(&req, &why, false);
    assert_non_null(image);
    assert_true(image->machine.control_maddr >= HIGH_RAM);
    assert_true(image->machine.root_maddr >= HIGH_RAM);
    free_image(image);

    req.arch = EM_386;
    image = load_image(&req, &why, false);
    assert_non_null(image);
    assert_true(image->machine.control_maddr < GB(4));
    assert_true(image->machine.root_maddr >= HIGH_RAM);
    free_image(image);
}

/* What it takes is tables and a control area, whatever is in the buffers. */
static void a_direct_load_takes_a_few_pages(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage_mismatch mismatch;
    struct kimage *image;

    req.type = KEXEC_TYPE_CRASH;
    req.entry_maddr = req.segments[0].dest_maddr = CRASH.start + 5;
    req.segments[0].buf_size = MB(10);
    req.segments[0].dest_size = MB(12);
    memset(maddr_to_virt(CRASH.start), 0xee, maddr_range_size(CRASH));

    image = load_image(&req, &why, true);
    assert_non_null(image);
    assert_true(heap_used() < 20);
    assert_int_equal(image->in_place_bytes, MB(10));
    assert_int_equal(image->plan.first_maddr, 0);
    assert_true(kimage_verify(image, &mismatch));
    assert_int_equal(*(uint8_t *)maddr_to_virt(CRASH.start + 4), 0xee);
    assert_int_equal(*(uint8_t *)maddr_to_virt(CRASH.start + 5 + MB(12)),
                     0xee);
    free_image(image);
}

/*
 * Of 8 GiB of RAM a crash image needs none but its own: fewer tables than it
 * would take to map that.
 */
static void a_crash_images_tables_map_what_it_needs(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;
    struct kimage *image;

    make_large_host();
    cpu_has_page1gb = false;
    req.type = KEXEC_TYPE_CRASH;
    req.entry_maddr = req.segments[0].dest_maddr = CRASH.start;
    add_segment(&req, GB(6) + 5, 1, false);
    image = load_image(&req, &why, true);
    assert_non_null(image);
    assert_int_equal(tables_translate(image->machine.root_maddr,
                                      CRASH.end - 1), CRASH.end - 1);
    assert_int_equal(tables_translate(image->machine.root_maddr, GB(6)),
                     GB(6));
    assert_int_equal(tables_translate(image->machine.root_maddr, GB(5)), ~0UL);
    assert_int_equal(tables_translate(image->machine.root_maddr, DEST), ~0UL);
    assert_int_equal(tables_translate(image->machine.root_maddr,
                                      image->machine.control_maddr),
                     image->machine.control_maddr);
    assert_true(heap_used() < 20);
    free_image(image);
    cpu_has_page1gb = true;
}

/* What lies beyond the direct map cannot be filled, so it is not taken. */
static void no_page_is_taken_beyond_the_direct_map(void **state)
{
    struct kimage_request req = good();
    struct kimage_refusal why;

    heap_reset();
    e820.map[2].size = GB(12);
    heap_add((struct maddr_range){ GB(8), GB(8) + MB(4) });
    direct_map_bytes = GB(8);
    assert_int_equal(load(&req, &why), -ENOMEM);
    direct_map_bytes = MACHINE_BYTES;
    loaded(&req);
}

/* It asks for nothing, wherever it is, and whatever comes behind it. */
static void an_empty_segment_overlaps_nothing(void **state)
{
    struct kimage_request req = good();
    paddr_t at;

    add_segment(&req, DEST + 4 * PAGE_SIZE, PAGE_SIZE, true);
    for ( at = DEST - 1; at <= DEST + 6 * PAGE_SIZE; at += PAGE_SIZE / 2 )
    {
        req.nr_segments = 2;
        add_segment(&req, at, 0, true);
        loaded(&req);
        req.segments[2].has_buffer = false;
        loaded(&req);

        /* Nor is it in the way of those that do overlap. */
        add_segment(&req, DEST + 5, 1, false);
        refused(&req, -EINVAL, 3, "destination overlaps another segment's");
    }
}

/* Each bit of what is expected counts, of either digest. */
static void all_of_a_digest_is_compared(void **state)
{
    struct kimage *image = load_large_image();
    struct kimage_extents trash = {};
    struct kimage_mismatch why;
    unsigned int i;

    assert_true(kimage_verify(image, &why));
    for ( i = 0; i < SHA2_256_DIGEST_SIZE; i++ )
    {
        struct kimage_place place = {};
        int rc;

        image->digest.control[i] ^= 0x80;
        assert_false(kimage_verify(image, &why));
        assert_string_equal(why.part, "tables or plan are");
        assert_ptr_equal(why.expected, image->digest.control);
        image->digest.control[i] ^= 0x80;
        assert_memory_equal(why.found, image->digest.control, i);

        image->digest.bytes[i] ^= 1;
        assert_false(kimage_verify(image, &why));
        assert_string_equal(why.part, "bytes are");
        assert_ptr_equal(why.expected, image->digest.bytes);

        while ( (rc = kimage_place_step(image, &place, &trash)) == -ERESTART )
            ;
        assert_int_equal(rc, -EIO);
        image->digest.bytes[i] ^= 1;
        assert_memory_equal(why.found, image->digest.bytes,
                            SHA2_256_DIGEST_SIZE);
    }
    assert_true(kimage_verify(image, &why));

    kimage_free(image, &trash);
    free_all(&trash);
    assert_int_equal(heap_used(), 0);
}

/*
 * Memory that comes while the image is being read, and is its destination:
 * the first pages have been read elsewhere, the others are where they belong.
 * How much there is before it decides where in the image that is.  The
 * image begins in the middle of a block, so that one chunk has both.
 */
static void a_chunk_of_the_destination_is_given_back(void **state)
{
    unsigned int before;

    for ( before = 18; before < 36; before += 2 )
    {
        struct kimage_request req = good();
        struct kimage_refusal why;
        unsigned long n = 0;
        int rc;

        heap_reset();
        heap_add((struct maddr_range){ MB(2), MB(2) + before * PAGE_SIZE });
        heap_add((struct maddr_range){ DEST, DEST + 32 * PAGE_SIZE });
        heap_set_policy(HEAP_LOW, 0);
        req.segments[0].dest_maddr = req.entry_maddr = DEST + PAGE_SIZE;
        req.segments[0].dest_size = req.segments[0].buf_size = 22 * PAGE_SIZE;

        do {
            heap_fail(++n, false);
            rc = load(&req, &why);
            assert_true(rc == 0 || rc == -ENOMEM);
            assert_int_equal(heap_used(), 0);
            assert_int_equal(heap_objects(), 0);
        } while ( heap_failed() );
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
    const struct CMUnitTest tests[] = {
        TEST(architectures_are_386_and_x86_64),
        TEST(segments_are_one_to_thirty_two),
        TEST(a_destination_must_not_wrap),
        TEST(a_destination_ends_where_tables_do),
        TEST(a_32_bit_image_ends_at_4_gib),
        TEST(a_32_bit_images_control_area_is_below_4_gib),
        TEST(a_buffer_is_no_longer_than_its_destination),
        TEST(without_a_buffer_there_is_no_buffer_size),
        TEST(a_crash_image_lies_in_the_crash_area),
        TEST(a_destination_is_ram),
        TEST(destinations_do_not_overlap),
        TEST(the_entry_is_in_a_segment),
        TEST(every_allocation_that_fails_leaves_nothing),
        TEST(every_read_that_fails_leaves_nothing),
        TEST(abandoned_anywhere_it_leaves_nothing),
        TEST(a_large_image_has_few_records),
        TEST(a_destination_that_is_free_is_loaded_in_place),
        TEST(a_large_crash_image_is_placed_as_a_whole),
        TEST(what_did_not_arrive_is_not_entered_there),
        TEST(no_page_is_taken_beyond_the_direct_map),
        TEST(a_destination_at_the_top_of_free_memory_is_loaded),
        TEST(a_mapping_of_all_memory_takes_none_of_it),
        TEST(most_of_the_free_memory_cannot_be_set_aside),
        TEST(memory_that_was_added_later_is_not_used),
        TEST(memory_is_used_up_to_the_end_of_the_direct_map),
        TEST(holes_do_not_count_for_the_direct_map),
        TEST(a_destination_is_in_the_direct_map),
        TEST(the_reserve_for_dma_comes_last),
        TEST(a_direct_load_takes_a_few_pages),
        TEST(a_crash_images_tables_map_what_it_needs),
        TEST(an_empty_segment_overlaps_nothing),
        TEST(all_of_a_digest_is_compared),
        TEST(a_chunk_of_the_destination_is_given_back),
    };

    return cmocka_run_group_tests_name("kimage", tests, NULL, NULL);
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
