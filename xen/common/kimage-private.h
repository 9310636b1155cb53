/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kimage*.c files share.  From the top:
 *
 *   kimage.c         the rules for a request; the stages of a load
 *   kimage-plan.c    the copy plan
 *   kimage-digest.c  the digests of an image
 *   kimage-place.c   a crash image at its destination
 *   kimage-memory.c  the pages of an image
 *
 * None of them calls one that is above it.
 */
#ifndef COMMON__KIMAGE_PRIVATE_H
#define COMMON__KIMAGE_PRIVATE_H

#include <xen/kimage.h>

/* Bytes to copy, or to free, between two preemption checks (invariant 7). */
#define KIMAGE_STRETCH_BYTES 0x10000UL

/* Bytes to hash between two checks: that takes far longer. */
#define KIMAGE_HASH_BYTES 0x8000UL

/*
 * The largest chunk to ask the heap for, 32 MiB: the heap visits each of its
 * pages with a lock held.
 */
#define KIMAGE_CHUNK_ORDER_MAX 13

/* Bytes to map by 4 KiB pages between two checks. */
#define KIMAGE_MAP_BYTES 0x200000UL

struct kimage_extent_page {
    struct kimage_extent_page *prev;
    unsigned int nr;
    unsigned int nr_read_only;   /* The first so many are read-only. */
    struct maddr_range
        extents[(PAGE_SIZE - 16) / sizeof(struct maddr_range)];
};

/* A position in a list, which is walked from its last page on. */
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
#ifdef CONFIG_KEXEC_BZIMAGE
    /* Their first bytes, as they were read: a guest may change its own. */
    uint8_t bzimage[MACHINE_KEXEC_BZIMAGE_HEADER];
    uint8_t boot_params[MACHINE_KEXEC_BZIMAGE_HEADER];
    bool is_bzimage;
#endif
    const char *rule;            /* That the image breaks, for -EINVAL. */

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
     * A bit for each page that a buffer goes to, over all segments.  It is set
     * if the heap gave that very page, whose bytes are then loaded in place.
     * NULL until there is such a page.
     */
    unsigned long *in_place;
    unsigned long nr_pages;      /* Bits. */

    /* Pages for control area, tables and plan; how many of them are mapped. */
    unsigned long nr_control;
    unsigned long nr_mapped;
    struct maddr_range to_map;

    /* The digests: of the bytes, then of everything else. */
    struct sha2_256_state sha;
    struct kimage_extents_walk walk;
};

/* The pages that segment @nr's buffer goes to, and the bit of the first. */
struct maddr_range kimage_buffer_pages(const struct kimage *image,
                                       unsigned int nr);
unsigned long kimage_first_bit(const struct kimage *image, unsigned int nr);

/*
 * The next part of a list, at most @bytes.  False if nothing was left.  The
 * walk may miss what is added to the list meanwhile.
 */
bool kimage_extents_next(struct kimage_extents_walk *walk, paddr_t bytes,
                         struct maddr_range *range);

/*
 * Make the next extent of a list read-only in the direct map.  -ERESTART:
 * there may be more.  0: all of them are.  -ENOMEM: this one stays writable.
 * kimage_extents_free_some() makes them writable again.
 */
int kimage_extents_protect_some(struct kimage_extents *extents);

/* Do the next pages that the pool gives include @nr in a row? */
bool kimage_pool_has(const struct kimage_load *load, unsigned long nr);

/*
 * Take one chunk from the heap, for @nr pages in a row below @limit.  One is
 * enough for a step (invariant 7), which then has to return what this returns.
 * -ERESTART: the pool may have the pages now, or the next bytes may be in
 * place.  -ENOMEM: the heap has none.
 */
int kimage_pool_refill(struct kimage_load *load, unsigned int nr,
                       paddr_t limit);

/* Take a run of at most @max_pages for bytes.  The pool must not be empty. */
int kimage_pool_take(struct kimage_load *load, unsigned long max_pages,
                     struct maddr_range *run);

/*
 * Contiguous zeroed pages for the control area, page tables or the plan; 0 if
 * the pool has none.
 */
paddr_t kimage_alloc_control(struct kimage_load *load, unsigned int nr_pages);

/*
 * Make room in the plan for a record.  0: there is room.  Otherwise the step
 * has to return what this returns, as for kimage_pool_refill().
 */
int kimage_plan_reserve(struct kimage_load *load);

/*
 * Append to a plan that has room: copy @bytes from @src_maddr to @dest_maddr.
 * If @src_maddr is KEXEC_PLAN_ZERO, write zeroes.
 */
void kimage_plan_add(struct kimage_load *load, paddr_t dest_maddr,
                     paddr_t src_maddr, uint64_t bytes);

/*
 * Take the digests of an image that has them; for others, do nothing.  After
 * begin(), bytes() gets each piece of a buffer in the order of loading, until
 * bytes_end().  When the image is sealed, control() hashes a part a call,
 * until it returns true.
 */
void kimage_digest_begin(struct kimage_load *load);
void kimage_digest_bytes(struct kimage_load *load, const void *va,
                         size_t bytes);
void kimage_digest_bytes_end(struct kimage_load *load);
bool kimage_digest_control(struct kimage_load *load);

/*
 * Check a crash image at its destinations.  After begin(), some() checks at
 * most @bytes a call, until it returns false.  end() returns true if the
 * destinations have what was loaded.
 */
void kimage_check_begin(struct kimage_check *check);
bool kimage_check_some(const struct kimage *image, struct kimage_check *check,
                       uint64_t bytes);
bool kimage_check_end(const struct kimage *image, struct kimage_check *check);

#endif /* COMMON__KIMAGE_PRIVATE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
