/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kexec image: what it consists of, and how it is built, placed, verified
 * and freed.
 *
 * An image is a set of segments, the memory that holds their bytes until the
 * hand-over, the plan that says which bytes go where, and what the
 * architecture needs to enter it.  Nothing here depends on the hypercall's ABI
 * (kexec.c) or on the slots that images are armed in (kexec-slots.c).
 */
#ifndef XEN__KIMAGE_H
#define XEN__KIMAGE_H

#include <xen/maddr-range.h>
#include <xen/sha2.h>
#include <xen/types.h>

#include <asm/machine_kexec.h>

/* The most segments that an image can have. */
#define KIMAGE_MAX_SEGMENTS 32

/*
 * Below this the real mode code of an image may use any memory: no page that
 * the hand-over needs lies there.
 */
#define KIMAGE_LOW_END 0x100000UL

struct kimage_segment {
    struct maddr_range dest;    /* Need not be page aligned. */
    uint64_t buf_size;          /* Bytes of the buffer; the rest is zeroed. */
    bool has_buffer;            /* Without one it is only mapped. */
    unsigned int index;         /* In the caller's list. */
};

/*
 * What the bytes of the segments are read from.
 *
 * read() copies @len bytes to @to, from @offset in the buffer of the caller's
 * segment @index.  It returns 0 or -EFAULT.  Each byte is read once.
 */
struct kimage_source {
    int (*read)(const struct kimage_source *source, unsigned int index,
                uint64_t offset, void *to, size_t len);
};

/*
 * A list of runs of heap pages.  The list owns the pages: each of them is on
 * one list, or free (invariant 8).
 */
struct kimage_extent_page;
struct kimage_extents {
    struct kimage_extent_page *last;
};

/* The copy plan: see kimage-plan.c. */
struct kimage_plan {
    paddr_t first_maddr;        /* First page of the plan, or 0. */
    struct kexec_plan_page *last;
    unsigned int nr_records;
    uint64_t copy_bytes;
    uint64_t zero_bytes;
};

struct kimage_digest {
    uint8_t control[SHA2_256_DIGEST_SIZE]; /* Control area, tables, plan. */
    uint8_t bytes[SHA2_256_DIGEST_SIZE];   /* The buffers. */
};

struct kimage {
    uint8_t type;               /* KEXEC_TYPE_* */
    uint16_t arch;              /* EM_* */
    paddr_t entry_maddr;
    uint64_t entry_arg;         /* RSI at a 64-bit entry. */
    unsigned int nr_segments;
    struct kimage_segment segments[KIMAGE_MAX_SEGMENTS]; /* By destination. */
    uint64_t buf_bytes;         /* Of all buffers. */
    uint64_t in_place_bytes;    /* The part of them that needs no copy. */
    struct kimage_plan plan;
    struct kimage_extents bytes;   /* Pages with the segments' bytes. */
    struct kimage_extents control; /* Control pages, page tables, plan. */
    struct machine_kexec machine;
    bool has_digest;
    struct kimage_digest digest;
};

/* What the caller wants to load; nothing of it has been checked. */
struct kimage_request {
    uint8_t type;
    uint16_t arch;
    paddr_t entry_maddr;        /* Of a bzImage: its boot parameters. */
    bool bzimage;               /* The first segment is one, and is entered. */
    bool digest;                /* Take one.  A crash image always has one. */
    unsigned int nr_segments;
    struct {
        uint64_t buf_size;
        uint64_t dest_maddr;
        uint64_t dest_size;
        bool has_buffer;
    } segments[KIMAGE_MAX_SEGMENTS];
    /* Where a crash image has to go; empty if there is no crash area. */
    struct maddr_range crash_area;
};

/* Why a request was refused: the rule, and the segment that broke it. */
struct kimage_refusal {
    const char *rule;
    int segment;                /* In the caller's list; -1 if none did. */
};

struct kimage_load;

