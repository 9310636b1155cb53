/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One kexec image: what it consists of, how it is built and freed.
 *
 * An image is a set of segments, the memory that holds their bytes until the
 * hand-over, the plan that says which bytes go where, and what the
 * architecture needs to enter it.  Nothing here knows of the hypercall's
 * ABI or of the slots that images are armed in: that is kexec.c.
 */
#ifndef XEN_KIMAGE_H
#define XEN_KIMAGE_H

#include <xen/maddr-range.h>
#include <xen/sha2.h>
#include <xen/types.h>

#include <asm/machine_kexec.h>

/* The segments that one image may have. */
#define KIMAGE_MAX_SEGMENTS 32

/*
 * Memory that the first MiB's users (real mode code, its vectors and data)
 * may claim: no page that the hand-over needs lies there.
 */
#define KIMAGE_LOW_END 0x100000UL

struct kimage_segment {
    struct maddr_range dest;    /* Any byte to any byte. */
    uint64_t buf_size;          /* Bytes that come from the buffer. */
    bool has_buffer;            /* Without one it is a mapping only. */
    unsigned int index;         /* Which one it is in the caller's list. */
};

/*
 * Where the bytes of the segments come from.
 *
 * read() copies @len bytes, from @offset in the buffer of the caller's
 * segment @index, to @to.  It returns 0 or -EFAULT.  Each byte is asked for
 * once.
 */
struct kimage_source {
    int (*read)(const struct kimage_source *source, unsigned int index,
                uint64_t offset, void *to, size_t len);
};

/*
 * A list of runs of heap pages, in a chain of pages of its own.  The list
 * owns the pages: each is on one list, or free (invariant 8).
 */
struct kimage_extent_page;
struct kimage_extents {
    struct kimage_extent_page *last;
};

/* The copy plan while it grows.  See kimage-plan.c. */
struct kimage_plan {
    paddr_t first_maddr;        /* First page of the plan, or 0. */
    struct kexec_plan_page *last;
    unsigned int nr_records;
    uint64_t copy_bytes;
    uint64_t zero_bytes;
};

struct kimage_digest {
    uint8_t control[SHA2_256_DIGEST_SIZE]; /* Control area, tables, plan. */
    uint8_t bytes[SHA2_256_DIGEST_SIZE];   /* What the buffers had. */
};

struct kimage {
    uint8_t type;               /* KEXEC_TYPE_* */
    uint16_t arch;              /* EM_* */
    paddr_t entry_maddr;
    unsigned int nr_segments;
    struct kimage_segment segments[KIMAGE_MAX_SEGMENTS]; /* By destination. */
    uint64_t buf_bytes;         /* Bytes in all the buffers. */
    uint64_t in_place_bytes;    /* Those that need no copy. */
    struct kimage_plan plan;
    struct kimage_extents bytes;   /* Pages with the segments' bytes. */
    struct kimage_extents control; /* Control pages, page tables, plan. */
    struct machine_kexec machine;
    struct kimage_digest digest;   /* Of a crash image. */
};

/* What the caller wants loaded, as it came in, unchecked. */
struct kimage_request {
    uint8_t type;
    uint16_t arch;
    paddr_t entry_maddr;
    unsigned int nr_segments;
    struct {
        uint64_t buf_size;
        uint64_t dest_maddr;
        uint64_t dest_size;
        bool has_buffer;
    } segments[KIMAGE_MAX_SEGMENTS];
    /* Where a crash image has to lie; empty if there is no such area. */
    struct maddr_range crash_area;
};

/* Why a request was refused: a rule, and the segment that broke it. */
struct kimage_refusal {
    const char *rule;
    int segment;                /* In the caller's list; -1 if it is none. */
};

struct kimage_load;

