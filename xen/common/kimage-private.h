/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the files that build an image share: kimage.c (rules and stages),
 * kimage-memory.c (where the pages come from), kimage-plan.c (the plan),
 * kimage-digest.c (what is checked before a crash image is entered).
 */
#ifndef XEN_COMMON_KIMAGE_PRIVATE_H
#define XEN_COMMON_KIMAGE_PRIVATE_H

#include <xen/kimage.h>

/*
 * Bytes that are copied, and pages that are freed, between two preemption
 * checks (invariant 7).
 */
#define KIMAGE_STRETCH_BYTES 0x10000UL

/* The same for bytes that are hashed as well: that takes far longer. */
#define KIMAGE_HASH_BYTES 0x8000UL

/*
 * The largest chunk to ask the heap for: it visits each page of a chunk with
 * a lock held, so more than 32 MiB would be a long stretch.
 */
#define KIMAGE_CHUNK_ORDER_MAX 13

/* Page table entries to write between two preemption checks, as bytes. */
#define KIMAGE_MAP_BYTES 0x200000UL

struct kimage_extent_page {
    struct kimage_extent_page *prev;
    unsigned int nr;
    unsigned int nr_read_only;   /* The first ones, in the direct map. */
    struct maddr_range
        extents[(PAGE_SIZE - 16) / sizeof(struct maddr_range)];
};

/* How far a list has been gone through, from its last page on. */
struct kimage_extents_walk {
    const struct kimage_extent_page *page;
    unsigned int extent;
    paddr_t done;                /* Bytes of that extent. */
};

/* Where the heap is asked for memory: see pool_fill(). */
enum kimage_reach {
    KIMAGE_ANYWHERE,
    KIMAGE_BELOW_END,
    KIMAGE_ACROSS_END,
};

struct kimage_load {
    struct kimage *image;
    const struct kimage_source *source;
    enum kimage_stage stage;
    struct maddr_range crash_area; /* Empty but for crash images. */

    /* The next byte to read; everything before it is loaded. */
    unsigned int segment;
    uint64_t offset;
    unsigned int tail;           /* The segment whose tail is next. */
    bool direct;                 /* Destinations are written to right away. */

    struct kimage_extents pool;  /* In no destination, and unused so far. */
    struct kimage_extents aside; /* Of no use, see kimage-memory.c. */
    unsigned long nr_aside;      /* Pages. */
    bool crowded;                /* There were too many of them. */
    enum kimage_reach reach;
    unsigned int order;          /* Of the next chunk for bytes, at most. */
    unsigned int small_order;    /* Of the next one for anything else. */

    /*
     * A bit for each page that a buffer goes to, over all segments: set if
     * the heap gave that very page, so that its bytes are loaded in place.
     * Allocated with the first such page.
     */
    unsigned long *in_place;
    unsigned long nr_pages;      /* Bits. */

    /* Pages for control area, tables and plan; how many of them are mapped. */
    unsigned long nr_control;
    unsigned long nr_mapped;
    struct maddr_range to_map;

    /* Of what has been loaded, then of all else; for crash images. */
    struct sha2_256_state sha;
    struct kimage_extents_walk walk;
};

/* The pages that segment @nr's buffer goes to, and the bit of the first. */
struct maddr_range kimage_buffer_pages(const struct kimage *image,
                                       unsigned int nr);
unsigned long kimage_first_bit(const struct kimage *image, unsigned int nr);

/*
 * The next part of a list, of at most @bytes.  False if there was none left.
 * What is added meanwhile may be left out.
 */
bool kimage_extents_next(struct kimage_extents_walk *walk, paddr_t bytes,
                         struct maddr_range *range);

/*
 * Make some more of a list read-only in the direct map: -ERESTART, 0 if all of
 * it is, -ENOMEM.  kimage_extents_free_some() makes it writable again.
 */
int kimage_extents_protect_some(struct kimage_extents *extents);

/* Has the pool @nr pages in a row, where the next ones are taken from? */
bool kimage_pool_has(const struct kimage_load *load, unsigned long nr);

/*
 * Take one chunk from the heap, for @nr pages in a row below @limit, and no
 * more: that is enough for a step (invariant 7).  -ERESTART, which the step
 * has to return: the pool may have them now, or the very next bytes may be in
 * place.  -ENOMEM: it never will.
 */
int kimage_pool_refill(struct kimage_load *load, unsigned int nr,
                       paddr_t limit);

/* Take a run of at most @max_pages for bytes from a pool that has some. */
int kimage_pool_take(struct kimage_load *load, unsigned long max_pages,
                     struct maddr_range *run);

/*
 * Contiguous zeroed pages for the control area, page tables or the plan; 0 if
 * the pool has none.
 */
paddr_t kimage_alloc_control(struct kimage_load *load, unsigned int nr_pages);

/*
 * See that the plan has room for a record.  0; -ERESTART or -ENOMEM, as
 * kimage_pool_refill() says.
 */
int kimage_plan_reserve(struct kimage_load *load);

/*
 * Append to a plan with room: @bytes from @src_maddr, or zeroes, to
 * @dest_maddr.
 */
void kimage_plan_add(struct kimage_load *load, paddr_t dest_maddr,
                     paddr_t src_maddr, uint64_t bytes);

/*
 * The digest of a crash image; nothing is done for others.  Begin, then each
 * piece of a buffer in the order in which it is loaded, then the end of those;
 * and when the image is sealed, all else, piece by piece until it is true.
 */
void kimage_digest_begin(struct kimage_load *load);
void kimage_digest_bytes(struct kimage_load *load, const void *va,
                         size_t bytes);
void kimage_digest_bytes_end(struct kimage_load *load);
bool kimage_digest_control(struct kimage_load *load);

/*
 * Check a crash image at its destinations: begin, then at most @bytes a call
 * until there are none left and it is false; and at the end, true if they are
 * what was loaded.
 */
void kimage_check_begin(struct kimage_check *check);
bool kimage_check_some(const struct kimage *image, struct kimage_check *check,
                       uint64_t bytes);
bool kimage_check_end(const struct kimage *image, struct kimage_check *check);

#endif /* XEN_COMMON_KIMAGE_PRIVATE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