/* What the next step of a load does. */
enum kimage_stage {
    KIMAGE_CONTROL,             /* Allocate the control area. */
    KIMAGE_COPY,                /* Read the segments. */
    KIMAGE_TAILS,               /* Zero their tails, or plan to. */
    KIMAGE_TABLES,              /* Build the page tables. */
    KIMAGE_DIGEST,              /* Hash all but the segments. */
    KIMAGE_TIDY,                /* Free what is not needed. */
    KIMAGE_DONE,
};

/*
 * Check @req against all rules, and begin to load it.  No buffer is read yet,
 * and only a few bytes are allocated.  @source has to live as long as the
 * load.  0: *@load is the new load.  -EINVAL, -EADDRNOTAVAIL or -ENOMEM: *@why
 * has the rule.
 */
int kimage_load_begin(const struct kimage_request *req,
                      const struct kimage_source *source,
                      struct kimage_load **load, struct kimage_refusal *why);

/*
 * For a crash image, before its first step: load it straight to its
 * destinations, without a plan.  The crash area must be empty, and writable
 * until the load ends.
 */
void kimage_load_directly(struct kimage_load *load);

/*
 * Do the next step of a load, which is short (invariant 7).  On any CPU, one
 * at a time, in the context that the source reads from.
 *
 * -ERESTART: there is more to do.  0: the image is complete.  -ENOMEM, -EFAULT
 * or -EINVAL: *@why has the rule, and the caller has to abandon the load.
 */
int kimage_load_step(struct kimage_load *load, struct kimage_refusal *why);

/* End a complete load, and return its image, which the caller then owns. */
struct kimage *kimage_load_end(struct kimage_load *load);

/* End a load at any stage.  Its memory goes to @trash. */
void kimage_load_abandon(struct kimage_load *load,
                         struct kimage_extents *trash);

/*
 * Make the next part of a crash image's control area, tables and plan
 * read-only in the direct map.  It must not change any more.  -ERESTART: there
 * is more to do.  0: all of it is.  -ENOMEM: the rest stays writable.
 */
int kimage_protect_step(struct kimage *image);

/* Free an image that no trigger can enter.  Its memory goes to @trash. */
void kimage_free(struct kimage *image, struct kimage_extents *trash);

/* The progress of a check at an image's destinations. */
struct kimage_check {
    struct sha2_256_state sha;
    unsigned int segment;
    uint64_t offset;
    bool dirty_tail;            /* One is not zero. */
};

/*
 * Do the next step of placing a complete crash image, which is short
 * (invariant 7): copy it to its destinations, and check it there.  The crash
 * area is writable.  The caller zeroes *@pos before the first step.
 *
 * -ERESTART: there is more to do, and a crash still runs the whole plan.  0:
 * the image is in place, its plan is empty, and the pages that held its bytes
 * went to @trash.  -EIO: what arrived is not what was loaded, and a crash
 * keeps running the whole plan.
 */
struct kimage_place {
    const struct kexec_plan_page *page;
    unsigned int record;
    uint64_t done;
    bool copied;
    struct kimage_check check;
};
int kimage_place_step(struct kimage *image, struct kimage_place *pos,
                      struct kimage_extents *trash);

/* The part of an image that is not what was loaded. */
struct kimage_mismatch {
    const char *part;
    const uint8_t *expected;    /* NULL if the part has no digest. */
    uint8_t found[SHA2_256_DIGEST_SIZE];
};

/*
 * Hash all of a complete image with a digest, wherever it is now.  False: it
 * is not what was loaded, see *@why.  Takes no lock and allocates nothing.
 * The image must not change meanwhile.
 */
bool kimage_verify(const struct kimage *image, struct kimage_mismatch *why);

/* Free some pages of a list (invariant 7); true when none is left. */
bool kimage_extents_free_some(struct kimage_extents *extents);

/* Move all of @from to @to. */
void kimage_extents_splice(struct kimage_extents *to,
                           struct kimage_extents *from);

#endif /* XEN__KIMAGE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
