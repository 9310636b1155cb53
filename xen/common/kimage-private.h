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

struct kimage_extent_page {
    struct kimage_extent_page *prev;
    unsigned long nr;
    struct maddr_range
        extents[(PAGE_SIZE - 16) / sizeof(struct maddr_range)];
};

/* How far the control pages have been hashed. */
struct kimage_digest_walk {
    const struct kimage_extent_page *page;
    unsigned long extent;
    paddr_t done;                /* Bytes of that extent. */
};

struct kimage_load {
    struct kimage *image;
    const struct kimage_source *source;
    enum kimage_stage stage;

    /* The next byte to read; everything before it is loaded. */
    unsigned int segment;
    uint64_t offset;

    struct kimage_extents pool;  /* In no destination, and unused so far. */
    struct kimage_extents aside; /* In a destination, and of no use there. */
    unsigned int order;          /* The largest that the heap still gives. */

    /*
     * A bit for each page that a buffer goes to, over all segments: set if
     * the heap gave that very page, so that its bytes are loaded in place.
     * Allocated with the first such page.
     */
    unsigned long *in_place;
    unsigned long nr_pages;      /* Bits. */

    /* Of what has been loaded, then of all else; for crash images. */
    struct sha2_256_state sha;
    struct kimage_digest_walk walk;
};

/* The pages that segment @nr's buffer goes to, and the bit of the first. */
struct maddr_range kimage_buffer_pages(const struct kimage *image,
                                       unsigned int nr);
unsigned long kimage_first_bit(const struct kimage *image, unsigned int nr);

/*
 * Take a run of at most @max_pages pages for bytes to come.  -ENOMEM; -EAGAIN
 * if the pool was empty: it has been filled from the heap, and the very next
 * bytes may be in place now.
 */
int kimage_pool_take(struct kimage_load *load, unsigned long max_pages,
                     struct maddr_range *run);

/*
 * Contiguous zeroed pages for the control area, page tables or the plan; 0 if
 * there are none.  The first to be allocated, the control area, is below
 * @limit; those that follow need no limit.
 */
paddr_t kimage_alloc_control(struct kimage_load *load, unsigned int nr_pages,
                             paddr_t limit);

/*
 * Append to the plan: @bytes from @src_maddr, or zeroes, to @dest_maddr.
 * 0 or -ENOMEM.
 */
int kimage_plan_add(struct kimage_load *load, paddr_t dest_maddr,
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