/* What is to be done next for a load. */
enum kimage_stage {
    KIMAGE_CONTROL,             /* Allocate the control area. */
    KIMAGE_COPY,                /* Read the segments. */
    KIMAGE_TAILS,               /* Zero their tails, or plan to. */
    KIMAGE_TABLES,              /* Build the page tables. */
    KIMAGE_DIGEST,              /* Hash all but the segments. */
    KIMAGE_TIDY,                /* Give back what is not needed. */
    KIMAGE_DONE,
    KIMAGE_NR_STAGES,
};

enum kimage_stage kimage_load_stage(const struct kimage_load *load);

/*
 * Check @req against every rule there is and begin to load it.
 *
 * No byte of a buffer is read yet and no memory but bookkeeping is taken.
 * @source has to live as long as the load.  On success *@load is the new
 * load.  -EINVAL, -EADDRNOTAVAIL or -ENOMEM otherwise, and @why says why.
 */
int kimage_load_begin(const struct kimage_request *req,
                      const struct kimage_source *source,
                      struct kimage_load **load, struct kimage_refusal *why);

/*
 * For a crash image, before its first step: put every byte where it belongs
 * right away, with no copy in other memory and no plan.  Until the load ends,
 * the crash area has to be writable, and there must be no image in it.
 */
void kimage_load_directly(struct kimage_load *load);

/*
 * Do a bounded stretch of the load (invariant 7).  May be called on any
 * CPU, with the address space that the source reads from, and never by two
 * CPUs at once.
 *
 * -ERESTART: there is more to do.  0: the image is complete.  -ENOMEM or
 * -EFAULT: it will not be, *@why says why, and the caller has to abandon
 * the load.
 */
int kimage_load_step(struct kimage_load *load, struct kimage_refusal *why);

/* Take the image of a load that is complete, and end the load. */
struct kimage *kimage_load_end(struct kimage_load *load);

/* End a load wherever it is.  Its memory goes to @trash. */
void kimage_load_abandon(struct kimage_load *load,
                         struct kimage_extents *trash);

/*
 * Make some more of what a crash enters first read-only in the direct map:
 * control area, tables and plan of an image that will not change any more.
 * -ERESTART: there is more to do.  0: all of it is.  -ENOMEM: the rest stays
 * writable.
 */
int kimage_protect_step(struct kimage *image);

/* Free an image that nobody can enter any more: its memory goes to @trash. */
void kimage_free(struct kimage *image, struct kimage_extents *trash);

/* How far the bytes at an image's destinations have been checked. */
struct kimage_check {
    struct sha2_256_state sha;
    unsigned int segment;
    uint64_t offset;
    bool dirty_tail;            /* One is not zero. */
};

/*
 * Copy a complete crash image to its destination and check it there, a
 * bounded stretch a call, for a destination that nobody but the image uses:
 * the crash area.  *@pos is 0 at first and belongs to this function until it
 * returns something else than -ERESTART.
 *
 * -ERESTART: there is more to do, and the image is entered through its
 * plan, which still copies everything.  0: everything is in place, the
 * image is entered with an empty plan, and the pages that held its bytes
 * went to @trash.  -EIO: what arrived is not what was loaded; the image is
 * entered through its plan for ever.
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

/* What of an image is not what was loaded. */
struct kimage_mismatch {
    const char *part;
    const uint8_t *expected;
    uint8_t found[SHA2_256_DIGEST_SIZE];
};

/*
 * Is a complete crash image what it was when it was loaded?  Hashes all of
 * it, where it is now; false, and *@why, if it is not.  Takes no lock and
 * allocates nothing; the image must not change meanwhile.
 */
bool kimage_verify(const struct kimage *image, struct kimage_mismatch *why);

/*
 * Free some of the pages of a list; true when none is left.
 * kimage_extents_splice() moves all of @from to @to.
 */
bool kimage_extents_free_some(struct kimage_extents *extents);
void kimage_extents_splice(struct kimage_extents *to,
                           struct kimage_extents *from);

#endif /* XEN_KIMAGE_H */

/*
 * Local variables:
 * mode: C
 * c-file-style: "BSD"
 * c-basic-offset: 4
 * tab-width: 4
 * indent-tabs-mode: nil
 * End:
 */
